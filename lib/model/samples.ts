/**
 * Samples as columns. Values keep every bit: a NaN is copied between typed arrays or as two 32-bit
 * words. A plain array or arithmetic may replace its payload in V8.
 */
import type { HistogramSamples } from "./histogram-samples.ts";
import type { LabelSet } from "./labels.ts";

/** Columns of equal length: milliseconds since the epoch (whole numbers) and float values. */
export interface Samples {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** Start timestamps in ms, 0 for unknown; absent if all are unknown. */
  readonly startTimestamps?: Float64Array | undefined;
}

/** A series' float and histogram samples, each sorted by time. No timestamp occurs twice, nor in both. */
export interface MixedSamples extends Samples {
  /** Absent if the series has none. */
  readonly histograms?: HistogramSamples | undefined;
}

/** One series and its samples. */
export interface Series extends MixedSamples {
  readonly labels: LabelSet;
  /** Releases the memory of the columns for reuse; they must not be read afterwards. Calling it is optional. */
  readonly release?: (() => void) | undefined;
}
