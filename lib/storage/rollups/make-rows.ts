/** Hourly rows of a series' samples of both kinds. */
import type { HistogramRows, HourRows, RowColumns } from "../../model/rows/hour-rows.ts";
import { ROW_ENDS_STALE, ROW_IS_MIXED } from "../../model/rows/hour-rows.ts";
import type { MixedSamples } from "../../model/samples.ts";
import { makeFloatRows } from "./float-rows.ts";
import { makeHistogramRows } from "./histogram-rows.ts";
import { hourEnd } from "./hours.ts";

/** `samples`: each kind sorted by time; no time is in both. Hours are whole if their samples are. */
export function makeRows(samples: MixedSamples): HourRows {
  const floats = makeFloatRows(samples);
  if (samples.histograms === undefined) return { floats };
  const histograms = makeHistogramRows(samples.histograms);
  const newestFloats = newestTimes(floats, samples.timestamps);
  const newestHistograms = newestTimes(histograms, samples.histograms.timestamps);
  forEachShared(floats, histograms, (float, histogram) => {
    // Only the newest sample of the hour says whether the series has ended.
    if (newestFloats[float] > newestHistograms[histogram]) histograms.flags[histogram] &= ~ROW_ENDS_STALE;
    else floats.flags[float] &= ~ROW_ENDS_STALE;
    if (floats.counts[float] === 0 || histograms.counts[histogram] === 0) return;
    floats.flags[float] |= ROW_IS_MIXED;
    histograms.flags[histogram] |= ROW_IS_MIXED;
  });
  return { floats, histograms };
}

/** The time of the newest sample of each row, staleness markers included. */
function newestTimes({ hours }: RowColumns, timestamps: Float64Array): Float64Array {
  const newest = new Float64Array(hours.length);
  let row = 0;
  for (const time of timestamps) {
    while (hours[row] < hourEnd(time)) row++;
    newest[row] = time;
  }
  return newest;
}

/** Calls back with the row numbers of hours that have rows of both kinds. */
export function forEachShared(
  floats: RowColumns,
  histograms: HistogramRows,
  onHour: (float: number, histogram: number) => void,
): void {
  for (let float = 0, histogram = 0; float < floats.hours.length && histogram < histograms.hours.length; ) {
    const difference = floats.hours[float] - histograms.hours[histogram];
    if (difference === 0) onHour(float, histogram);
    if (difference <= 0) float++;
    if (difference >= 0) histogram++;
  }
}
