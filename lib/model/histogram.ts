/**
 * Native histograms: bucket counts of one sample. https://prometheus.io/docs/specs/native_histograms/
 */

/** Whether a counter was reset since the previous sample, or whether the histogram is a gauge. */
export type CounterResetHint = "unknown" | "reset" | "not reset" | "gauge";
/** In the order of Prometheus' protobuf, its write-ahead log and stored histograms. */
export const COUNTER_RESET_HINTS: readonly CounterResetHint[] = ["unknown", "reset", "not reset", "gauge"];

/** A run of consecutive buckets. */
export interface Span {
  /** Buckets skipped since the previous span; in the first span the index of its first bucket. */
  readonly offset: number;
  readonly length: number;
}

/** The populated buckets on one side of zero, ascending by index. */
export interface Buckets {
  readonly spans: readonly Span[];
  /** One absolute, non-cumulative count per bucket of the spans. */
  readonly counts: Float64Array;
}

/** The schema of custom buckets: explicit upper bounds instead of exponential ones. */
export const CUSTOM_BUCKETS_SCHEMA = -53;
export const MIN_EXPONENTIAL_SCHEMA = -4;
export const MAX_EXPONENTIAL_SCHEMA = 8;

export interface Histogram {
  /** Whole counts of at most 2^53 - 1, or floats. Chunks and wire formats distinguish them, PromQL does not. */
  readonly kind: "integer" | "float";
  readonly counterResetHint: CounterResetHint;
  /** -4 to 8: bucket i ends at 2^(i / 2^schema). Otherwise `CUSTOM_BUCKETS`. */
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  /** Undefined in a staleness marker, which `isStale` tells. */
  readonly sum: number;
  /** Holds all buckets of a custom schema: bucket i ends at `customBounds[i]`, the last at +Inf. */
  readonly positive: Buckets;
  readonly negative: Buckets;
  /** Ascending upper bounds of custom buckets, without +Inf; absent otherwise. */
  readonly customBounds: Float64Array;
  /** Whether this is a staleness marker: the end of its series, not an observation. */
  readonly isStale: boolean;
}

/** A histogram that says nothing of the sample before it: another one stands there than its sender meant. */
export function withoutPast(histogram: Histogram): Histogram {
  return histogram.counterResetHint === "not reset"
    ? { ...histogram, counterResetHint: "unknown" }
    : histogram;
}
