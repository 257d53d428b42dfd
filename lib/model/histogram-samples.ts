/** Native histograms over time. */
import type { CounterResetHint, Histogram } from "./histogram.ts";

/** Columns of equal length, sorted by time, at most one histogram per timestamp. */
export interface HistogramSamples {
  /** Milliseconds since the epoch. */
  readonly timestamps: Float64Array;
  readonly histograms: readonly Histogram[];
  /** Start timestamps in ms, 0 for unknown; absent if all are unknown. */
  readonly startTimestamps?: Float64Array | undefined;
}

/** The same for callers that need a few histograms, or what most have in common: each is decoded when requested. */
export interface HistogramColumn extends HistogramSamples {
  at(index: number): Histogram;
  hintAt(index: number): CounterResetHint;
  isStaleAt(index: number): boolean;
  schemaAt(index: number): number;
  /** Releases memory once no further histogram is needed. Those requested before stay valid. Call it at most once. */
  release(): void;
  /** The float samples that one histogram counts as, for limits. */
  sampleCountAt(index: number): number;
}
