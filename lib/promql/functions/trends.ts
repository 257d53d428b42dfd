/** `deriv`, `predict_linear` and `double_exponential_smoothing`: the trend of a series. */
import { compensate } from "../../number/kahan.ts";
import { executionError } from "../runtime/context.ts";
import type { Window } from "../runtime/window.ts";
import type { WindowCall, WindowFunction } from "../runtime/window-function.ts";
import { hasFloats } from "./picking.ts";

export const deriv: WindowFunction = (window, output, call) => {
  if (!hasTwoFloats(window, call)) return;
  // Relative to a time nearby: seconds since 1970 would leave few digits for the slope.
  const { slope } = linearRegression(window, window.floats.timestamps[window.floatStart]);
  output.setFloat(window.step, slope);
};

export const predictLinear: WindowFunction = (window, output, call) => {
  if (!hasTwoFloats(window, call)) return;
  const { slope, intercept } = linearRegression(window, window.timeMs);
  output.setFloat(window.step, slope * call.scalars[0][window.step] + intercept);
};

function hasTwoFloats(window: Window, call: WindowCall): boolean {
  return hasFloats(window, call) && window.floatCount > 1;
}

interface Line {
  /** Per second. */
  readonly slope: number;
  /** At the requested time. */
  readonly intercept: number;
}

/** By least squares. */
function linearRegression({ floats, floatStart, floatEnd }: Window, interceptMs: number): Line {
  const { timestamps, values } = floats;
  let [sumX, sumY, sumXY, sumX2] = [0, 0, 0, 0];
  let [lostX, lostY, lostXY, lostX2] = [0, 0, 0, 0];
  let isConstant = true;
  for (let i = floatStart; i < floatEnd; i++) {
    const y = values[i];
    if (y !== values[floatStart] && i > floatStart) isConstant = false;
    const x = (timestamps[i] - interceptMs) / 1000;
    lostX = compensate(x, sumX, lostX);
    sumX += x;
    lostY = compensate(y, sumY, lostY);
    sumY += y;
    lostXY = compensate(x * y, sumXY, lostXY);
    sumXY += x * y;
    lostX2 = compensate(x * x, sumX2, lostX2);
    sumX2 += x * x;
  }
  if (isConstant) return constantLine(values[floatStart]);
  const count = floatEnd - floatStart;
  const [x, y, xy, x2] = [sumX + lostX, sumY + lostY, sumXY + lostXY, sumX2 + lostX2];
  const slope = (xy - (x * y) / count) / (x2 - (x * x) / count);
  return { slope, intercept: y / count - (slope * x) / count };
}

function constantLine(value: number): Line {
  const isInfinite = value === Infinity || value === -Infinity;
  return isInfinite ? { slope: Number.NaN, intercept: Number.NaN } : { slope: 0, intercept: value };
}

/** Holt's linear method. https://en.wikipedia.org/wiki/Exponential_smoothing#Double_exponential_smoothing_(Holt_linear) */
export const doubleExponentialSmoothing: WindowFunction = (window, output, call) => {
  const [smoothing, trending] = call.scalars.map((values) => values[window.step]);
  checkFactor("smoothing factor. Expected: 0 < sf < 1", smoothing);
  checkFactor("trend factor. Expected: 0 < tf < 1", trending);
  if (!hasTwoFloats(window, call)) return;
  const { floats, floatStart, floatEnd } = window;
  const { values } = floats;
  let before = 0;
  let smoothed = values[floatStart];
  let trend = values[floatStart + 1] - values[floatStart];
  for (let i = floatStart + 1; i < floatEnd; i++) {
    if (i > floatStart + 1) trend = trending * (smoothed - before) + (1 - trending) * trend;
    before = smoothed;
    smoothed = smoothing * values[i] + (1 - smoothing) * (smoothed + trend);
  }
  output.setFloat(window.step, smoothed);
};

function checkFactor(expected: string, factor: number): void {
  if (factor <= 0 || factor >= 1) throw executionError(`invalid ${expected}, got: ${factor.toFixed(6)}`);
}
