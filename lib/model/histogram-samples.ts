/** Samples of native histograms: the other kind of column beside `Samples`. */
import type { Histogram } from "./histogram.ts";

/** Two columns of one length. */
export interface HistogramSamples {
  /** Milliseconds since the epoch, whole numbers. */
  readonly timestamps: Float64Array;
  readonly histograms: readonly Histogram[];
}
