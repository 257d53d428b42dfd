/** Histograms as plain lists, behind the interface of histogram columns. */

import type { CounterResetHint, Histogram } from "../model/histogram.ts";
import type { HistogramColumn, HistogramSamples } from "../model/histogram-samples.ts";
import { histogramSampleCount } from "./float-histogram.ts";

export function columnOf(samples: HistogramSamples): HistogramColumn {
  return "sampleCountAt" in samples ? (samples as HistogramColumn) : new ListedHistograms(samples);
}

export class ListedHistograms implements HistogramColumn {
  readonly timestamps: Float64Array;
  readonly histograms: readonly Histogram[];
  readonly startTimestamps: Float64Array | undefined;

  constructor({ timestamps, histograms, startTimestamps }: HistogramSamples) {
    this.timestamps = timestamps;
    this.histograms = histograms;
    this.startTimestamps = startTimestamps;
  }

  at(index: number): Histogram {
    return this.histograms[index];
  }

  release(): void {}

  hintAt(index: number): CounterResetHint {
    return this.histograms[index].counterResetHint;
  }

  isStaleAt(index: number): boolean {
    return this.histograms[index].isStale;
  }

  schemaAt(index: number): number {
    return this.histograms[index].schema;
  }

  sampleCountAt(index: number): number {
    return histogramSampleCount(this.histograms[index]);
  }
}
