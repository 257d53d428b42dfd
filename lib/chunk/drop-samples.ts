/** Removes samples from columns that were appended to. */
import { withoutPast } from "../model/histogram.ts";
import { histogramBytes, type SampleColumns } from "./sample-columns.ts";

/**
 * Removes the samples from index `start` on whose time `isDropped`; the others move up. A histogram whose sample before is
 * removed does not say any more that it is not a reset. Returns how many were removed.
 */
export function dropSamples(
  columns: SampleColumns,
  start: number,
  isDropped: (timestampMs: number) => boolean,
): number {
  const { count, timestamps, words, startTimestamps, histograms } = columns;
  let to = start;
  let droppedBefore = -1;
  for (let from = start; from < count; from++) {
    if (isDropped(timestamps[from])) {
      dropHistogram(columns, from);
      droppedBefore = from + 1;
      continue;
    }
    if (to < from) {
      timestamps[to] = timestamps[from];
      words[2 * to] = words[2 * from];
      words[2 * to + 1] = words[2 * from + 1];
      if (startTimestamps !== undefined) startTimestamps[to] = startTimestamps[from];
      const histogram = histograms?.get(from);
      if (histogram !== undefined) {
        histograms!.delete(from);
        histograms!.set(to, droppedBefore === from ? withoutPast(histogram) : histogram);
      }
    }
    to++;
  }
  // The column of starts counts on zeros where nothing is known.
  startTimestamps?.fill(0, to, count);
  columns.count = to;
  if (histograms?.size === 0) columns.histograms = undefined;
  return count - to;
}

function dropHistogram(columns: SampleColumns, index: number): void {
  const histogram = columns.histograms?.get(index);
  if (histogram === undefined) return;
  const { positive, negative } = histogram;
  columns.histogramBytes -= histogramBytes(
    positive.counts.length + negative.counts.length,
    positive.spans.length + negative.spans.length,
  );
  columns.histograms!.delete(index);
}
