/** Functions of the values in a window of rows: sums, extremes, first and last, counts. */
import { divideHistogram, equalHistograms } from "../../histogram/float-histogram.ts";
import { isReset } from "../../histogram/reset.ts";
import type { Histogram } from "../../model/histogram.ts";
import {
  type FloatRows,
  ROW_HAS_STARTS,
  ROW_IS_INCOMPATIBLE,
  ROW_SAW_NO_RESET,
  ROW_SAW_RESET,
} from "../../model/rows/hour-rows.ts";
import { compensate } from "../../number/kahan.ts";
import { HistogramTotal } from "../functions/histogram-total.ts";
import { isMixed, noteHistograms } from "../functions/totals.ts";
import { ignoredInRange, mixedBucketSchemas } from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import type { StepColumns } from "../runtime/step-columns.ts";
import { metricName, type WindowCall } from "../runtime/window-function.ts";
import { needsSamples, type RowFunction } from "./row-function.ts";
import { firstRow, hasFlag, lastRow, type RowWindow } from "./row-window.ts";

export const countOverTime: RowFunction = (window, output) => {
  output.setFloat(window.step, window.floatCount + window.histogramCount);
};

export const presentOverTime: RowFunction = (window, output) => output.setFloat(window.step, 1);

export const sumOverTime: RowFunction = (window, output, call) => {
  if (isMixed(window, call)) return;
  if (window.floatCount > 0) output.setFloat(window.step, sumOfFloats(window));
  else setHistogram(window, output, call, (total) => total);
};

export const avgOverTime: RowFunction = (window, output, call) => {
  if (isMixed(window, call)) return;
  const { floatCount, histogramCount, floats, floatSpan } = window;
  if (floatCount === 0) {
    setHistogram(window, output, call, (total) => divideHistogram(total, histogramCount));
    return;
  }
  const sum = sumOfFloats(window);
  const isOverflow = !Number.isFinite(sum) && areFinite(floats, floatSpan.start, floatSpan.end);
  if (isOverflow) needsSamples("a sum overflows");
  output.setFloat(window.step, sum / floatCount);
};

function areFinite({ counts, mins, maxs, sums }: FloatRows, start: number, end: number): boolean {
  for (let row = start; row < end; row++) {
    if (counts[row] === 0) continue;
    // A mean of NaN is NaN.
    const hasNaN = Number.isNaN(sums[row]);
    if (hasNaN || !Number.isFinite(mins[row]) || !Number.isFinite(maxs[row])) return false;
  }
  return true;
}

function sumOfFloats({ floats: { counts, sums }, floatSpan: { start, end } }: RowWindow): number {
  let sum = 0;
  let lost = 0;
  for (let row = start; row < end; row++) {
    if (counts[row] === 0) continue;
    lost = compensate(sums[row], sum, lost);
    sum += sums[row];
  }
  return sum === Infinity || sum === -Infinity ? sum : sum + lost;
}

function setHistogram(
  window: RowWindow,
  output: StepColumns,
  call: WindowCall,
  finish: (total: Histogram) => Histogram,
): void {
  const rows = window.histograms!;
  if (hasFlag(rows, window.histogramSpan, ROW_IS_INCOMPATIBLE)) needsSamples("buckets change within an hour");
  const total = new HistogramTotal();
  for (let row = window.histogramSpan.start; row < window.histogramSpan.end; row++) {
    const sum = rows.sums[row];
    if (sum === undefined || total.add(sum)) continue;
    annotate(call.context, mixedBucketSchemas(call.range, metricName(window)));
    return;
  }
  const sawReset = hasFlag(rows, window.histogramSpan, ROW_SAW_RESET);
  const sawNoReset = hasFlag(rows, window.histogramSpan, ROW_SAW_NO_RESET);
  noteHistograms({ ...total.notes, sawReset, sawNoReset }, call);
  output.setHistogram(window.step, finish(total.result()));
}

export const maxOverTime: RowFunction = (window, output, call) => {
  setBest(window, output, call, window.floats.maxs, (value, best) => value > best);
};

export const minOverTime: RowFunction = (window, output, call) => {
  setBest(window, output, call, window.floats.mins, (value, best) => value < best);
};

function setBest(
  window: RowWindow,
  output: StepColumns,
  { context, range }: WindowCall,
  values: Float64Array,
  isBetter: (value: number, best: number) => boolean,
): void {
  if (window.floatCount === 0) return;
  if (window.histogramCount > 0) annotate(context, ignoredInRange(range, metricName(window)));
  const { floats, floatSpan } = window;
  let best = values[firstRow(floats, floatSpan)];
  for (let row = floatSpan.start; row < floatSpan.end; row++) {
    if (floats.counts[row] === 0) continue;
    if (isBetter(values[row], best) || Number.isNaN(best)) best = values[row];
  }
  output.setFloat(window.step, best);
}

/** Time and row of the first sample of each kind; Infinity without one. */
function firstsOf({ floats, floatSpan, floatCount, histograms, histogramSpan, histogramCount }: RowWindow) {
  const float = floatCount > 0 ? firstRow(floats, floatSpan) : -1;
  const histogram = histogramCount > 0 ? firstRow(histograms!, histogramSpan) : -1;
  return {
    float,
    histogram,
    floatTime: float < 0 ? Infinity : floats.firstTimes[float],
    histogramTime: histogram < 0 ? Infinity : histograms!.firstTimes[histogram],
  };
}

function lastsOf({ floats, floatSpan, floatCount, histograms, histogramSpan, histogramCount }: RowWindow) {
  const float = floatCount > 0 ? lastRow(floats, floatSpan) : -1;
  const histogram = histogramCount > 0 ? lastRow(histograms!, histogramSpan) : -1;
  return {
    float,
    histogram,
    floatTime: float < 0 ? -Infinity : floats.lastTimes[float],
    histogramTime: histogram < 0 ? -Infinity : histograms!.lastTimes[histogram],
  };
}

export const firstOverTime: RowFunction = (window, output) => {
  const { float, histogram, floatTime, histogramTime } = firstsOf(window);
  if (floatTime < histogramTime) output.setFloat(window.step, window.floats.firstValues[float]);
  else output.setHistogram(window.step, window.histograms!.firsts[histogram]!);
};

export const lastOverTime: RowFunction = (window, output) => {
  const { float, histogram, floatTime, histogramTime } = lastsOf(window);
  if (floatTime > histogramTime) output.setFloat(window.step, window.floats.lastValues[float]);
  else output.setHistogram(window.step, window.histograms!.lasts[histogram]!);
};

export const timeOfFirst: RowFunction = (window, output) => {
  const { floatTime, histogramTime } = firstsOf(window);
  output.setFloat(window.step, Math.min(floatTime, histogramTime) / 1000);
};

export const timeOfLast: RowFunction = (window, output) => {
  const { floatTime, histogramTime } = lastsOf(window);
  output.setFloat(window.step, Math.max(floatTime, histogramTime) / 1000);
};

export const changes: RowFunction = (window, output) => {
  output.setFloat(window.step, countPairs(window, "changes", hasFloatChanged, hasHistogramChanged));
};

export const resets: RowFunction = (window, output, { context }) => {
  const { floats, floatSpan, histograms, histogramSpan } = window;
  const hasStarts =
    hasFlag(floats, floatSpan, ROW_HAS_STARTS) ||
    (histograms !== undefined && hasFlag(histograms, histogramSpan, ROW_HAS_STARTS));
  if (context.options.useStartTimestamps && hasStarts) needsSamples("samples have start timestamps");
  const isBelow = (current: number, previous: number) => current < previous;
  output.setFloat(window.step, countPairs(window, "resets", isBelow, isReset));
};

function hasFloatChanged(current: number, previous: number): boolean {
  return current !== previous && !(Number.isNaN(current) && Number.isNaN(previous));
}

function hasHistogramChanged(current: Histogram, previous: Histogram): boolean {
  return !equalHistograms(current, previous);
}

/** Neighbours that satisfy a predicate, within hours and between them. */
function countPairs(
  window: RowWindow,
  column: "changes" | "resets",
  floatHolds: (current: number, previous: number) => boolean,
  histogramHolds: (current: Histogram, previous: Histogram) => boolean,
): number {
  if (window.floatCount > 0 && window.histogramCount > 0) needsSamples("floats and histograms alternate");
  if (window.floatCount > 0) {
    const { floats, floatSpan } = window;
    const { firstValues, lastValues } = floats;
    return countRows(floats[column], floats.counts, floatSpan, (row, before) =>
      floatHolds(firstValues[row], lastValues[before]),
    );
  }
  const { histograms, histogramSpan } = window;
  const { firsts, lasts, counts } = histograms!;
  return countRows(histograms![column], counts, histogramSpan, (row, before) =>
    histogramHolds(firsts[row]!, lasts[before]!),
  );
}

function countRows(
  within: Float64Array,
  counts: Float64Array,
  { start, end }: RowWindow["floatSpan"],
  holds: (row: number, before: number) => boolean,
): number {
  let count = 0;
  for (let row = start, before = -1; row < end; row++) {
    if (counts[row] === 0) continue;
    count += within[row];
    if (before >= 0 && holds(row, before)) count++;
    before = row;
  }
  return count;
}
