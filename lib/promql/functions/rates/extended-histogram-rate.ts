/**
 * The difference of native histograms between the boundaries of an `anchored` or `smoothed` range.
 */

import { usesCustomBuckets } from "../../../histogram/bounds.ts";
import { compactHistogram, divideHistogram, withHint } from "../../../histogram/float-histogram.ts";
import { isReset } from "../../../histogram/reset.ts";
import type { Histogram } from "../../../model/histogram.ts";
import {
  histogramIsNoCounter,
  histogramIsNoGauge,
  mixedBucketSchemas,
  reconciledBounds,
} from "../../runtime/annotation-texts.ts";
import { annotate } from "../../runtime/context.ts";
import type { StepColumns } from "../../runtime/step-columns.ts";
import type { Window } from "../../runtime/window.ts";
import { metricName, type WindowCall } from "../../runtime/window-function.ts";
import { addAnnotated, subtractAnnotated } from "./histogram-increase.ts";
import { type At, interpolateHistogram } from "./interpolate.ts";
import { type Boundaries, findBoundaries } from "./range-boundaries.ts";
import type { RateKind } from "./rate-kind.ts";

export function extendedHistogramRate(
  window: Window,
  output: StepColumns,
  call: WindowCall,
  { isCounter, perSecond }: RateKind,
): void {
  const { histogramStart, histogramEnd } = window;
  const isSmoothed = call.extended === "smoothed";
  const { timestamps } = window.histograms;
  const found = findBoundaries(timestamps, histogramStart, histogramEnd, window, isSmoothed);
  if (found === undefined || !isComparable(window, found, call, isCounter)) return;
  const left = boundaryValue(window, found.first, found.first + 1, "start", call, isCounter);
  const right = boundaryValue(window, found.last - 1, found.last, "end", call, isCounter);
  if (left === undefined || right === undefined) return;
  const isGauge = left.counterResetHint === "gauge" && right.counterResetHint === "gauge";
  if (!isCounter && !isGauge) annotate(call.context, histogramIsNoGauge(call.range, metricName(window)));
  let result = subtractAnnotated(right, left, window, call);
  if (isCounter && result !== undefined) result = addResets(result, left, right, window, found, call);
  if (result === undefined) return;
  const scaled = perSecond ? divideHistogram(result, call.windowMs / 1000) : result;
  output.setHistogram(window.step, withHint(compactHistogram(scaled), "gauge"));
}

function isComparable(
  window: Window,
  { first, last }: Boundaries,
  call: WindowCall,
  isCounter: boolean,
): boolean {
  const samples = window.histograms.histograms.slice(first, last + 1);
  for (const histogram of samples) {
    if (usesCustomBuckets(histogram) !== usesCustomBuckets(samples[0])) {
      annotate(call.context, mixedBucketSchemas(call.range, metricName(window)));
      return false;
    }
    if (isCounter && histogram.counterResetHint === "gauge") {
      annotate(call.context, histogramIsNoCounter(call.range, metricName(window)));
    }
  }
  return true;
}

/**
 * The histogram at the start or the end of the range: interpolated if the range is smoothed and has
 * samples on both sides.
 */
function boundaryValue(
  window: Window,
  before: number,
  after: number,
  side: "start" | "end",
  call: WindowCall,
  isCounter: boolean,
): Histogram | undefined {
  const { timestamps, histograms } = window.histograms;
  const own = side === "start" ? before : after;
  const timeMs = side === "start" ? window.rangeStartMs : window.rangeEndMs;
  const isBeyond = side === "start" ? timestamps[own] < timeMs : timestamps[own] > timeMs;
  const hasNeighbour = side === "start" || own > window.histogramStart;
  if (call.extended !== "smoothed" || !isBeyond || !hasNeighbour) return histograms[own];
  const at = (index: number): At<Histogram> => ({ timeMs: timestamps[index], value: histograms[index] });
  const between = interpolateHistogram(at(before), at(after), timeMs, isCounter);
  if (between === undefined) {
    annotate(call.context, mixedBucketSchemas(call.range, metricName(window)));
    return undefined;
  }
  for (const operation of between.reconciled) annotate(call.context, reconciledBounds(call.range, operation));
  return between.histogram;
}

/** Adds what the counter had reached before each reset between the boundaries. */
function addResets(
  difference: Histogram,
  left: Histogram,
  right: Histogram,
  window: Window,
  { first, last }: Boundaries,
  call: WindowCall,
): Histogram | undefined {
  const { histograms } = window.histograms;
  const spanned = call.extended === "smoothed" && isResetInInterpolation(window, first);
  let previous = spanned ? histograms[first + 1] : left;
  const from = spanned ? first + 2 : first + 1;
  // Both boundaries may be made of the same two samples: their reset is accounted for.
  if (from > last) return difference;
  let lost: Histogram | undefined;
  const lose = (histogram: Histogram): boolean => {
    lost = lost === undefined ? histogram : addAnnotated(lost, histogram, window, call);
    return lost !== undefined;
  };
  for (let i = from; i < last; i++) {
    if (isReset(histograms[i], previous) && !lose(previous)) return undefined;
    previous = histograms[i];
  }
  if (isReset(right, previous) && !lose(previous)) return undefined;
  return lost === undefined ? difference : addAnnotated(difference, lost, window, call);
}

function isResetInInterpolation(window: Window, first: number): boolean {
  const { timestamps, histograms } = window.histograms;
  return timestamps[first] < window.rangeStartMs && isReset(histograms[first + 1], histograms[first]);
}
