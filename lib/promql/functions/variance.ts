/** `stddev_over_time` and `stdvar_over_time`, by Welford's method. */
import { compensate } from "../../number/kahan.ts";
import type { Window } from "../runtime/window.ts";
import type { WindowFunction } from "../runtime/window-function.ts";
import { hasFloats } from "./picking.ts";

export const stdvarOverTime: WindowFunction = (window, output, call) => {
  if (hasFloats(window, call)) output.setFloat(window.step, variance(window));
};

export const stddevOverTime: WindowFunction = (window, output, call) => {
  if (hasFloats(window, call)) output.setFloat(window.step, Math.sqrt(variance(window)));
};

function variance({ floats: { values }, floatStart, floatEnd }: Window): number {
  let mean = 0;
  let meanLost = 0;
  let squares = 0;
  let squaresLost = 0;
  for (let i = floatStart; i < floatEnd; i++) {
    const value = values[i];
    const deviation = value - (mean + meanLost);
    const step = deviation / (i - floatStart + 1);
    meanLost = compensate(step, mean, meanLost);
    mean += step;
    const square = deviation * (value - (mean + meanLost));
    squaresLost = compensate(square, squares, squaresLost);
    squares += square;
  }
  return (squares + squaresLost) / (floatEnd - floatStart);
}
