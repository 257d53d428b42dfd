/**
 * `rate`, `increase` and `delta`: the difference over a window, extrapolated to its boundaries.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/#rate
 */

import { compactGauge, multiplyHistogram } from "../../../histogram/float-histogram.ts";
import type { Histogram } from "../../../model/histogram.ts";
import { mixedFloatsAndHistograms, startTimeOverlap } from "../../runtime/annotation-texts.ts";
import { annotate } from "../../runtime/context.ts";
import type { StepColumns } from "../../runtime/step-columns.ts";
import type { Window } from "../../runtime/window.ts";
import { metricName, type WindowCall, type WindowFunction } from "../../runtime/window-function.ts";
import { isStartOverlap, isStartReset } from "../start-timestamps.ts";
import { deltaRate } from "./delta-series.ts";
import { extendedRate } from "./extended-rate.ts";
import { addAnnotated, histogramIncrease } from "./histogram-increase.ts";
import type { RateKind } from "./rate-kind.ts";

export const rate = rateFunction({ isCounter: true, perSecond: true });
export const increase = rateFunction({ isCounter: true, perSecond: false });
export const delta = rateFunction({ isCounter: false, perSecond: false });

function rateFunction(kind: RateKind): WindowFunction {
  return (window, output, call) => {
    if (kind.isCounter && window.isDelta) deltaRate(window, output, call, kind);
    else if (window.floatCount > 0 && window.histogramCount > 0) {
      annotate(call.context, mixedFloatsAndHistograms(call.range, metricName(window)));
    } else if (call.extended !== undefined) extendedRate(window, output, call, kind);
    else if (window.floatCount > 0) floatRate(window, output, call, kind);
    else histogramRate(window, output, call, kind);
  };
}

/** The difference of a window's samples, before extrapolation. */
interface Sampled {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Seconds since a counter was zero, by its slope; Infinity without a slope. */
  readonly secondsSinceZero: number;
  /** The start timestamp of the first sample, if known and within the window. */
  readonly startMs: number | undefined;
}

function floatRate(window: Window, output: StepColumns, call: WindowCall, kind: RateKind): void {
  const starts =
    kind.isCounter && call.context.options.useStartTimestamps ? window.floats.startTimestamps : undefined;
  if (starts === undefined) plainRate(window, output, call, kind);
  else rateWithStarts(window, starts, output, call, kind);
}

/** The usual case, at every step of every series: no object is made. */
function plainRate(window: Window, output: StepColumns, { windowMs }: WindowCall, kind: RateKind): void {
  const { floats, floatStart, floatEnd, rangeStartMs, rangeEndMs } = window;
  const last = floatEnd - 1;
  if (last <= floatStart) return;
  const { timestamps, values } = floats;
  const first = values[floatStart];
  const difference = values[last] - first;
  const result = kind.isCounter ? withResets(difference, window) : difference;
  const firstMs = timestamps[floatStart];
  const lastMs = timestamps[last];
  const sampledSeconds = (lastMs - firstMs) / 1000;
  const averageDistance = sampledSeconds / (last - floatStart);
  let toStart = toBoundary((firstMs - rangeStartMs) / 1000, averageDistance);
  if (kind.isCounter && result > 0 && first >= 0)
    toStart = atMost(sampledSeconds * (first / result), toStart);
  const toEnd = toBoundary((rangeEndMs - lastMs) / 1000, averageDistance);
  output.setFloat(window.step, result * factorOf(sampledSeconds, toStart, toEnd, windowMs, kind));
}

function rateWithStarts(
  window: Window,
  starts: Float64Array,
  output: StepColumns,
  call: WindowCall,
  kind: RateKind,
): void {
  const { floats, floatStart, floatEnd } = window;
  const { timestamps, values } = floats;
  const last = floatEnd - 1;
  const first = values[floatStart];
  let result = withStartResets(values[last] - first, window, starts, call);
  const firstMs = timestamps[floatStart];
  const startMs = startInWindow(starts[floatStart], firstMs, window);
  if (startMs !== undefined) result += first;
  const sampled: Sampled = {
    count: floatEnd - floatStart,
    firstMs,
    lastMs: timestamps[last],
    secondsSinceZero:
      result > 0 && first >= 0 ? ((timestamps[last] - firstMs) / 1000) * (first / result) : Infinity,
    startMs,
  };
  const factor = extrapolation(sampled, window, call, kind);
  if (factor !== undefined) output.setFloat(window.step, result * factor);
}

/**
 * Adds what the counter had reached before each reset, one by one: huge values may overflow on the
 * way.
 */
function withResets(difference: number, { floats: { values }, floatStart, floatEnd }: Window): number {
  let result = difference;
  let previous = values[floatStart];
  for (let i = floatStart + 1; i < floatEnd; i++) {
    const value = values[i];
    if (value < previous) result += previous;
    previous = value;
  }
  return result;
}

function withStartResets(difference: number, window: Window, starts: Float64Array, call: WindowCall): number {
  const { timestamps, values } = window.floats;
  let result = difference;
  let overlaps = false;
  for (let i = window.floatStart + 1; i < window.floatEnd; i++) {
    overlaps ||= isStartOverlap(starts[i - 1], timestamps[i - 1], starts[i]);
    const isReset =
      values[i] < values[i - 1] || isStartReset(starts[i - 1], timestamps[i - 1], starts[i], timestamps[i]);
    if (isReset) result += values[i - 1];
  }
  if (overlaps) annotate(call.context, startTimeOverlap(call.range, metricName(window)));
  return result;
}

function startInWindow(
  startMs: number | undefined,
  firstMs: number,
  { rangeStartMs }: Window,
): number | undefined {
  if (startMs === undefined || startMs === 0) return undefined;
  return startMs > rangeStartMs && startMs < firstMs ? startMs : undefined;
}

function histogramRate(window: Window, output: StepColumns, call: WindowCall, kind: RateKind): void {
  const { histograms: samples, histogramStart, histogramEnd } = window;
  const { timestamps } = samples;
  const starts =
    kind.isCounter && call.context.options.useStartTimestamps ? samples.startTimestamps : undefined;
  const first = samples.at(histogramStart);
  const startMs = startInWindow(starts?.[histogramStart], timestamps[histogramStart], window);
  if (histogramEnd - histogramStart < 2 && startMs === undefined) return;
  let result: Histogram | undefined;
  if (histogramEnd - histogramStart > 1) {
    result = histogramIncrease(window, starts, call, kind.isCounter);
    if (result === undefined) return;
  }
  if (startMs !== undefined) {
    result = result === undefined ? first : addAnnotated(compactGauge(result, 1), first, window, call);
    if (result === undefined) return;
  }
  const [firstMs, lastMs] = [timestamps[histogramStart], timestamps[histogramEnd - 1]];
  const isRising = kind.isCounter && result!.count > 0 && first.count >= 0;
  const sampled: Sampled = {
    count: histogramEnd - histogramStart,
    firstMs,
    lastMs,
    secondsSinceZero: isRising ? ((lastMs - firstMs) / 1000) * (first.count / result!.count) : Infinity,
    startMs,
  };
  const factor = extrapolation(sampled, window, call, kind);
  if (factor === undefined) return;
  const scaled = startMs === undefined ? compactGauge(result!, factor) : multiplyHistogram(result!, factor);
  output.setHistogram(window.step, scaled);
}

/**
 * The factor of a difference. If the first or last sample is about as close to the boundary as
 * samples are to each other, the series counts up to the boundary. Otherwise it is assumed to begin
 * or end half a sample interval away. Counters are assumed not to be below zero.
 */
export function extrapolation(
  sampled: Sampled,
  window: Pick<Window, "rangeStartMs" | "rangeEndMs">,
  call: Pick<WindowCall, "windowMs">,
  kind: RateKind,
): number | undefined {
  const { count, firstMs, lastMs, startMs, secondsSinceZero } = sampled;
  if (startMs === undefined && count < 2) return undefined;
  const distanceSeconds = (lastMs - firstMs) / 1000;
  const averageDistance = count > 1 ? distanceSeconds / (count - 1) : 0;
  const toEnd = toBoundary((window.rangeEndMs - lastMs) / 1000, averageDistance);
  if (startMs !== undefined) return factorOf((lastMs - startMs) / 1000, 0, toEnd, call.windowMs, kind);
  const toStart = toBoundary((firstMs - window.rangeStartMs) / 1000, averageDistance);
  return factorOf(distanceSeconds, atMost(secondsSinceZero, toStart), toEnd, call.windowMs, kind);
}

/** How far a series goes on towards a boundary of the window that is so many seconds away. */
function toBoundary(seconds: number, averageDistance: number): number {
  return seconds >= averageDistance * 1.1 ? averageDistance / 2 : seconds;
}

/** Unlike `Math.min`: a bound that is NaN changes nothing. */
function atMost(bound: number, seconds: number): number {
  return bound < seconds ? bound : seconds;
}

function factorOf(
  sampledSeconds: number,
  toStart: number,
  toEnd: number,
  windowMs: number,
  { perSecond }: RateKind,
): number {
  const factor = sampledSeconds === 0 ? 1 : (sampledSeconds + toStart + toEnd) / sampledSeconds;
  return perSecond ? factor / (windowMs / 1000) : factor;
}
