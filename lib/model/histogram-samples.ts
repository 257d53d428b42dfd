/** Native histograms over time. */
import type { Histogram } from "./histogram.ts";

/** Columns of one length, sorted by time, at most one of each timestamp. */
export interface HistogramSamples {
  /** Milliseconds since the epoch. */
  readonly timestamps: Float64Array;
  readonly histograms: readonly Histogram[];
  /** Since when each counts, in ms, 0 where that is not known; absent where it is known of none. */
  readonly startTimestamps?: Float64Array | undefined;
}
