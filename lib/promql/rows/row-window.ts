/** The window of a range vector as it moves along the hourly rows of a series. */
import type { LabelSet } from "../../model/labels.ts";
import type { FloatRows, HistogramRows, RowColumns, SeriesRows } from "../../model/rows/hour-rows.ts";

/** Rows `start..end` of a kind, half-open. Rows of staleness markers alone are among them. */
export interface RowSpan {
  start: number;
  end: number;
}

export class RowWindow {
  readonly labels: LabelSet;
  readonly floats: FloatRows;
  readonly histograms: HistogramRows | undefined;
  readonly floatSpan: RowSpan = { start: 0, end: 0 };
  readonly histogramSpan: RowSpan = { start: 0, end: 0 };
  /** Samples of the window, without staleness markers. */
  floatCount = 0;
  histogramCount = 0;
  rangeStartMs = 0;
  rangeEndMs = 0;
  step = 0;

  constructor({ labels, floats, histograms }: SeriesRows) {
    this.labels = labels;
    this.floats = floats;
    this.histograms = histograms;
  }

  /** Moves to the hours that end after `startMs` and until `endMs`. Neither may decrease. */
  moveTo(startMs: number, endMs: number): void {
    this.rangeStartMs = startMs;
    this.rangeEndMs = endMs;
    this.floatCount = moveSpan(this.floats, this.floatSpan, startMs, endMs);
    if (this.histograms !== undefined)
      this.histogramCount = moveSpan(this.histograms, this.histogramSpan, startMs, endMs);
  }

  /** Rows that the window looks at. */
  get rowCount(): number {
    const { floatSpan, histogramSpan } = this;
    return floatSpan.end - floatSpan.start + histogramSpan.end - histogramSpan.start;
  }
}

/** Returns the samples of the rows. */
function moveSpan({ hours, counts }: RowColumns, span: RowSpan, startMs: number, endMs: number): number {
  while (span.end < hours.length && hours[span.end] <= endMs) span.end++;
  while (span.start < span.end && hours[span.start] <= startMs) span.start++;
  let count = 0;
  for (let row = span.start; row < span.end; row++) count += counts[row];
  return count;
}

/** The first row of a span that has samples; the span must have one. */
export function firstRow({ counts }: RowColumns, { start }: RowSpan): number {
  let row = start;
  while (counts[row] === 0) row++;
  return row;
}

/** The last one. */
export function lastRow({ counts }: RowColumns, { end }: RowSpan): number {
  let row = end - 1;
  while (counts[row] === 0) row--;
  return row;
}

/** Whether a row of a span has a flag. */
export function hasFlag({ flags }: RowColumns, { start, end }: RowSpan, flag: number): boolean {
  for (let row = start; row < end; row++) if ((flags[row] & flag) !== 0) return true;
  return false;
}
