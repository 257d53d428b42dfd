/**
 * Counts the series that a query's selectors touch, summed over selectors: a series of two
 * selectors counts twice. A series counts if it has a sample, or a staleness marker, at a time that
 * the selector looks at.
 */
import { lowerBound } from "../../model/lower-bound.ts";
import type { Selection } from "../../model/selection.ts";
import type { SelectedSeries } from "./selected-series.ts";

type TimeRange = Pick<Selection, "minTime" | "maxTime">;

const ALWAYS: TimeRange = { minTime: -Infinity, maxTime: Infinity };

export class TouchedSeries {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** A series of which rows were read, for so many selectors. */
  addRows(selectors: number): void {
    this.#count += selectors;
  }

  add(series: SelectedSeries, { minTime, maxTime }: TimeRange = ALWAYS): void {
    const { floats, histograms } = series;
    const isThere =
      hasTimeIn(floats.timestamps, minTime, maxTime) || hasTimeIn(histograms.timestamps, minTime, maxTime);
    if (isThere) this.#count++;
  }
}

/** Whether one of the sorted times is in a range. */
function hasTimeIn(timestamps: Float64Array, minTime: number, maxTime: number): boolean {
  const first = lowerBound(timestamps, minTime);
  return first < timestamps.length && timestamps[first] <= maxTime;
}
