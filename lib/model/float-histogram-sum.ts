/**
 * Adding up native histograms, with the rounding error of every count carried along. Zero buckets and resolutions that
 * differ are reconciled, and so are the bounds of custom buckets: the result has those that all have.
 */

import { indexOnBounds, sharedBounds } from "./custom-bounds.ts";
import { equalColumns } from "./float-histogram.ts";
import {
  type BucketLayout,
  bucketBound,
  indexAtSchema,
  usesCustomBuckets,
} from "./float-histogram-bounds.ts";
import { atLowerSchema, bucketsOf, type Side, sideOf } from "./float-histogram-side.ts";
import { sideColumns, widerZeroBucket } from "./float-histogram-zero.ts";
import type { Buckets, CounterResetHint, Histogram } from "./histogram.ts";
import { compensate } from "./kahan.ts";
import { copyFloatColumn, newFloatColumn, newIndexColumn } from "./short-columns.ts";

/** A sum and what its rounding has lost so far. */
interface Total {
  value: number;
  lost: number;
}

/** Three columns of one length, by ascending index. The counts and what they have lost are the sum's own. */
interface SumSide {
  readonly indexes: Int32Array;
  readonly counts: Float64Array;
  readonly lost: Float64Array;
}

/** A sum under way. */
export interface HistogramSum {
  hint: CounterResetHint;
  schema: number;
  zeroThreshold: number;
  readonly zeroCount: Total;
  readonly count: Total;
  readonly sum: Total;
  positive: SumSide;
  negative: SumSide;
  customBounds: Float64Array;
}

export interface AddOutcome {
  /** One of the two is known to have been reset, the other not to. */
  readonly counterResetCollision: boolean;
  /** Both have custom buckets, and their bounds differed. */
  readonly boundsReconciled: boolean;
}

export function startSum(first: Histogram): HistogramSum {
  return {
    hint: first.counterResetHint,
    schema: first.schema,
    zeroThreshold: first.zeroThreshold,
    zeroCount: { value: first.zeroCount, lost: 0 },
    count: { value: first.count, lost: 0 },
    sum: { value: first.sum, lost: 0 },
    positive: sumSideOf(sideOf(first.positive)),
    negative: sumSideOf(sideOf(first.negative)),
    customBounds: first.customBounds,
  };
}

const NO_SUM: SumSide = {
  indexes: new Int32Array(0),
  counts: new Float64Array(0),
  lost: new Float64Array(0),
};

function sumSideOf({ indexes, counts }: Side): SumSide {
  if (counts.length === 0) return NO_SUM;
  return { indexes, counts: copyFloatColumn(counts), lost: newFloatColumn(counts.length) };
}

/** A side in the making: of at most so many buckets. */
class SideBuilder {
  readonly #indexes: Int32Array;
  readonly #counts: Float64Array;
  readonly #lost: Float64Array;
  #length = 0;

  constructor(maxLength: number) {
    this.#indexes = newIndexColumn(maxLength);
    this.#counts = newFloatColumn(maxLength);
    this.#lost = newFloatColumn(maxLength);
  }

  push(index: number, count: number, lost: number): void {
    const at = this.#length++;
    this.#indexes[at] = index;
    this.#counts[at] = count;
    this.#lost[at] = lost;
  }

  /** Adds to the bucket that was pushed last if it has this index; returns whether it does. */
  addToLast(index: number, count: number, lost: number): boolean {
    const last = this.#length - 1;
    if (last < 0 || this.#indexes[last] !== index) return false;
    this.#lost[last] = compensate(count, this.#counts[last], this.#lost[last]) + lost;
    this.#counts[last] += count;
    return true;
  }

  finish(): SumSide {
    const length = this.#length;
    return {
      indexes: this.#indexes.subarray(0, length),
      counts: this.#counts.subarray(0, length),
      lost: this.#lost.subarray(0, length),
    };
  }
}

/** Whether two can be added at all: exponential and custom buckets cannot be mixed. */
export function isCompatible(a: Pick<Histogram, "schema">, b: Pick<Histogram, "schema">): boolean {
  return usesCustomBuckets(a) === usesCustomBuckets(b);
}

/** Adds one that is compatible; `sign` -1 subtracts it. */
export function addToSum(sum: HistogramSum, other: Histogram, sign: 1 | -1 = 1): AddOutcome {
  const counterResetCollision = mergeHint(sum, other.counterResetHint);
  addTotal(sum.count, sign * other.count);
  addTotal(sum.sum, sign * other.sum);
  if (!usesCustomBuckets(sum)) {
    addExponential(sum, other, sign);
    return { counterResetCollision, boundsReconciled: false };
  }
  const boundsReconciled = !equalColumns(sum.customBounds, other.customBounds);
  if (boundsReconciled) addMismatched(sum, other, sign);
  else sum.positive = mergeSides(sum.positive, sideOf(other.positive), sign);
  return { counterResetCollision, boundsReconciled };
}

/** The sum so far; lost parts are added when `withLost`. */
export function sumOf(sum: HistogramSum, withLost = true): Histogram {
  const total = (one: Total) => (withLost ? one.value + one.lost : one.value);
  const buckets = ({ indexes, counts: kept, lost }: SumSide) => {
    const counts = copyFloatColumn(kept);
    if (withLost) for (let i = 0; i < counts.length; i++) counts[i] += lost[i];
    return bucketsOf({ indexes, counts });
  };
  return {
    kind: "float",
    counterResetHint: sum.hint,
    schema: sum.schema,
    zeroThreshold: sum.zeroThreshold,
    zeroCount: total(sum.zeroCount),
    count: total(sum.count),
    sum: total(sum.sum),
    positive: buckets(sum.positive),
    negative: buckets(sum.negative),
    customBounds: sum.customBounds,
    isStale: false,
  };
}

/** Scales a sum under way, and what it has lost. */
export function scaleSum(sum: HistogramSum, scale: (value: number) => number): void {
  for (const total of [sum.zeroCount, sum.count, sum.sum]) {
    total.value = scale(total.value);
    total.lost = scale(total.lost);
  }
  for (const side of [sum.positive, sum.negative]) {
    for (let i = 0; i < side.counts.length; i++) {
      side.counts[i] = scale(side.counts[i]);
      side.lost[i] = scale(side.lost[i]);
    }
  }
}

/** Merges a hint into a sum's; returns whether the two contradict each other. */
export function mergeHint(sum: Pick<HistogramSum, "hint">, other: CounterResetHint): boolean {
  if (other === sum.hint || sum.hint === "gauge") return false;
  const isCollision = other !== "gauge" && sum.hint !== "unknown" && other !== "unknown";
  sum.hint = other === "gauge" ? "gauge" : "unknown";
  return isCollision;
}

function addTotal(total: Total, value: number): void {
  total.lost = compensate(value, total.value, total.lost);
  total.value += value;
}

function addExponential(sum: HistogramSum, other: Histogram, sign: 1 | -1): void {
  addTotal(sum.zeroCount, sign * reconcileZeroBuckets(sum, other));
  if (other.schema < sum.schema) {
    sum.positive = sumAtLowerSchema(sum.positive, sum.schema, other.schema);
    sum.negative = sumAtLowerSchema(sum.negative, sum.schema, other.schema);
    sum.schema = other.schema;
  }
  sum.positive = addSide(sum.positive, other.positive, other, sum, sign);
  sum.negative = addSide(sum.negative, other.negative, other, sum, sign);
}

function addSide(into: SumSide, buckets: Buckets, from: Histogram, sum: HistogramSum, sign: 1 | -1): SumSide {
  if (buckets.counts.length === 0) return into;
  const outside = behindZeroBucket(sideOf(buckets), from, sum.zeroThreshold);
  return mergeSides(into, atLowerSchema(outside, from.schema, sum.schema), sign);
}

/** Without the buckets that lie in the zero bucket as a whole: they have been counted there. */
function behindZeroBucket(side: Side, layout: BucketLayout, zeroThreshold: number): Side {
  let start = 0;
  while (start < side.indexes.length && bucketBound(side.indexes[start], layout) <= zeroThreshold) start++;
  return start === 0 ? side : { indexes: side.indexes.subarray(start), counts: side.counts.subarray(start) };
}

/** Widens the zero bucket of the sum until both can have it. Returns what the other one's counts then. */
function reconcileZeroBuckets(sum: HistogramSum, other: Histogram): number {
  let count = other.zeroCount;
  let threshold = other.zeroThreshold;
  while (threshold !== sum.zeroThreshold) {
    if (sum.zeroThreshold > threshold) {
      const wider = widerZeroBucket(other, other.zeroCount, sideColumns(other), sum.zeroThreshold);
      ({ count, threshold } = wider);
    }
    if (threshold > sum.zeroThreshold) widenZeroBucket(sum, threshold);
  }
  return count;
}

function widenZeroBucket(sum: HistogramSum, threshold: number): void {
  const sides = [sum.positive, sum.negative] as const;
  const wider = widerZeroBucket(sum, sum.zeroCount.value, sides, threshold);
  const lost = widerZeroBucket(
    sum,
    sum.zeroCount.lost,
    sides.map(({ indexes, lost }) => ({ indexes, counts: lost })),
    wider.threshold,
  );
  sum.zeroCount.value = wider.count;
  sum.zeroCount.lost = lost.count;
  sum.zeroThreshold = wider.threshold;
  sum.positive = outsideOf(sum.positive, sum);
  sum.negative = outsideOf(sum.negative, sum);
}

/** Without buckets that begin below the zero threshold, and without empty ones. */
function outsideOf({ indexes, counts, lost }: SumSide, sum: HistogramSum): SumSide {
  const outside = new SideBuilder(indexes.length);
  for (let i = 0; i < indexes.length; i++) {
    const isPopulated = counts[i] !== 0 || lost[i] !== 0;
    if (isPopulated && bucketBound(indexes[i] - 1, sum) >= sum.zeroThreshold)
      outside.push(indexes[i], counts[i], lost[i]);
  }
  return outside.finish();
}

function sumAtLowerSchema({ indexes, counts, lost }: SumSide, from: number, to: number): SumSide {
  const reduced = new SideBuilder(indexes.length);
  for (let i = 0; i < indexes.length; i++) {
    const index = indexAtSchema(indexes[i], from, to);
    if (!reduced.addToLast(index, counts[i], lost[i])) reduced.push(index, counts[i], lost[i]);
  }
  return reduced.finish();
}

/** In place where both have the same buckets, as samples of one series mostly do. */
function mergeSides(into: SumSide, side: Side, sign: 1 | -1): SumSide {
  if (side.counts.length === 0) return into;
  if (into.indexes === side.indexes || equalColumns(into.indexes, side.indexes)) {
    const { counts, lost } = into;
    for (let i = 0; i < counts.length; i++) {
      const value = sign * side.counts[i];
      lost[i] = compensate(value, counts[i], lost[i]);
      counts[i] += value;
    }
    return into;
  }
  if (addInPlace(into, side, sign)) return into;
  const merged = new SideBuilder(into.indexes.length + side.indexes.length);
  let i = 0;
  let j = 0;
  while (i < into.indexes.length || j < side.indexes.length) {
    const a = i < into.indexes.length ? into.indexes[i] : Infinity;
    const b = j < side.indexes.length ? side.indexes[j] : Infinity;
    if (a < b) {
      merged.push(a, into.counts[i], into.lost[i]);
      i++;
      continue;
    }
    const value = sign * side.counts[j++];
    if (b < a) merged.push(b, value, 0);
    else {
      merged.push(a, into.counts[i] + value, compensate(value, into.counts[i], into.lost[i]));
      i++;
    }
  }
  return merged.finish();
}

/** Adds if there is a place for every bucket, as there is in a sum that has seen some series; returns whether there is. */
function addInPlace({ indexes, counts, lost }: SumSide, side: Side, sign: 1 | -1): boolean {
  if (!hasAll(indexes, side.indexes)) return false;
  for (let i = 0, j = 0; j < side.indexes.length; i++) {
    if (indexes[i] !== side.indexes[j]) continue;
    const value = sign * side.counts[j++];
    lost[i] = compensate(value, counts[i], lost[i]);
    counts[i] += value;
  }
  return true;
}

/** Whether all of `some` are among `indexes`, both ascending. */
function hasAll(indexes: Int32Array, some: Int32Array): boolean {
  let found = 0;
  for (let i = 0; i < indexes.length && found < some.length; i++) if (indexes[i] === some[found]) found++;
  return found === some.length;
}

/** Both onto the bounds that they share; what was between two of those counts for the one above. */
function addMismatched(sum: HistogramSum, other: Histogram, sign: 1 | -1): void {
  const bounds = sharedBounds(sum.customBounds, other.customBounds);
  const totals: Total[] = Array.from({ length: bounds.length + 1 }, () => ({ value: 0, lost: 0 }));
  const { indexes, counts, lost } = sum.positive;
  for (let i = 0; i < indexes.length; i++) {
    const total = totals[indexOnBounds(indexes[i], sum.customBounds, bounds)];
    addTotal(total, counts[i]);
    addTotal(total, lost[i]);
  }
  const side = sideOf(other.positive);
  for (let i = 0; i < side.indexes.length; i++) {
    addTotal(totals[indexOnBounds(side.indexes[i], other.customBounds, bounds)], sign * side.counts[i]);
  }
  sum.customBounds = bounds;
  const shared = new SideBuilder(totals.length);
  totals.forEach(({ value, lost }, i) => {
    if (value !== 0 || lost !== 0) shared.push(i, value, lost);
  });
  sum.positive = shared.finish();
}
