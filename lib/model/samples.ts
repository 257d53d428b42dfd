/**
 * Samples are columns. Values must keep every bit: a NaN moves between typed arrays, or as two 32-bit words, and never
 * through a plain array or arithmetic, where V8 may replace its payload.
 */
import type { HistogramSamples } from "./histogram-samples.ts";
import type { LabelSet } from "./labels.ts";

/** Columns of one length: milliseconds since the epoch (whole numbers) and float values. */
export interface Samples {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** Since when each counts, in ms, 0 where that is not known; absent where it is known of none. */
  readonly startTimestamps?: Float64Array | undefined;
}

/** One series' samples of both kinds, each sorted by time, at most one of each timestamp: no time is in both. */
export interface MixedSamples extends Samples {
  /** Absent where there is none. */
  readonly histograms?: HistogramSamples | undefined;
}

/** One series and its samples. */
export interface Series extends MixedSamples {
  readonly labels: LabelSet;
  /** Lets others have the memory of its columns, which must not be looked at any more. Nobody needs to call it. */
  readonly release?: (() => void) | undefined;
}
