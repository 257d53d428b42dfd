/**
 * `rate` and `increase` of series with delta temporality: the sum of the samples in the window, without
 * extrapolation. Windows side by side then count each sample once.
 */
import { divideHistogram, withHint } from "../../../histogram/float-histogram.ts";
import { lowerBound } from "../../../model/lower-bound.ts";
import type { StepColumns } from "../../runtime/step-columns.ts";
import { FLOAT, HISTOGRAM } from "../../runtime/value.ts";
import { Window } from "../../runtime/window.ts";
import type { WindowCall } from "../../runtime/window-function.ts";
import { sumOverTime } from "../totals.ts";
import type { RateKind } from "./rate-kind.ts";

export function deltaRate(
  window: Window,
  output: StepColumns,
  call: WindowCall,
  { perSecond }: RateKind,
): void {
  const within = call.extended === undefined ? window : withoutSurroundings(window);
  if (within.floatCount + within.histogramCount === 0) return;
  sumOverTime(within, output, call);
  divideSum(window.step, output, call, { perSecond });
}

/** Makes a rate of the sum in a cell. */
export function divideSum(
  step: number,
  output: StepColumns,
  call: WindowCall,
  { perSecond }: Pick<RateKind, "perSecond">,
): void {
  const seconds = perSecond ? call.windowMs / 1000 : 1;
  if (output.kinds[step] === FLOAT) output.setFloat(step, output.values[step] / seconds);
  else if (output.kinds[step] === HISTOGRAM)
    output.setHistogram(step, withHint(divideHistogram(output.histograms![step]!, seconds), "gauge"));
}

/** `anchored` and `smoothed` windows hold samples around the range too. */
function withoutSurroundings(window: Window): Window {
  const { floats, histograms, rangeStartMs, rangeEndMs } = window;
  const within = new Window(window);
  within.step = window.step;
  within.floatStart = lowerBound(floats.timestamps, rangeStartMs + 1);
  within.floatEnd = lowerBound(floats.timestamps, rangeEndMs + 1);
  within.histogramStart = lowerBound(histograms.timestamps, rangeStartMs + 1);
  within.histogramEnd = lowerBound(histograms.timestamps, rangeEndMs + 1);
  return within;
}
