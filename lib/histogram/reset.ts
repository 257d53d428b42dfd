/** Whether a counter histogram was reset since the sample before it. */

import type { Histogram } from "../model/histogram.ts";
import { bucketBound, usesCustomBuckets } from "./bounds.ts";
import { indexOnBounds, sharedBounds } from "./custom-bounds.ts";
import { equalColumns } from "./float-histogram.ts";
import { atLowerSchema, type Side, sideOf } from "./side.ts";
import { widerZeroBucket } from "./zero-bucket.ts";

/**
 * The hint decides if it is set. Otherwise a reset is any count that decreased, a populated bucket
 * that disappeared, a higher resolution, or a smaller zero bucket: none of them happens without a
 * reset.
 */
export function isReset(current: Histogram, previous: Histogram): boolean {
  if (current.counterResetHint === "reset") return true;
  if (current.counterResetHint === "not reset") return false;
  if (current.count < previous.count) return true;
  if (usesCustomBuckets(current)) {
    if (!usesCustomBuckets(previous)) return true;
    if (!equalColumns(current.customBounds, previous.customBounds))
      return hasShrunkOnSharedBounds(current, previous);
  }
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true;
  const sides = [sideOf(previous.positive), sideOf(previous.negative)];
  const zero = widerZeroBucket(previous, { count: previous.zeroCount }, sides, current.zeroThreshold);
  if (zero.threshold !== current.zeroThreshold || current.zeroCount < zero.count) return true;
  return (
    hasShrunk(sideOf(current.positive), sides[0], current, previous.schema) ||
    hasShrunk(sideOf(current.negative), sides[1], current, previous.schema)
  );
}

function hasShrunk(current: Side, before: Side, layout: Histogram, schemaBefore: number): boolean {
  const previous = atLowerSchema(before, schemaBefore, layout.schema);
  let i = 0;
  let first = 0;
  // Buckets within the zero bucket count there.
  while (
    layout.zeroThreshold > 0 &&
    first < previous.indexes.length &&
    bucketBound(previous.indexes[first], layout) <= layout.zeroThreshold
  )
    first++;
  for (let j = first; j < previous.indexes.length; j++) {
    const index = previous.indexes[j];
    while (i < current.indexes.length && current.indexes[i] < index) i++;
    const isThere = i < current.indexes.length && current.indexes[i] === index;
    if (isThere ? current.counts[i] < previous.counts[j] : previous.counts[j] !== 0) return true;
  }
  return false;
}

function hasShrunkOnSharedBounds(current: Histogram, previous: Histogram): boolean {
  const bounds = sharedBounds(current.customBounds, previous.customBounds);
  const [now, before] = [current, previous].map(({ positive, customBounds }) => {
    const { indexes, counts } = sideOf(positive);
    const totals = new Float64Array(bounds.length + 1);
    for (let i = 0; i < indexes.length; i++)
      totals[indexOnBounds(indexes[i], customBounds, bounds)] += counts[i];
    return totals;
  });
  return now.some((count, i) => count < before[i]);
}
