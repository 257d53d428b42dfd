/**
 * Sums of native histograms. Different zero buckets and resolutions are reconciled, and so are the
 * bounds of custom buckets: the result has the bounds that all have.
 *
 * As in Prometheus there are two kinds of sums. A compensated one (of `sum`, `avg` and the like)
 * carries the rounding error of every count along; a plain one (of `+`, `-` and rates) does not.
 */

import type { Buckets, CounterResetHint, Histogram } from "../model/histogram.ts";
import { compensate } from "../number/kahan.ts";
import { firstIndexAbove, usesCustomBuckets } from "./bounds.ts";
import { indexOnBounds, sharedBounds } from "./custom-bounds.ts";
import { equalColumns } from "./float-histogram.ts";
import { copyFloatColumn } from "./short-columns.ts";
import { atLowerSchema, bucketsOf, type Side, sideOf } from "./side.ts";
import {
  type AddedSide,
  type AddMode,
  mergeSides,
  outsideOfZero,
  type SumSide,
  SumSideBuilder,
  sumAtLowerSchema,
  sumSideOf,
} from "./sum-side.ts";
import { sideColumns, widerZeroBucket } from "./zero-bucket.ts";

/** A sum and its rounding error so far, which is 0 in a plain sum. */
interface Total {
  value: number;
  lost: number;
}

/** A sum under construction. */
export interface HistogramSum {
  readonly isCompensated: boolean;
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
  /** One of the two is known to be reset, the other not to be. */
  readonly counterResetCollision: boolean;
  /** Both have custom buckets with different bounds. */
  readonly boundsReconciled: boolean;
}

/** A compensated sum. */
export function startSum(first: Histogram): HistogramSum {
  return start(first, true);
}

/** A plain one. */
export function startPlainSum(first: Histogram): HistogramSum {
  return start(first, false);
}

function start(first: Histogram, isCompensated: boolean): HistogramSum {
  return {
    isCompensated,
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

/** Whether two can be added: exponential and custom buckets cannot be mixed. */
export function isCompatible(a: Pick<Histogram, "schema">, b: Pick<Histogram, "schema">): boolean {
  return usesCustomBuckets(a) === usesCustomBuckets(b);
}

/** Adds a compatible histogram. `sign` -1 subtracts it, only from plain sums. */
export function addToSum(sum: HistogramSum, other: Histogram, sign: 1 | -1 = 1): AddOutcome {
  const mode: AddMode = { isCompensated: sum.isCompensated, sign };
  const counterResetCollision = mergeHint(sum, other.counterResetHint);
  addTotal(sum.count, other.count, mode);
  addTotal(sum.sum, other.sum, mode);
  if (!usesCustomBuckets(sum)) {
    addExponential(sum, other, mode);
    return { counterResetCollision, boundsReconciled: false };
  }
  const boundsReconciled = !equalColumns(sum.customBounds, other.customBounds);
  if (boundsReconciled) addMismatched(sum, other, mode);
  else sum.positive = mergeSides(sum.positive, sideOf(other.positive), mode);
  return { counterResetCollision, boundsReconciled };
}

/** The sum so far; `withLost` includes the rounding errors. */
export function sumOf(sum: HistogramSum, withLost = sum.isCompensated): Histogram {
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

/** Scales a sum under construction, with its rounding errors. */
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

/** Merges a hint into a sum's. Returns whether the two contradict each other. */
export function mergeHint(sum: Pick<HistogramSum, "hint">, other: CounterResetHint): boolean {
  if (other === sum.hint || sum.hint === "gauge") return false;
  const isCollision = other !== "gauge" && sum.hint !== "unknown" && other !== "unknown";
  sum.hint = other === "gauge" ? "gauge" : "unknown";
  return isCollision;
}

function addTotal(total: Total, value: number, { isCompensated, sign }: AddMode): void {
  const added = sign * value;
  if (isCompensated) total.lost = compensate(added, total.value, total.lost);
  total.value += added;
}

function addExponential(sum: HistogramSum, other: Histogram, mode: AddMode): void {
  const zero = reconcileZeroBuckets(sum, other);
  addTotal(sum.zeroCount, zero.count, mode);
  if (mode.isCompensated) addTotal(sum.zeroCount, zero.lost, mode);
  if (other.schema < sum.schema) {
    sum.positive = sumAtLowerSchema(sum.positive, sum.schema, other.schema, mode.isCompensated);
    sum.negative = sumAtLowerSchema(sum.negative, sum.schema, other.schema, mode.isCompensated);
    sum.schema = other.schema;
  }
  sum.positive = addSide(sum.positive, other.positive, other, sum, mode);
  sum.negative = addSide(sum.negative, other.negative, other, sum, mode);
}

function addSide(
  into: SumSide,
  buckets: Buckets,
  from: Histogram,
  sum: HistogramSum,
  mode: AddMode,
): SumSide {
  if (buckets.counts.length === 0) return into;
  const outside = outsideZeroBucket(sideOf(buckets), from.schema, sum.zeroThreshold);
  return mergeSides(into, atSchemaOf(sum, outside, from.schema), mode);
}

function atSchemaOf({ schema, isCompensated }: HistogramSum, side: Side, from: number): AddedSide {
  if (schema === from) return side;
  return isCompensated
    ? sumAtLowerSchema(sumSideOf(side), from, schema, true)
    : atLowerSchema(side, from, schema);
}

/** Without the buckets that lie entirely in the zero bucket, where they were counted. */
function outsideZeroBucket(side: Side, schema: number, zeroThreshold: number): Side {
  const first = firstIndexAbove(zeroThreshold, schema);
  let start = 0;
  while (start < side.indexes.length && side.indexes[start] < first) start++;
  return start === 0 ? side : { indexes: side.indexes.subarray(start), counts: side.counts.subarray(start) };
}

/**
 * Widens the zero bucket of the sum until it fits both. Returns the count that the other
 * histogram's zero bucket has then.
 */
function reconcileZeroBuckets(sum: HistogramSum, other: Histogram): { count: number; lost: number } {
  let zero = { count: other.zeroCount, lost: 0, threshold: other.zeroThreshold };
  // Not `!==`: a stored threshold may be NaN, which equals nothing.
  while (zero.threshold < sum.zeroThreshold || zero.threshold > sum.zeroThreshold) {
    if (sum.zeroThreshold > zero.threshold)
      zero = widerZeroBucket(other, { count: other.zeroCount }, sideColumns(other), sum.zeroThreshold);
    if (zero.threshold > sum.zeroThreshold) widenZeroBucket(sum, zero.threshold);
  }
  return zero;
}

function widenZeroBucket(sum: HistogramSum, threshold: number): void {
  const { zeroCount, isCompensated } = sum;
  const sides = [sum.positive, sum.negative];
  const wider = widerZeroBucket(sum, { count: zeroCount.value, lost: zeroCount.lost }, sides, threshold);
  zeroCount.value = wider.count;
  if (isCompensated) zeroCount.lost = wider.lost;
  sum.zeroThreshold = wider.threshold;
  sum.positive = outsideOfZero(sum.positive, sum);
  sum.negative = outsideOfZero(sum.negative, sum);
}

/** Reduces both to the bounds that they share. A bucket between two of them joins the one above. */
function addMismatched(sum: HistogramSum, other: Histogram, mode: AddMode): void {
  const bounds = sharedBounds(sum.customBounds, other.customBounds);
  const totals: Total[] = Array.from({ length: bounds.length + 1 }, () => ({ value: 0, lost: 0 }));
  const kept: AddMode = { isCompensated: mode.isCompensated, sign: 1 };
  const { indexes, counts, lost } = sum.positive;
  for (let i = 0; i < indexes.length; i++) {
    const total = totals[indexOnBounds(indexes[i], sum.customBounds, bounds)];
    addTotal(total, counts[i], kept);
    addTotal(total, lost[i], kept);
  }
  const side = sideOf(other.positive);
  for (let i = 0; i < side.indexes.length; i++)
    addTotal(totals[indexOnBounds(side.indexes[i], other.customBounds, bounds)], side.counts[i], mode);
  sum.customBounds = bounds;
  const shared = new SumSideBuilder(totals.length);
  totals.forEach(({ value, lost }, i) => {
    if (value !== 0 || lost !== 0) shared.push(i, value, lost);
  });
  sum.positive = shared.finish();
}
