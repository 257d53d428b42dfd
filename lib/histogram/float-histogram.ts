/**
 * A native histogram as a value for calculations. Histograms are immutable: every operation returns
 * a new one. Results are those of model/histogram of Prometheus 3.14.
 */

import type { Buckets, CounterResetHint, Histogram } from "../model/histogram.ts";
import { usesCustomBuckets } from "./bounds.ts";
import { newFloatColumn } from "./short-columns.ts";
import { bucketsOf, IndexedBuckets, NO_BUCKETS, sideOf, withCounts, withoutEmptyBuckets } from "./side.ts";

const NO_BOUNDS = new Float64Array(0);

/** No observations, with the layout of another histogram. */
export function emptyHistogram(layout: Pick<Histogram, "schema" | "customBounds">): Histogram {
  return {
    kind: "float",
    counterResetHint: "unknown",
    schema: layout.schema,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positive: NO_BUCKETS,
    negative: NO_BUCKETS,
    customBounds: layout.customBounds ?? NO_BOUNDS,
    isStale: false,
  };
}

export function withHint(histogram: Histogram, counterResetHint: CounterResetHint): Histogram {
  return histogram.counterResetHint === counterResetHint ? histogram : { ...histogram, counterResetHint };
}

/** All counts and the sum times a factor. With a negative factor the result is a gauge. */
export function multiplyHistogram(histogram: Histogram, factor: number): Histogram {
  const scaled = mapCounts(histogram, (count) => count * factor);
  return factor < 0 ? withHint(scaled, "gauge") : scaled;
}

/** Like multiplying. Division by zero leaves no buckets. */
export function divideHistogram(histogram: Histogram, divisor: number): Histogram {
  if (divisor === 0) {
    const { zeroCount, count, sum } = histogram;
    const totals = { zeroCount: zeroCount / divisor, count: count / divisor, sum: sum / divisor };
    return { ...histogram, kind: "float", ...totals, positive: NO_BUCKETS, negative: NO_BUCKETS };
  }
  const scaled = mapCounts(histogram, (count) => count / divisor);
  return divisor < 0 ? withHint(scaled, "gauge") : scaled;
}

function mapCounts(histogram: Histogram, scale: (count: number) => number): Histogram {
  const { zeroCount, count, sum, positive, negative } = histogram;
  return {
    ...histogram,
    kind: "float",
    zeroCount: scale(zeroCount),
    count: scale(count),
    sum: scale(sum),
    positive: scaleBuckets(positive, scale),
    negative: scaleBuckets(negative, scale),
  };
}

function scaleBuckets(buckets: Buckets, scale: (count: number) => number): Buckets {
  const { counts } = buckets;
  if (counts.length === 0) return buckets;
  const scaled = newFloatColumn(counts.length);
  for (let i = 0; i < scaled.length; i++) scaled[i] = scale(counts[i]);
  return withCounts(buckets, scaled);
}

/** Without empty buckets, and with as few spans as possible. */
export function compactHistogram(histogram: Histogram): Histogram {
  const positive = compactBuckets(histogram.positive);
  const negative = compactBuckets(histogram.negative);
  if (positive === histogram.positive && negative === histogram.negative) return histogram;
  return { ...histogram, positive, negative };
}

function compactBuckets(buckets: Buckets): Buckets {
  if (isCompact(buckets)) return buckets;
  return bucketsOf(withoutEmptyBuckets(sideOf(buckets)));
}

/** Compact, times a factor, and a gauge, in one step: each rate of native histograms ends so. */
export function compactGauge(histogram: Histogram, factor: number): Histogram {
  const { schema, zeroThreshold, zeroCount, count, sum, positive, negative, customBounds } = histogram;
  return {
    kind: "float",
    counterResetHint: "gauge",
    schema,
    zeroThreshold,
    zeroCount: zeroCount * factor,
    count: count * factor,
    sum: sum * factor,
    positive: compactScaled(positive, factor),
    negative: compactScaled(negative, factor),
    customBounds,
    isStale: false,
  };
}

function compactScaled(buckets: Buckets, factor: number): Buckets {
  const compact = compactBuckets(buckets);
  const { counts } = compact;
  if (counts.length === 0) return compact;
  if (counts === buckets.counts) return scaleBuckets(compact, (count) => count * factor);
  // They were copied a moment ago.
  for (let i = 0; i < counts.length; i++) counts[i] *= factor;
  return compact;
}

function isCompact(buckets: Buckets): boolean {
  const { counts } = buckets;
  for (let i = 0; i < counts.length; i++) if (counts[i] === 0) return false;
  // Spans are already as few as possible.
  if (buckets instanceof IndexedBuckets) return true;
  return buckets.spans.every(({ offset, length }, i) => length > 0 && (i === 0 || offset > 0));
}

/** Whether a count, the sum or a bound is infinite. */
export function hasOverflow(histogram: Histogram): boolean {
  const isInfinite = (value: number) => value === Infinity || value === -Infinity;
  if (isInfinite(histogram.zeroCount) || isInfinite(histogram.count) || isInfinite(histogram.sum))
    return true;
  const { positive, negative, customBounds } = histogram;
  return [positive.counts, negative.counts, customBounds].some((column) => column.some(isInfinite));
}

/**
 * Whether two histograms are the same data. NaN equals NaN, and hints do not matter.
 *
 * Empty buckets do not matter either: a chunk has every bucket that one of its histograms fills. In
 * Prometheus they do matter, so its result depends on where a chunk begins.
 */
export function equalHistograms(a: Histogram, b: Histogram): boolean {
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.zeroCount, b.zeroCount) &&
    (!usesCustomBuckets(a) || equalColumns(a.customBounds, b.customBounds)) &&
    equalBuckets(a.negative, b.negative) &&
    equalBuckets(a.positive, b.positive)
  );
}

function equalBuckets(a: Buckets, b: Buckets): boolean {
  const [one, other] = [sideOf(a), sideOf(b)];
  if (equalColumns(one.counts, other.counts) && equalColumns(one.indexes, other.indexes)) return true;
  for (let i = 0, j = 0; ; i++, j++) {
    while (i < one.counts.length && one.counts[i] === 0) i++;
    while (j < other.counts.length && other.counts[j] === 0) j++;
    if (i === one.counts.length || j === other.counts.length)
      return i === one.counts.length && j === other.counts.length;
    const isSame = one.indexes[i] === other.indexes[j] && Object.is(one.counts[i], other.counts[j]);
    if (!isSame) return false;
  }
}

export function equalColumns(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/**
 * The size that Prometheus assumes. Its limits count a histogram as this size and 8 bytes of time,
 * divided by 16.
 */
const FIXED_BYTES = 168;

/** The number of float samples that a histogram counts as, against limits. */
export function histogramSampleCount({ positive, negative, customBounds }: Histogram): number {
  const words =
    positive.spans.length +
    positive.counts.length +
    negative.spans.length +
    negative.counts.length +
    customBounds.length;
  return Math.floor((FIXED_BYTES + 8 * words + 8) / 16);
}
