/**
 * The bounds of a native histogram's buckets.
 * https://prometheus.io/docs/specs/native_histograms/#schema
 */
import { CUSTOM_BUCKETS_SCHEMA, type Histogram, MAX_EXPONENTIAL_SCHEMA } from "../model/histogram.ts";

/** The fields that determine the bounds. */
export type BucketLayout = Pick<Histogram, "schema" | "customBounds">;

export function usesCustomBuckets(layout: Pick<Histogram, "schema">): boolean {
  return layout.schema === CUSTOM_BUCKETS_SCHEMA;
}

/**
 * Prometheus made its table of bounds by repeated multiplication, so its numbers are between one
 * unit in the last place above and four below the exact ones. One digit per bound of schema 8 in
 * [0.5, 1): those units plus one.
 */
const UNITS_BELOW =
  "1111112111211111112311222222222211211121122211221122102211221122" +
  "1111112222332132112111211112111111121011213311221222112121332222" +
  "2121223322322122222222323233323311221121223321332233212232332232" +
  "2243223233433343333333444455435422322333324422333243223333543344";

const BOUND_COUNT = 2 ** MAX_EXPONENTIAL_SCHEMA;

/**
 * The bounds in [0.5, 1) at the highest resolution. A lower one has every second of them, and so
 * on.
 */
const BOUNDS = Float64Array.from(
  { length: BOUND_COUNT },
  (_, i) => 2 ** (i / BOUND_COUNT) / 2 - (Number(UNITS_BELOW[i]) - 1) * 2 ** -53,
);

/** Indexes have 32 bits. */
const MIN_INDEX = -(2 ** 31);
const MAX_INDEX = 2 ** 31 - 1;

/**
 * The upper bound of the positive bucket at an index. Its lower bound is that of the index before.
 */
export function exponentialBound(index: number, schema: number): number {
  const perDoubling = 2 ** schema;
  // The last bucket of finite numbers ends at the largest of them; infinities are in the bucket
  // after it.
  if (index / perDoubling === 1024) return Number.MAX_VALUE;
  if (schema <= 0) return 2 ** (index / perDoubling);
  const exponent = Math.floor(index / perDoubling);
  const position = index - exponent * perDoubling;
  return scaleByPowerOfTwo(BOUNDS[position * 2 ** (MAX_EXPONENTIAL_SCHEMA - schema)], exponent + 1);
}

/** In two steps: neither the power nor its product with the fraction may overflow or underflow. */
function scaleByPowerOfTwo(fraction: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return fraction * powerOfTwo(half) * powerOfTwo(exponent - half);
}

const MAX_TABLED_POWER = 1023;
const POWERS = Float64Array.from({ length: 2 * MAX_TABLED_POWER + 1 }, (_, i) => 2 ** (i - MAX_TABLED_POWER));

/** A power of two with a whole exponent. The table takes a tenth of an exponentiation. */
function powerOfTwo(exponent: number): number {
  return Math.abs(exponent) <= MAX_TABLED_POWER ? POWERS[exponent + MAX_TABLED_POWER] : 2 ** exponent;
}

/**
 * The upper bound of a bucket on the positive side. With custom buckets, index -1 ends where the
 * first bucket begins: at -Inf.
 */
export function bucketBound(index: number, { schema, customBounds }: BucketLayout): number {
  if (schema !== CUSTOM_BUCKETS_SCHEMA) return exponentialBound(index, schema);
  if (index < 0) return -Infinity;
  return index < customBounds.length ? customBounds[index] : Infinity;
}

/** The last result of `firstIndexAbove`: the histograms of a query mostly have one layout. */
const latest = { schema: Number.NaN, threshold: Number.NaN, index: 0 };

/** The lowest index whose exponential bucket reaches above a threshold of 0 or more. */
export function firstIndexAbove(threshold: number, schema: number): number {
  if (schema === latest.schema && threshold === latest.threshold) return latest.index;
  let below = MIN_INDEX;
  let above = MAX_INDEX;
  while (above - below > 1) {
    const middle = below + Math.floor((above - below) / 2);
    if (exponentialBound(middle, schema) > threshold) above = middle;
    else below = middle;
  }
  Object.assign(latest, { schema, threshold, index: above });
  return above;
}

/** The index, at a lower resolution, of the bucket that contains the one at `index`. */
export function indexAtSchema(index: number, from: number, to: number): number {
  return Math.ceil(index / 2 ** (from - to));
}
