/** The sum and the difference of two native histograms. */

import type { Buckets, Histogram } from "../model/histogram.ts";
import { firstIndexAbove, usesCustomBuckets } from "./bounds.ts";
import { newFloatColumn } from "./short-columns.ts";
import { type AddOutcome, addToSum, isCompatible, mergeHint, startPlainSum, sumOf } from "./sum.ts";

export interface Combination extends AddOutcome {
  readonly histogram: Histogram;
}

/**
 * The sum of two histograms; undefined if one has exponential buckets and the other custom ones.
 */
export function addHistograms(a: Histogram, b: Histogram): Combination | undefined {
  return combine(a, b, 1);
}

/** The difference of two histograms, with the hint that a sum would have. Undefined as above. */
export function subtractHistograms(a: Histogram, b: Histogram): Combination | undefined {
  return combine(a, b, -1);
}

function combine(a: Histogram, b: Histogram, sign: 1 | -1): Combination | undefined {
  if (!isCompatible(a, b)) return undefined;
  if (areAlike(a, b)) return combineAlike(a, b, sign);
  const sum = startPlainSum(a);
  const outcome = addToSum(sum, b, sign);
  return { histogram: sumOf(sum), ...outcome };
}

/**
 * Whether both have exactly the same buckets, as the histograms of a chunk have, and none in the
 * zero bucket.
 */
function areAlike(a: Histogram, b: Histogram): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    a.positive.spans === b.positive.spans &&
    a.negative.spans === b.negative.spans &&
    (usesCustomBuckets(a)
      ? a.customBounds === b.customBounds
      : isOutside(b.positive, b) && isOutside(b.negative, b))
  );
}

function isOutside({ spans }: Buckets, { schema, zeroThreshold }: Histogram): boolean {
  return spans.length === 0 || spans[0].offset >= firstIndexAbove(zeroThreshold, schema);
}

/**
 * The same as a sum of the two, without columns for intermediate results: all rates of native
 * histograms are such differences.
 */
function combineAlike(a: Histogram, b: Histogram, sign: 1 | -1): Combination {
  const state = { hint: a.counterResetHint };
  const counterResetCollision = mergeHint(state, b.counterResetHint);
  const histogram: Histogram = {
    kind: "float",
    counterResetHint: state.hint,
    schema: a.schema,
    zeroThreshold: a.zeroThreshold,
    zeroCount: a.zeroCount + sign * b.zeroCount,
    count: a.count + sign * b.count,
    sum: a.sum + sign * b.sum,
    positive: combineCounts(a.positive, b.positive, sign),
    negative: combineCounts(a.negative, b.negative, sign),
    customBounds: a.customBounds,
    isStale: false,
  };
  return { histogram, counterResetCollision, boundsReconciled: false };
}

function combineCounts(a: Buckets, b: Buckets, sign: 1 | -1): Buckets {
  if (a.counts.length === 0) return a;
  const counts = newFloatColumn(a.counts.length);
  for (let i = 0; i < counts.length; i++) counts[i] = a.counts[i] + sign * b.counts[i];
  return { spans: a.spans, counts };
}
