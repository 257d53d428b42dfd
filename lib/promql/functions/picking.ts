/** Functions that pick one sample of a window, or its time. */

import { ignoredInRange } from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import type { Window } from "../runtime/window.ts";
import { metricName, type WindowCall, type WindowFunction } from "../runtime/window-function.ts";

export const firstOverTime: WindowFunction = (window, output) => {
  const { floats, floatStart, histograms, histogramStart } = window;
  const floatTime = window.floatCount > 0 ? floats.timestamps[floatStart] : Infinity;
  const histogramTime = window.histogramCount > 0 ? histograms.timestamps[histogramStart] : Infinity;
  if (floatTime < histogramTime) output.setFloat(window.step, floats.values[floatStart]);
  else output.setHistogram(window.step, histograms.at(histogramStart));
};

export const lastOverTime: WindowFunction = (window, output) => {
  const { floats, floatEnd, histograms, histogramEnd } = window;
  const floatTime = window.floatCount > 0 ? floats.timestamps[floatEnd - 1] : -Infinity;
  const histogramTime = window.histogramCount > 0 ? histograms.timestamps[histogramEnd - 1] : -Infinity;
  if (floatTime > histogramTime) output.setFloat(window.step, floats.values[floatEnd - 1]);
  else output.setHistogram(window.step, histograms.at(histogramEnd - 1));
};

export const timeOfFirst: WindowFunction = (window, output) => {
  const { floats, floatStart, histograms, histogramStart } = window;
  const floatTime = window.floatCount > 0 ? floats.timestamps[floatStart] : Infinity;
  const histogramTime = window.histogramCount > 0 ? histograms.timestamps[histogramStart] : Infinity;
  output.setFloat(window.step, Math.min(floatTime, histogramTime) / 1000);
};

export const timeOfLast: WindowFunction = (window, output) => {
  const { floats, floatEnd, histograms, histogramEnd } = window;
  const floatTime = window.floatCount > 0 ? floats.timestamps[floatEnd - 1] : 0;
  const histogramTime = window.histogramCount > 0 ? histograms.timestamps[histogramEnd - 1] : 0;
  output.setFloat(window.step, Math.max(floatTime, histogramTime) / 1000);
};

export const maxOverTime: WindowFunction = (window, output, call) => {
  if (!hasFloats(window, call)) return;
  const { values } = window.floats;
  let max = values[window.floatStart];
  for (let i = window.floatStart + 1; i < window.floatEnd; i++) {
    const value = values[i];
    if (value > max || Number.isNaN(max)) max = value;
  }
  output.setFloat(window.step, max);
};

export const minOverTime: WindowFunction = (window, output, call) => {
  if (!hasFloats(window, call)) return;
  const { values } = window.floats;
  let min = values[window.floatStart];
  for (let i = window.floatStart + 1; i < window.floatEnd; i++) {
    const value = values[i];
    if (value < min || Number.isNaN(min)) min = value;
  }
  output.setFloat(window.step, min);
};

/** Ties go to the latest. */
export const timeOfMax: WindowFunction = (window, output, call) => {
  setTimeOfBest(window, output, call, (value, best) => value >= best);
};

export const timeOfMin: WindowFunction = (window, output, call) => {
  setTimeOfBest(window, output, call, (value, best) => value <= best);
};

function setTimeOfBest(
  window: Window,
  output: Parameters<WindowFunction>[1],
  call: WindowCall,
  isAsGood: (value: number, best: number) => boolean,
): void {
  if (!hasFloats(window, call)) return;
  const { values, timestamps } = window.floats;
  let best = window.floatStart;
  for (let i = best; i < window.floatEnd; i++) {
    if (isAsGood(values[i], values[best]) || Number.isNaN(values[best])) best = i;
  }
  output.setFloat(window.step, timestamps[best] / 1000);
}

/** Whether there are floats. Annotates histograms beside them, which are ignored. */
export function hasFloats(window: Window, { context, range }: WindowCall): boolean {
  if (window.floatCount === 0) return false;
  if (window.histogramCount > 0) annotate(context, ignoredInRange(range, metricName(window)));
  return true;
}
