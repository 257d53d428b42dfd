/** The difference of native histograms over a window of rows, including resets. */
import { compactGauge, emptyHistogram } from "../../histogram/float-histogram.ts";
import { isReset } from "../../histogram/reset.ts";
import { addToSum, startPlainSum, sumOf } from "../../histogram/sum.ts";
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../model/histogram.ts";
import {
  type HistogramRows,
  ROW_FIRST_IS_RESET,
  ROW_HAS_GAUGE,
  ROW_IS_INCOMPATIBLE,
} from "../../model/rows/hour-rows.ts";
import { extrapolation } from "../functions/rates/extrapolated-rate.ts";
import { incompatible, subtractAnnotated } from "../functions/rates/histogram-increase.ts";
import type { RateKind } from "../functions/rates/rate-kind.ts";
import { histogramIsNoCounter, histogramIsNoGauge, reconciledBounds } from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import type { StepColumns } from "../runtime/step-columns.ts";
import { metricName, type WindowCall } from "../runtime/window-function.ts";
import { needsSamples } from "./row-function.ts";
import { firstRow, lastRow, type RowWindow } from "./row-window.ts";

export function histogramRate(
  window: RowWindow,
  output: StepColumns,
  call: WindowCall,
  kind: RateKind,
): void {
  if (window.histogramCount < 2) return;
  const rows = window.histograms!;
  const [first, last] = [firstRow(rows, window.histogramSpan), lastRow(rows, window.histogramSpan)];
  const result = difference(window, rows, first, last, call, kind.isCounter);
  if (result === undefined) return;
  const [firstMs, lastMs] = [rows.firstTimes[first], rows.lastTimes[last]];
  const firstCount = rows.firsts[first]!.count;
  const isRising = kind.isCounter && result.count > 0 && firstCount >= 0;
  const sampled = {
    count: window.histogramCount,
    firstMs,
    lastMs,
    secondsSinceZero: isRising ? ((lastMs - firstMs) / 1000) * (firstCount / result.count) : Infinity,
    startMs: undefined,
  };
  const factor = extrapolation(sampled, window, call, kind);
  if (factor !== undefined) output.setHistogram(window.step, compactGauge(result, factor));
}

function difference(
  window: RowWindow,
  rows: HistogramRows,
  first: number,
  last: number,
  call: WindowCall,
  isCounter: boolean,
): Histogram | undefined {
  noteGauges(window, rows, first, last, call, isCounter);
  const { firsts, lasts, counts, flags } = rows;
  const isCustom = firsts[first]!.schema === CUSTOM_BUCKETS_SCHEMA;
  for (let row = first; row <= last; row++) {
    if (counts[row] === 0) continue;
    if (isCounter && (flags[row] & ROW_IS_INCOMPATIBLE) !== 0) needsSamples("buckets change within an hour");
    const isLast = isCounter || row === last;
    if (isLast && (lasts[row]!.schema === CUSTOM_BUCKETS_SCHEMA) !== isCustom)
      return incompatible(window, call);
  }
  if (!isCounter) return subtractAnnotated(lasts[last]!, firsts[first]!, window, call);
  const from = firstOf(rows, first);
  const result = subtractAnnotated(lasts[last]!, from, window, call);
  return result && withResets(result, rows, first, last, call);
}

/** The window's first histogram: empty if the second one is a reset of it. */
function firstOf(rows: HistogramRows, first: number): Histogram {
  const { firsts, lasts, counts, flags } = rows;
  const histogram = firsts[first]!;
  if (counts[first] > 1)
    return (flags[first] & ROW_FIRST_IS_RESET) === 0 ? histogram : emptyHistogram(lasts[first]!);
  const next = nextRow(rows, first);
  return isReset(firsts[next]!, histogram) ? emptyHistogram(firsts[next]!) : histogram;
}

function nextRow({ counts }: HistogramRows, row: number): number {
  let next = row + 1;
  while (counts[next] === 0) next++;
  return next;
}

/** Adds what the counter had reached before each reset, within hours and between them. */
function withResets(
  result: Histogram,
  { firsts, lasts, counts, flags, drops }: HistogramRows,
  first: number,
  last: number,
  call: WindowCall,
): Histogram {
  const before: Histogram[] = drops[first] === undefined ? [] : [drops[first]];
  for (let row = first + 1, previous = first; row <= last; row++) {
    if (counts[row] === 0) continue;
    // A first sample by itself that is reset counts as empty.
    const isAfterFirst = previous === first && counts[first] === 1;
    if (!isAfterFirst && isReset(firsts[row]!, lasts[previous]!)) before.push(lasts[previous]!);
    if ((flags[row] & ROW_FIRST_IS_RESET) !== 0) before.push(firsts[row]!);
    const inRow = drops[row];
    if (inRow !== undefined) before.push(inRow);
    previous = row;
  }
  if (before.length === 0) return result;
  const sum = startPlainSum(result);
  for (const one of before) {
    if (addToSum(sum, one).boundsReconciled) annotate(call.context, reconciledBounds(call.range, "addition"));
  }
  return sumOf(sum);
}

function noteGauges(
  window: RowWindow,
  { firsts, lasts, flags }: HistogramRows,
  first: number,
  last: number,
  { context, range }: WindowCall,
  isCounter: boolean,
): void {
  if (!isCounter) {
    const isGauge = (one: Histogram) => one.counterResetHint === "gauge";
    if (!isGauge(firsts[first]!) || !isGauge(lasts[last]!))
      annotate(context, histogramIsNoGauge(range, metricName(window)));
    return;
  }
  for (let row = first; row <= last; row++) {
    if ((flags[row] & ROW_HAS_GAUGE) === 0) continue;
    annotate(context, histogramIsNoCounter(range, metricName(window)));
    return;
  }
}
