/** Moves along a series to the newest sample at each step. */
import type { SelectedSeries } from "./selected-series.ts";
import { ABSENT, FLOAT, HISTOGRAM } from "./value.ts";

export class InstantCursor {
  readonly #series: SelectedSeries;
  readonly #lookbackDeltaMs: number;
  #float = -1;
  #histogram = -1;
  /** The index of the found sample, among those of its kind. */
  index = 0;
  timestampMs = 0;

  constructor(series: SelectedSeries, lookbackDeltaMs: number) {
    this.#series = series;
    this.#lookbackDeltaMs = lookbackDeltaMs;
  }

  /**
   * The kind of the newest sample at a time; `ABSENT` if it is too old or a staleness marker. Times
   * must not decrease.
   */
  seek(timeMs: number): typeof ABSENT | typeof FLOAT | typeof HISTOGRAM {
    const { floats, histograms, staleFloats } = this.#series;
    this.#float = advance(floats.timestamps, this.#float, timeMs);
    this.#histogram = advance(histograms.timestamps, this.#histogram, timeMs);
    const floatTime = this.#float < 0 ? -Infinity : floats.timestamps[this.#float];
    const histogramTime = this.#histogram < 0 ? -Infinity : histograms.timestamps[this.#histogram];
    const isFloat = floatTime >= histogramTime;
    this.timestampMs = isFloat ? floatTime : histogramTime;
    if (this.timestampMs <= timeMs - this.#lookbackDeltaMs) return ABSENT;
    this.index = isFloat ? this.#float : this.#histogram;
    if (isFloat) return staleFloats !== undefined && staleFloats[this.index] === 1 ? ABSENT : FLOAT;
    return histograms.isStaleAt(this.index) ? ABSENT : HISTOGRAM;
  }
}

/** The index of the last timestamp that is not after a time, searched from an earlier result. */
export function advance(timestamps: Float64Array, from: number, timeMs: number): number {
  let i = from;
  while (i + 1 < timestamps.length && timestamps[i + 1] <= timeMs) i++;
  return i;
}
