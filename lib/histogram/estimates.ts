/**
 * Estimates from a native histogram: quantiles, fractions, the variance.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */

import type { Histogram } from "../model/histogram.ts";
import { compensate } from "../number/kahan.ts";
import { usesCustomBuckets } from "./bounds.ts";
import { allBuckets, type Bucket, fractionBelow, narrowedByOneSide } from "./buckets.ts";

export interface Estimate {
  readonly value: number;
  /** The histogram has observed NaN. Such observations count, but are in no bucket. */
  readonly hasNaN: boolean;
}

const exactly = (value: number): Estimate => ({ value, hasNaN: false });

/**
 * -Inf and +Inf for quantiles outside of [0, 1]. NaN without observations, and for a rank among NaN
 * observations.
 */
export function histogramQuantile(quantile: number, histogram: Histogram): Estimate {
  if (quantile < 0) return exactly(-Infinity);
  if (quantile > 1) return exactly(Infinity);
  if (histogram.count === 0 || Number.isNaN(quantile)) return exactly(Number.NaN);
  // From the nearer end. NaN observations are in no bucket, as if above the highest.
  const isForward = Number.isNaN(histogram.sum) || quantile < 0.5;
  const buckets = allBuckets(histogram);
  if (!isForward) buckets.reverse();
  const rank = (isForward ? quantile : 1 - quantile) * histogram.count;
  const found = findRank(buckets, rank);
  return quantileInBucket(found, { histogram, buckets, rank, isForward });
}

interface Found {
  readonly bucket: Bucket;
  /** Of all buckets up to this one. */
  readonly count: number;
  readonly position: number;
}

const NOWHERE: Bucket = { lower: 0, upper: 0, lowerInclusive: false, upperInclusive: false, count: 0 };

/** The populated bucket that reaches a rank, else the last one. */
function findRank(buckets: readonly Bucket[], rank: number): Found {
  let count = 0;
  let position = 0;
  for (; position < buckets.length; position++) {
    count += buckets[position].count;
    if (buckets[position].count !== 0 && count >= rank) break;
  }
  const bucket = buckets[Math.min(position, buckets.length - 1)] ?? NOWHERE;
  return { bucket, count, position };
}

interface QuantileSearch {
  readonly histogram: Histogram;
  readonly buckets: readonly Bucket[];
  readonly rank: number;
  readonly isForward: boolean;
}

function quantileInBucket(found: Found, search: QuantileSearch): Estimate {
  const { histogram, rank, isForward } = search;
  const isCustom = usesCustomBuckets(histogram);
  let { bucket } = found;
  if (!isCustom && bucket.lower < 0 && bucket.upper > 0) bucket = narrowedByOneSide(bucket, histogram);
  if (isCustom && bucket.lower === -Infinity) {
    if (bucket.upper <= 0) return exactly(bucket.upper);
    bucket = { ...bucket, lower: 0 };
  } else if (isCustom && bucket.upper === Infinity) return exactly(bucket.lower);
  const count = Math.min(found.count, histogram.count);
  if (count < rank) {
    return Number.isNaN(histogram.sum) ? { value: Number.NaN, hasNaN: true } : exactly(bucket.upper);
  }
  const rankInBucket = isForward ? rank - (count - bucket.count) : count - rank;
  return {
    value: interpolate(bucket, rankInBucket / bucket.count, isCustom),
    hasNaN: hasUncounted(histogram, search.buckets, { ...found, count }),
  };
}

function hasUncounted(histogram: Histogram, buckets: readonly Bucket[], { count, position }: Found): boolean {
  if (!Number.isNaN(histogram.sum)) return false;
  return buckets.slice(position + 1).reduce((total, bucket) => total + bucket.count, count) < histogram.count;
}

/**
 * Spread evenly over the width of custom buckets and the zero bucket, over the logarithms of
 * others.
 */
function interpolate({ lower, upper }: Bucket, fraction: number, isCustom: boolean): number {
  if (isCustom || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * fraction;
  const low = Math.log2(Math.abs(lower));
  const high = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (low + (high - low) * fraction);
  return -(2 ** (high + (low - high) * (1 - fraction)));
}

/** The share of the observations between two values; zero unless they ascend. */
export function histogramFraction(lower: number, upper: number, histogram: Histogram): Estimate {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return exactly(Number.NaN);
  if (lower >= upper) return exactly(0);
  const buckets = allBuckets(histogram);
  const counted = Number.isNaN(histogram.sum)
    ? buckets.reduce((total, bucket) => total + bucket.count, 0)
    : histogram.count;
  const [lowerRank, upperRank] = [lower, upper].map((value) =>
    Math.min(rankOf(value, buckets, histogram) ?? counted, counted),
  );
  const hasNaN = Number.isNaN(histogram.sum) && counted < histogram.count;
  return { value: (upperRank - lowerRank) / histogram.count, hasNaN };
}

/** The number of observations below a value; undefined if it is above all buckets. */
function rankOf(value: number, buckets: readonly Bucket[], histogram: Histogram): number | undefined {
  const isCustom = usesCustomBuckets(histogram);
  let rank = 0;
  for (const original of buckets) {
    const isZero = !isCustom && original.lower <= 0 && original.upper >= 0;
    let bucket = original;
    if (isZero) bucket = narrowedByOneSide(original, histogram);
    // The first custom bucket begins at zero if it ends above zero, as in classic histograms.
    else if (isCustom && original.lower === -Infinity && original.upper > 0)
      bucket = { ...original, lower: 0 };
    if (bucket.lower >= value) return rank;
    if (bucket.upper > value) {
      // The distribution within a bucket without a lower bound is unknown, so it counts as a whole.
      if ((isCustom || isZero) && bucket.lower === -Infinity) return bucket.count;
      return rank + bucket.count * fractionBelow(bucket, value, isCustom || isZero);
    }
    rank += bucket.count;
  }
  return undefined;
}

/** The middles of the buckets; geometric for exponential ones. */
export function histogramVariance(histogram: Histogram): number {
  const mean = histogram.sum / histogram.count;
  const isCustom = usesCustomBuckets(histogram);
  let sum = 0;
  let lost = 0;
  for (const bucket of allBuckets(histogram)) {
    if (bucket.count === 0) continue;
    const deviation = middleOf(bucket, isCustom) - mean;
    const square = bucket.count * deviation * deviation;
    lost = compensate(square, sum, lost);
    sum += square;
  }
  return (sum + lost) / histogram.count;
}

function middleOf({ lower, upper }: Bucket, isCustom: boolean): number {
  if (isCustom) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  const middle = Math.sqrt(upper * lower);
  return upper < 0 ? -middle : middle;
}
