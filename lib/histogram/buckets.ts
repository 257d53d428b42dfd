/** The buckets of a native histogram one by one, with their bounds. */

import type { Histogram } from "../model/histogram.ts";
import { bucketBound, usesCustomBuckets } from "./bounds.ts";
import { sideOf } from "./side.ts";

export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  readonly count: number;
}

/** By ascending value. */
export function positiveBuckets(histogram: Histogram): Bucket[] {
  const { indexes, counts } = sideOf(histogram.positive);
  const isCustom = usesCustomBuckets(histogram);
  return Array.from(counts, (count, i) => {
    const lower = bucketBound(indexes[i] - 1, histogram);
    const upper = bucketBound(indexes[i], histogram);
    const lowerInclusive = isCustom ? indexes[i] === 0 : lower < 0;
    return { lower, upper, lowerInclusive, upperInclusive: isCustom || upper > 0, count };
  });
}

/** By descending value, away from zero. */
export function negativeBuckets(histogram: Histogram): Bucket[] {
  const { indexes, counts } = sideOf(histogram.negative);
  return Array.from(counts, (count, i) => {
    const lower = -bucketBound(indexes[i], histogram);
    const upper = -bucketBound(indexes[i] - 1, histogram);
    return { lower, upper, lowerInclusive: lower < 0, upperInclusive: upper > 0, count };
  });
}

export function zeroBucket({ zeroThreshold, zeroCount }: Histogram): Bucket {
  const inclusive = { lowerInclusive: true, upperInclusive: true };
  return { lower: -zeroThreshold, upper: zeroThreshold, ...inclusive, count: zeroCount };
}

/**
 * All by ascending value, cut off at the zero bucket. Empty ones are included, except an empty zero
 * bucket.
 */
export function allBuckets(histogram: Histogram): Bucket[] {
  const outside = (bucket: Bucket) => outsideOfZeroBucket(bucket, histogram.zeroThreshold);
  const zero = histogram.zeroCount > 0 && !usesCustomBuckets(histogram) ? [zeroBucket(histogram)] : [];
  return [
    ...negativeBuckets(histogram).reverse().map(outside),
    ...zero,
    ...positiveBuckets(histogram).map(outside),
  ];
}

function outsideOfZeroBucket(bucket: Bucket, threshold: number): Bucket {
  if (bucket.upper < 0 && bucket.upper > -threshold) return { ...bucket, upper: -threshold };
  if (bucket.lower > 0 && bucket.lower < threshold) return { ...bucket, lower: threshold };
  return bucket;
}

/**
 * The zero bucket of a histogram with buckets on one side only, cut off at zero; any other bucket
 * unchanged. Estimates assume this.
 */
export function narrowedByOneSide(bucket: Bucket, { positive, negative }: Histogram): Bucket {
  const hasPositive = positive.counts.length > 0;
  const hasNegative = negative.counts.length > 0;
  if (hasPositive && !hasNegative) return { ...bucket, lower: 0 };
  if (hasNegative && !hasPositive) return { ...bucket, upper: 0 };
  return bucket;
}

/**
 * The share of a bucket below a value in it. Observations are assumed to be spread evenly over its
 * width, or over the logarithms of an exponential bucket.
 */
export function fractionBelow({ lower, upper }: Bucket, value: number, isLinear: boolean): number {
  if (isLinear) return (value - lower) / (upper - lower);
  const [low, high, at] = [lower, upper, value].map((bound) => Math.log2(Math.abs(bound)));
  return value > 0 ? (at - low) / (high - low) : 1 - (at - high) / (low - high);
}
