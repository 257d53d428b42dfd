/** Hourly rows of native histograms. */
import { equalColumns, equalHistograms } from "../../histogram/float-histogram.ts";
import { isReset } from "../../histogram/reset.ts";
import { addToSum, type HistogramSum, isCompatible, startSum, sumOf } from "../../histogram/sum.ts";
import type { Histogram } from "../../model/histogram.ts";
import type { HistogramSamples } from "../../model/histogram-samples.ts";
import {
  type HistogramRows,
  ROW_ENDS_STALE,
  ROW_FIRST_IS_RESET,
  ROW_HAS_GAUGE,
  ROW_HAS_STARTS,
  ROW_IS_INCOMPATIBLE,
  ROW_SAW_NO_RESET,
  ROW_SAW_RESET,
} from "../../model/rows/hour-rows.ts";
import { newRowColumns } from "./float-rows.ts";
import { hoursOf } from "./hours.ts";

type Column = (Histogram | undefined)[];

/** Rows under construction. */
export interface NewHistogramRows extends HistogramRows {
  readonly firsts: Column;
  readonly lasts: Column;
  readonly sums: Column;
  readonly drops: Column;
}

export function newHistogramRows(length: number): NewHistogramRows {
  const column = (): Column => new Array(length).fill(undefined);
  return {
    ...newRowColumns(length),
    firsts: column(),
    lasts: column(),
    sums: column(),
    drops: column(),
  };
}

/** `samples`: sorted by time, each time once. */
export function makeHistogramRows(samples: HistogramSamples): HistogramRows {
  const spans = [...hoursOf(samples.timestamps)];
  const rows = newHistogramRows(spans.length);
  spans.forEach(({ hour, start, end }, row) => {
    rows.hours[row] = hour;
    fillRow(rows, row, samples, start, end);
  });
  return rows;
}

function fillRow(
  rows: NewHistogramRows,
  row: number,
  { timestamps, histograms, startTimestamps }: HistogramSamples,
  start: number,
  end: number,
): void {
  const builder = new RowBuilder();
  let flags = 0;
  for (let i = start; i < end; i++) {
    if (histograms[i].isStale) continue;
    if (startTimestamps !== undefined && startTimestamps[i] !== 0) flags |= ROW_HAS_STARTS;
    if (builder.count === 0) rows.firstTimes[row] = timestamps[i];
    rows.lastTimes[row] = timestamps[i];
    builder.add(histograms[i]);
  }
  if (builder.count === 0)
    [rows.firstTimes[row], rows.lastTimes[row]] = [timestamps[start], timestamps[end - 1]];
  if (histograms[end - 1].isStale) flags |= ROW_ENDS_STALE;
  rows.flags[row] = flags | builder.flags;
  rows.counts[row] = builder.count;
  rows.resets[row] = builder.resets;
  rows.changes[row] = builder.changes;
  rows.firsts[row] = builder.first;
  rows.lasts[row] = builder.last;
  rows.sums[row] = builder.sum;
  rows.drops[row] = builder.drops;
}

class RowBuilder {
  count = 0;
  flags = 0;
  resets = 0;
  changes = 0;
  first: Histogram | undefined;
  last: Histogram | undefined;
  #sum: HistogramSum | undefined;
  #drops: HistogramSum | undefined;

  add(histogram: Histogram): void {
    this.flags |= hintFlags(histogram);
    const previous = this.last;
    if (previous === undefined) {
      this.first = histogram;
      this.#sum = startSum(histogram);
    } else {
      if (!equalHistograms(histogram, previous)) this.changes++;
      if (isReset(histogram, previous)) this.#addReset(previous);
      this.#addToSum(histogram);
    }
    this.last = histogram;
    this.count++;
  }

  get sum(): Histogram | undefined {
    return this.#isIncompatible || this.#sum === undefined ? undefined : sumOf(this.#sum);
  }

  get drops(): Histogram | undefined {
    return this.#isIncompatible || this.#drops === undefined ? undefined : sumOf(this.#drops);
  }

  get #isIncompatible(): boolean {
    return (this.flags & ROW_IS_INCOMPATIBLE) !== 0;
  }

  #addToSum(histogram: Histogram): void {
    if (!canAdd(this.#sum!, histogram)) this.flags |= ROW_IS_INCOMPATIBLE;
    if (!this.#isIncompatible) addToSum(this.#sum!, histogram);
  }

  #addReset(previous: Histogram): void {
    this.resets++;
    // A window that begins with it takes it for empty: its buckets may be incompatible.
    if (this.count === 1) this.flags |= ROW_FIRST_IS_RESET;
    else if (this.#drops === undefined) this.#drops = startSum(previous);
    else if (canAdd(this.#drops, previous)) addToSum(this.#drops, previous);
  }
}

/** Whether two can be added without an annotation. */
export function canAdd(
  a: Pick<Histogram, "schema" | "customBounds">,
  b: Pick<Histogram, "schema" | "customBounds">,
): boolean {
  return isCompatible(a, b) && equalColumns(a.customBounds, b.customBounds);
}

function hintFlags({ counterResetHint: hint }: Histogram): number {
  if (hint === "gauge") return ROW_HAS_GAUGE;
  if (hint === "reset") return ROW_SAW_RESET;
  return hint === "not reset" ? ROW_SAW_NO_RESET : 0;
}
