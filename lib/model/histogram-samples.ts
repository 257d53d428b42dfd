/** Native histograms over time. */
import type { CounterResetHint, Histogram } from "./histogram.ts";

/** Columns of one length, sorted by time, at most one of each timestamp. */
export interface HistogramSamples {
  /** Milliseconds since the epoch. */
  readonly timestamps: Float64Array;
  readonly histograms: readonly Histogram[];
  /** Since when each counts, in ms, 0 where that is not known; absent where it is known of none. */
  readonly startTimestamps?: Float64Array | undefined;
}

/** The same for who looks at a few of them, or at what most have in common: not every histogram need be made for that. */
export interface HistogramColumn extends HistogramSamples {
  at(index: number): Histogram;
  hintAt(index: number): CounterResetHint;
  isStaleAt(index: number): boolean;
  schemaAt(index: number): number;
  /** To be called, if at all, once, when nobody asks for one any more; those that were asked for stay. */
  release(): void;
  /** How many float samples one counts as against limits. */
  sampleCountAt(index: number): number;
}
