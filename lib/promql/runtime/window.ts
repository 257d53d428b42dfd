/** The window of a range vector as it moves along a series. */

import type { HistogramColumn } from "../../model/histogram-samples.ts";
import type { LabelSet } from "../../model/labels.ts";
import { isDeltaSeries } from "../../model/metric-metadata.ts";
import type { FloatColumns, SelectedSeries } from "./selected-series.ts";

export class Window {
  readonly labels: LabelSet;
  /** Whether it is a delta series. Found once: searched at every step it took a third of `rate`. */
  readonly isDelta: boolean;
  readonly floats: FloatColumns;
  readonly histograms: HistogramColumn;
  /** The samples of the window, as half-open ranges of the columns. */
  floatStart = 0;
  floatEnd = 0;
  histogramStart = 0;
  histogramEnd = 0;
  /** The requested range, left-open. `anchored` and `smoothed` windows reach further. */
  rangeStartMs = 0;
  rangeEndMs = 0;
  /** The time of the step. */
  timeMs = 0;
  step = 0;

  constructor({ labels, floats, histograms }: Pick<SelectedSeries, "labels" | "floats" | "histograms">) {
    this.labels = labels;
    this.isDelta = isDeltaSeries(labels);
    this.floats = floats;
    this.histograms = histograms;
  }

  get floatCount(): number {
    return this.floatEnd - this.floatStart;
  }

  get histogramCount(): number {
    return this.histogramEnd - this.histogramStart;
  }

  /** Moves to the samples after `startMs`, up to `endMs`. Neither may decrease. */
  moveTo(startMs: number, endMs: number): void {
    const floatTimes = this.floats.timestamps;
    while (this.floatEnd < floatTimes.length && floatTimes[this.floatEnd] <= endMs) this.floatEnd++;
    while (this.floatStart < this.floatEnd && floatTimes[this.floatStart] <= startMs) this.floatStart++;
    const histogramTimes = this.histograms.timestamps;
    if (histogramTimes.length === 0) return;
    while (this.histogramEnd < histogramTimes.length && histogramTimes[this.histogramEnd] <= endMs)
      this.histogramEnd++;
    while (this.histogramStart < this.histogramEnd && histogramTimes[this.histogramStart] <= startMs) {
      this.histogramStart++;
    }
  }

  /**
   * The count of the window's samples from some indexes on, such as the ends of the previous step's
   * window.
   */
  sampleCount(floatFrom = 0, histogramFrom = 0): number {
    let count = this.floatEnd - Math.max(this.floatStart, floatFrom);
    const { histogramEnd, histograms } = this;
    for (let i = Math.max(this.histogramStart, histogramFrom); i < histogramEnd; i++) {
      count += histograms.sampleCountAt(i);
    }
    return count;
  }
}
