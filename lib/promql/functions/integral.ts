/** `integral`: the area under a series, in its unit times seconds. */
import { compensate } from "../../number/kahan.ts";
import { invalidStrategy } from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import type { WindowCall, WindowFunction } from "../runtime/window-function.ts";
import { hasFloats } from "./picking.ts";

/** The value between two samples: the earlier one, the later one, or the mean of both. */
const STRATEGIES = { left: 0, right: 1, mean: 2 } as const;

export const integral: WindowFunction = (window, output, call) => {
  if (!hasFloats(window, call)) return;
  const strategy = strategyOf(call, window.step);
  const { timestamps, values } = window.floats;
  let [sum, lost] = [0, 0];
  for (let i = window.floatStart + 1; i < window.floatEnd; i++) {
    const height = heightBetween(numberOr0(values[i - 1]), numberOr0(values[i]), strategy);
    if (height.value === 0 && height.lost === 0) continue;
    const seconds = (timestamps[i] - timestamps[i - 1]) / 1000;
    const area = height.value * seconds;
    lost = compensate(area, sum, lost + height.lost * seconds);
    sum += area;
  }
  output.setFloat(window.step, Number.isFinite(sum) ? sum + lost : sum);
};

function strategyOf({ scalars, argRanges, context }: WindowCall, step: number): number {
  if (scalars.length === 0) return STRATEGIES.mean;
  const asked = scalars[0][step];
  if (Object.values<number>(STRATEGIES).includes(asked)) return asked;
  annotate(context, invalidStrategy(argRanges[1], asked));
  return STRATEGIES.mean;
}

/** NaN counts as 0. */
function numberOr0(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}

interface Height {
  readonly value: number;
  /** The rounding error of the value. */
  readonly lost: number;
}

function heightBetween(earlier: number, later: number, strategy: number): Height {
  if (strategy === STRATEGIES.left) return { value: earlier, lost: 0 };
  if (strategy === STRATEGIES.right) return { value: later, lost: 0 };
  const sum = earlier + later;
  const overflows = !Number.isFinite(sum) && Number.isFinite(earlier) && Number.isFinite(later);
  return overflows
    ? { value: earlier / 2 + later / 2, lost: compensate(later / 2, earlier / 2, 0) }
    : { value: sum / 2, lost: compensate(later, earlier, 0) / 2 };
}
