/**
 * Cuts a native histogram off at a value: PromQL's `</` keeps the part below, `>/` the part above.
 * A bucket that contains the value is divided by interpolation, and the sum becomes an estimate.
 */

import type { Buckets, Histogram } from "../model/histogram.ts";
import { usesCustomBuckets } from "./bounds.ts";
import { type Bucket, fractionBelow, negativeBuckets, positiveBuckets, zeroBucket } from "./buckets.ts";
import { compactHistogram } from "./float-histogram.ts";

export type Kept = "below" | "above";

/** The rest of a bucket, and its middle. */
interface Rest {
  readonly count: number;
  readonly middle: number;
}

interface Cut {
  readonly at: number;
  readonly kept: Kept;
  readonly isCustom: boolean;
}

export function trimHistogram(histogram: Histogram, at: number, kept: Kept): Histogram {
  const cut: Cut = { at, kept, isCustom: usesCustomBuckets(histogram) };
  const positive = trimSide(positiveBuckets(histogram), cut, 1);
  const negative = trimSide(negativeBuckets(histogram), cut, -1);
  const zero = trimZeroBucket(histogram, cut);
  const isTrimmed =
    hasChanged(positive, histogram.positive) ||
    hasChanged(negative, histogram.negative) ||
    (zero !== undefined && zero.count !== histogram.zeroCount);
  if (!isTrimmed) return histogram;
  const rests = [...positive, ...negative, ...(zero === undefined ? [] : [zero])];
  return compactHistogram({
    ...histogram,
    kind: "float",
    count: rests.reduce((sum, rest) => sum + rest.count, 0),
    sum: rests.reduce((sum, rest) => sum + (rest.count === 0 ? 0 : rest.middle * rest.count), 0),
    zeroCount: zero?.count ?? histogram.zeroCount,
    positive: withCounts(histogram.positive, positive),
    negative: withCounts(histogram.negative, negative),
  });
}

function hasChanged(rests: readonly Rest[], { counts }: Buckets): boolean {
  return rests.some(({ count }, i) => count !== counts[i]);
}

function withCounts({ spans }: Buckets, rests: readonly Rest[]): Buckets {
  return { spans, counts: Float64Array.from(rests, ({ count }) => count) };
}

function trimSide(buckets: readonly Bucket[], cut: Cut, sign: 1 | -1): Rest[] {
  return buckets.map((bucket) =>
    bucket.count === 0 ? { count: 0, middle: 0 } : trimBucket(bucket, cut, sign),
  );
}

function trimBucket(bucket: Bucket, cut: Cut, sign: 1 | -1): Rest {
  const { at, kept, isCustom } = cut;
  const { lower, upper, count } = bucket;
  const isWhole = kept === "below" ? upper <= at : lower >= at;
  if (isWhole) return { count, middle: middleOf(lower, upper, sign, isCustom) };
  const isCut = kept === "below" ? lower < at : upper > at;
  if (!isCut) return { count: 0, middle: 0 };
  if (lower === -Infinity) return trimWithoutBeginning(bucket, cut);
  if (upper === Infinity) return trimWithoutEnd(bucket, cut);
  const below = at <= lower ? 0 : at >= upper ? count : count * fractionBelow(bucket, at, isCustom);
  return kept === "below"
    ? { count: below, middle: middleOf(lower, at, sign, isCustom) }
    : { count: count - below, middle: middleOf(at, upper, sign, isCustom) };
}

/**
 * The first custom bucket begins at zero if it ends above zero. Other buckets without a lower bound
 * are kept or dropped whole.
 */
function trimWithoutBeginning({ upper, count }: Bucket, { at, kept }: Cut): Rest {
  const beginsAtZero = upper > 0 && upper !== Infinity;
  if (kept === "below") {
    if (at > 0 && beginsAtZero) return { count: (count * at) / upper, middle: at / 2 };
    return upper <= 0 ? { count, middle: at } : { count: 0, middle: 0 };
  }
  if (at >= 0 && beginsAtZero) return { count: count * (1 - at / upper), middle: (at + upper) / 2 };
  return { count: 0, middle: 0 };
}

function trimWithoutEnd({ lower, count }: Bucket, { at, kept }: Cut): Rest {
  return kept === "above" && at >= lower ? { count, middle: at } : { count: 0, middle: 0 };
}

function middleOf(lower: number, upper: number, sign: 1 | -1, isCustom: boolean): number {
  const isOpenBelow = lower === -Infinity || lower === Infinity;
  const isOpenAbove = upper === -Infinity || upper === Infinity;
  if (isOpenBelow && isOpenAbove) return 0;
  if (isOpenBelow) return upper > 0 ? upper / 2 : upper;
  if (isOpenAbove) return lower;
  return isCustom ? (lower + upper) / 2 : sign * Math.sqrt(Math.abs(lower * upper));
}

/**
 * Undefined for a bucket without observations or with a negative count: it stays unchanged and is
 * not part of the new total.
 */
function trimZeroBucket(histogram: Histogram, { at, kept }: Cut): Rest | undefined {
  const { zeroCount } = histogram;
  if (!(zeroCount > 0)) return undefined;
  const { lower, upper } = zeroBucketBounds(histogram);
  const isAllAbove = at <= lower;
  const isAllBelow = at >= upper;
  if (isAllAbove || isAllBelow) {
    const isKept = isAllAbove ? kept === "above" : kept === "below";
    return isKept ? { count: zeroCount, middle: (lower + upper) / 2 } : { count: 0, middle: 0 };
  }
  const [from, to] = kept === "below" ? [lower, at] : [at, upper];
  return { count: zeroCount * ((to - from) / (upper - lower)), middle: (from + to) / 2 };
}

/** Cut off at zero if only one side has observations. */
function zeroBucketBounds(histogram: Histogram): Pick<Bucket, "lower" | "upper"> {
  const { lower, upper } = zeroBucket(histogram);
  const isPopulated = ({ counts }: Buckets) => counts.some((count) => count !== 0);
  const hasPositive = isPopulated(histogram.positive);
  const hasNegative = isPopulated(histogram.negative);
  return {
    lower: hasPositive && !hasNegative ? 0 : lower,
    upper: hasNegative && !hasPositive ? 0 : upper,
  };
}
