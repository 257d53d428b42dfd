/**
 * Native histograms: bucket counts of one sample. https://prometheus.io/docs/specs/native_histograms/
 */

/** Whether a counter histogram is known to have been reset since the sample before it, or is no counter at all. */
export type CounterResetHint = "unknown" | "reset" | "not reset" | "gauge";

/** A run of consecutive buckets. */
export interface Span {
  /** Buckets skipped since the end of the span before; of the first span, the index of its first bucket. */
  readonly offset: number;
  readonly length: number;
}

/** The populated buckets on one side of zero, by ascending index. */
export interface Buckets {
  readonly spans: readonly Span[];
  /** The count of each bucket, not cumulative and no deltas; as many as the spans have buckets. */
  readonly counts: Float64Array;
}

/** The schema of custom buckets: explicit upper bounds instead of exponential ones. */
export const CUSTOM_BUCKETS_SCHEMA = -53;
export const MIN_EXPONENTIAL_SCHEMA = -4;
export const MAX_EXPONENTIAL_SCHEMA = 8;

export interface Histogram {
  /** Whole counts, each at most 2^53 - 1, or floats. PromQL makes no difference; chunks and wire formats do. */
  readonly kind: "integer" | "float";
  readonly counterResetHint: CounterResetHint;
  /** Bucket i ends at 2^(i / 2^schema): -4 to 8; or custom buckets. */
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  /** A staleness marker has any sum here: `isStale` says it. */
  readonly sum: number;
  /** With custom buckets all buckets are positive, and bucket i ends at `customBounds[i]`, the last at +Inf. */
  readonly positive: Buckets;
  readonly negative: Buckets;
  /** Ascending upper bounds, of custom buckets alone; +Inf is not among them. */
  readonly customBounds: Float64Array;
  /** Whether this is no observation but the end of its series. */
  readonly isStale: boolean;
}
