/** `sum_over_time` and `avg_over_time`. */
import { compensate } from "../../number/kahan.ts";
import {
  conflictingResets,
  mixedBucketSchemas,
  mixedFloatsAndHistograms,
  reconciledBounds,
} from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import type { Window } from "../runtime/window.ts";
import { metricName, type WindowCall, type WindowFunction } from "../runtime/window-function.ts";
import { HistogramMean, type HistogramNotes, HistogramTotal } from "./histogram-total.ts";

export const sumOverTime: WindowFunction = (window, output, call) => {
  if (isMixed(window, call)) return;
  if (window.floatCount > 0) output.setFloat(window.step, sumOfFloats(window));
  else setHistogram(window, output, call, new HistogramTotal());
};

export const avgOverTime: WindowFunction = (window, output, call) => {
  if (isMixed(window, call)) return;
  if (window.floatCount > 0) output.setFloat(window.step, meanOfFloats(window));
  else setHistogram(window, output, call, new HistogramMean());
};

/** Whether a window has floats and histograms, which is reported. */
export function isMixed(
  window: Pick<Window, "labels" | "floatCount" | "histogramCount">,
  { context, range }: WindowCall,
): boolean {
  const mixed = window.floatCount > 0 && window.histogramCount > 0;
  if (mixed) annotate(context, mixedFloatsAndHistograms(range, metricName(window)));
  return mixed;
}

function sumOfFloats({ floats: { values }, floatStart, floatEnd }: Window): number {
  let sum = 0;
  let lost = 0;
  for (let i = floatStart; i < floatEnd; i++) {
    const value = values[i];
    lost = compensate(value, sum, lost);
    sum += value;
  }
  return sum === Infinity || sum === -Infinity ? sum : sum + lost;
}

/** A sum that would overflow continues as a mean. */
function meanOfFloats({ floats: { values }, floatStart, floatEnd }: Window): number {
  let sum = values[floatStart];
  let lost = 0;
  for (let i = floatStart + 1; i < floatEnd; i++) {
    const value = values[i];
    const total = sum + value;
    if (total === Infinity || total === -Infinity) {
      return runningMean(
        values,
        i,
        floatEnd,
        sum / (i - floatStart),
        lost / (i - floatStart),
        i - floatStart,
      );
    }
    lost = compensate(value, sum, lost);
    sum = total;
  }
  const count = floatEnd - floatStart;
  return sum / count + lost / count;
}

function runningMean(
  values: Float64Array,
  from: number,
  end: number,
  meanBefore: number,
  lostBefore: number,
  countBefore: number,
): number {
  let mean = meanBefore;
  let lost = lostBefore;
  let count = countBefore;
  for (let i = from; i < end; i++) {
    count++;
    const kept = (count - 1) / count;
    const share = values[i] / count;
    lost = compensate(share, kept * mean, kept * lost);
    mean = kept * mean + share;
  }
  return mean + lost;
}

function setHistogram(
  window: Window,
  output: Parameters<WindowFunction>[1],
  call: WindowCall,
  total: HistogramTotal | HistogramMean,
): void {
  const { histograms } = window;
  for (let i = window.histogramStart; i < window.histogramEnd; i++) {
    if (total.add(histograms.at(i))) continue;
    annotate(call.context, mixedBucketSchemas(call.range, metricName(window)));
    return;
  }
  noteHistograms(total.notes, call);
  output.setHistogram(window.step, total.result());
}

export function noteHistograms(
  { sawReset, sawNoReset, boundsReconciled }: HistogramNotes,
  call: WindowCall,
): void {
  if (sawReset && sawNoReset) annotate(call.context, conflictingResets(call.range, "aggregation"));
  if (boundsReconciled) annotate(call.context, reconciledBounds(call.range, "aggregation"));
}
