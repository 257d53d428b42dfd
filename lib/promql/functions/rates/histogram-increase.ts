/** The difference of native histograms over a window, including resets. */

import { emptyHistogram } from "../../../histogram/float-histogram.ts";
import { addHistograms, type Combination, subtractHistograms } from "../../../histogram/pair.ts";
import { isReset } from "../../../histogram/reset.ts";
import { addToSum, type HistogramSum, startPlainSum, sumOf } from "../../../histogram/sum.ts";
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../../model/histogram.ts";
import {
  type HistogramOperation,
  histogramIsNoCounter,
  histogramIsNoGauge,
  mixedBucketSchemas,
  reconciledBounds,
  startTimeOverlap,
} from "../../runtime/annotation-texts.ts";
import { annotate } from "../../runtime/context.ts";
import type { Window } from "../../runtime/window.ts";
import { metricName, type WindowCall } from "../../runtime/window-function.ts";
import { isStartOverlap, isStartReset } from "../start-timestamps.ts";

/**
 * Not compacted. Undefined, with an annotation, if buckets are incompatible. Needs at least two
 * samples.
 */
export function histogramIncrease(
  window: Window,
  starts: Float64Array | undefined,
  call: WindowCall,
  isCounter: boolean,
): Histogram | undefined {
  const { histogramStart, histogramEnd, histograms } = window;
  const last = histograms.at(histogramEnd - 1);
  const first = firstOf(window, starts, isCounter);
  noteGauges(window, call, isCounter);
  // The change of a gauge is between its first and its last sample.
  const second = isCounter ? histogramStart + 1 : histogramEnd - 1;
  const isCustom = first.schema === CUSTOM_BUCKETS_SCHEMA;
  for (let i = second; i < histogramEnd; i++) {
    if ((histograms.schemaAt(i) === CUSTOM_BUCKETS_SCHEMA) !== isCustom) return incompatible(window, call);
  }
  const difference = annotated(subtractHistograms(last, first), "subtraction", window, call);
  if (difference === undefined) return undefined;
  return isCounter ? withResets(difference, first, window, starts, call) : difference;
}

/**
 * The window's first histogram. It is empty if the counter was reset right after it, since its
 * buckets may then be incompatible.
 */
function firstOf(window: Window, starts: Float64Array | undefined, isCounter: boolean): Histogram {
  const { histogramStart, histograms } = window;
  const first = histograms.at(histogramStart);
  if (!isCounter || !isResetAt(window, histogramStart + 1, first, starts)) return first;
  return emptyHistogram(histograms.at(histogramStart + 1));
}

/** `first` is used as the window's first histogram. A hint avoids decoding histograms. */
function isResetAt(
  { histogramStart, histograms }: Window,
  index: number,
  first: Histogram,
  starts: Float64Array | undefined,
): boolean {
  const { timestamps } = histograms;
  if (
    starts !== undefined &&
    isStartReset(starts[index - 1], timestamps[index - 1], starts[index], timestamps[index])
  ) {
    return true;
  }
  const hint = histograms.hintAt(index);
  if (hint === "reset" || hint === "not reset") return hint === "reset";
  return isReset(histograms.at(index), index - 1 === histogramStart ? first : histograms.at(index - 1));
}

/** Adds what the counter had reached before each reset. */
function withResets(
  difference: Histogram,
  first: Histogram,
  window: Window,
  starts: Float64Array | undefined,
  call: WindowCall,
): Histogram {
  let sum: HistogramSum | undefined;
  const { histogramStart, histogramEnd, histograms } = window;
  const { timestamps } = histograms;
  let overlaps = false;
  for (let i = histogramStart + 1; i < histogramEnd; i++) {
    if (starts !== undefined) overlaps ||= isStartOverlap(starts[i - 1], timestamps[i - 1], starts[i]);
    if (!isResetAt(window, i, first, starts)) continue;
    sum ??= startPlainSum(difference);
    const previous = i - 1 === histogramStart ? first : histograms.at(i - 1);
    const { boundsReconciled } = addToSum(sum, previous);
    if (boundsReconciled) annotate(call.context, reconciledBounds(call.range, "addition"));
  }
  if (overlaps) annotate(call.context, startTimeOverlap(call.range, metricName(window)));
  return sum === undefined ? difference : sumOf(sum);
}

function noteGauges(window: Window, { context, range }: WindowCall, isCounter: boolean): void {
  const { histogramStart, histogramEnd, histograms } = window;
  const isGauge = (i: number) => histograms.hintAt(i) === "gauge";
  if (!isCounter) {
    if (!isGauge(histogramStart) || !isGauge(histogramEnd - 1))
      annotate(context, histogramIsNoGauge(range, metricName(window)));
    return;
  }
  for (let i = histogramStart; i < histogramEnd; i++) {
    if (!isGauge(i)) continue;
    annotate(context, histogramIsNoCounter(range, metricName(window)));
    return;
  }
}

/** Reports that buckets do not fit together. */
export function incompatible(window: Pick<Window, "labels">, { context, range }: WindowCall): undefined {
  annotate(context, mixedBucketSchemas(range, metricName(window)));
  return undefined;
}

/** The combined histogram; its annotations are reported. */
function annotated(
  combination: Combination | undefined,
  operation: HistogramOperation,
  window: Pick<Window, "labels">,
  call: WindowCall,
): Histogram | undefined {
  if (combination === undefined) return incompatible(window, call);
  if (combination.boundsReconciled) annotate(call.context, reconciledBounds(call.range, operation));
  return combination.histogram;
}

export function addAnnotated(
  a: Histogram,
  b: Histogram,
  window: Window,
  call: WindowCall,
): Histogram | undefined {
  return annotated(addHistograms(a, b), "addition", window, call);
}

export function subtractAnnotated(
  a: Histogram,
  b: Histogram,
  window: Pick<Window, "labels">,
  call: WindowCall,
): Histogram | undefined {
  return annotated(subtractHistograms(a, b), "subtraction", window, call);
}
