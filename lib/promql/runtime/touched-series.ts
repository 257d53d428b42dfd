/**
 * Counts the series that a query's selectors touch, summed over selectors: a series of two
 * selectors counts twice. A series counts if it has a sample, or a staleness marker, at a time that
 * the selector looks at.
 */
import { CostLimitError } from "../../model/errors.ts";
import { lowerBound } from "../../model/lower-bound.ts";
import type { Selection } from "../../model/selection.ts";
import type { SelectedSeries } from "./selected-series.ts";

type TimeRange = Pick<Selection, "minTime" | "maxTime">;

const ALWAYS: TimeRange = { minTime: -Infinity, maxTime: Infinity };

export class TouchedSeries {
  readonly #most: number;
  #count = 0;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  /** A series of which rows were read, for so many selectors. */
  addRows(selectors: number): void {
    this.#add(selectors);
  }

  add(series: SelectedSeries, { minTime, maxTime }: TimeRange = ALWAYS): void {
    const { floats, histograms } = series;
    const isThere =
      hasTimeIn(floats.timestamps, minTime, maxTime) || hasTimeIn(histograms.timestamps, minTime, maxTime);
    if (isThere) this.#add(1);
  }

  /** Throws "too large" past the request's limit. */
  #add(series: number): void {
    this.#count += series;
    if (this.#count > this.#most)
      throw new CostLimitError(
        `query would load too many series into memory in query execution: more than ${this.#most}; raise max_series or add matchers`,
      );
  }
}

/** Whether one of the sorted times is in a range. */
function hasTimeIn(timestamps: Float64Array, minTime: number, maxTime: number): boolean {
  const first = lowerBound(timestamps, minTime);
  return first < timestamps.length && timestamps[first] <= maxTime;
}
