/**
 * Estimates from classic histograms, which count the observations up to each bound.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
import type { Monotonicity } from "../runtime/annotation-texts.ts";

/** Cumulative. */
export interface ClassicBucket {
  readonly upperBound: number;
  readonly count: number;
}

export interface ClassicQuantile {
  readonly value: number;
  /** Counts decreased from a bucket to a higher one, and were corrected. */
  readonly forced: Monotonicity | undefined;
}

/** Buckets whose counts differ by less, relatively, count as equal: floats lose as much. */
const SMALL_DIFFERENCE = 1e-12;

/**
 * NaN without a bucket of +Inf, without a second bucket, and without observations. Takes at least
 * one bucket.
 */
export function classicQuantile(quantile: number, buckets: readonly ClassicBucket[]): ClassicQuantile {
  if (Number.isNaN(quantile)) return { value: Number.NaN, forced: undefined };
  if (quantile < 0) return { value: -Infinity, forced: undefined };
  if (quantile > 1) return { value: Infinity, forced: undefined };
  const sorted = coalesce(buckets);
  const last = sorted.length - 1;
  if (sorted[last].upperBound !== Infinity) return { value: Number.NaN, forced: undefined };
  const { counts, forced } = monotonic(sorted);
  if (sorted.length < 2 || counts[last] === 0) return { value: Number.NaN, forced };
  return { value: interpolated(quantile * counts[last], sorted, counts), forced };
}

function interpolated(rank: number, buckets: readonly ClassicBucket[], counts: readonly number[]): number {
  const last = buckets.length - 1;
  const reached = counts.findIndex((count, i) => i < last && count >= rank);
  if (reached < 0) return buckets[last - 1].upperBound;
  const { upperBound } = buckets[reached];
  if (reached === 0 && upperBound <= 0) return upperBound;
  const start = reached > 0 ? buckets[reached - 1].upperBound : 0;
  const below = reached > 0 ? counts[reached - 1] : 0;
  return start + (upperBound - start) * ((rank - below) / (counts[reached] - below));
}

/** By bound; the counts of equal bounds are added. */
function coalesce(buckets: readonly ClassicBucket[]): ClassicBucket[] {
  const merged: ClassicBucket[] = [];
  for (const bucket of buckets.toSorted((a, b) =>
    a.upperBound < b.upperBound ? -1 : Number(a.upperBound > b.upperBound),
  )) {
    const last = merged.at(-1);
    if (last === undefined || last.upperBound !== bucket.upperBound) merged.push(bucket);
    else merged[merged.length - 1] = { ...last, count: last.count + bucket.count };
  }
  return merged;
}

/** Makes counts non-decreasing, and removes tiny differences. */
function monotonic(buckets: readonly ClassicBucket[]): {
  counts: number[];
  forced: Monotonicity | undefined;
} {
  let forced: Monotonicity | undefined;
  let reached = buckets[0].count;
  const counts = buckets.map(({ count, upperBound }, i) => {
    if (i === 0 || count === reached) return count;
    if (isAlmostEqual(reached, count)) return reached;
    if (count < reached) {
      forced = {
        minBound: Math.min(forced?.minBound ?? Infinity, upperBound),
        maxBound: Math.max(forced?.maxBound ?? -Infinity, upperBound),
        maxDifference: Math.max(forced?.maxDifference ?? 0, reached - count),
      };
      return reached;
    }
    reached = count;
    return count;
  });
  return { counts, forced };
}

const MIN_NORMAL = 2 ** -1022;

function isAlmostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < SMALL_DIFFERENCE * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < SMALL_DIFFERENCE;
}

/** The share of the observations between two values; NaN as above, and if a value is NaN. */
export function classicFraction(lower: number, upper: number, buckets: readonly ClassicBucket[]): number {
  const sorted = coalesce(buckets);
  const { upperBound, count } = sorted[sorted.length - 1];
  if (upperBound !== Infinity || count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return Number.NaN;
  if (lower >= upper) return 0;
  const [lowerRank, upperRank] = [lower, upper].map((value) =>
    Math.min(rankOf(value, sorted) ?? count, count),
  );
  return (upperRank - lowerRank) / count;
}

/** The number of observations below a value; undefined if the value is above all buckets. */
function rankOf(value: number, buckets: readonly ClassicBucket[]): number | undefined {
  let start = buckets[0].upperBound > 0 ? 0 : -Infinity;
  let rank = 0;
  for (const { upperBound, count } of buckets) {
    if (start >= value) return rank;
    if (upperBound > value) {
      return start === -Infinity ? count : rank + ((count - rank) * (value - start)) / (upperBound - start);
    }
    rank = count;
    start = upperBound;
  }
  return undefined;
}
