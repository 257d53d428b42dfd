/** Native histograms over time. */
import type { Histogram } from "./histogram.ts";

/** Two columns of one length, sorted by time, at most one of each timestamp. */
export interface HistogramSamples {
  /** Milliseconds since the epoch. */
  readonly timestamps: Float64Array;
  readonly histograms: readonly Histogram[];
  /** When the counting began, in ms, of every sample; 0 is unknown. */
  readonly startTimestamps?: Float64Array | undefined;
}
