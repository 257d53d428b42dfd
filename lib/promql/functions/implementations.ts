/** The implementation of every function; `syntax/functions.ts` has all else about it. */
import type { StepSeries, VectorValue } from "../runtime/value.ts";
import type { WindowFunction } from "../runtime/window-function.ts";
import type { FunctionName } from "../syntax/functions.ts";
import { ABSENCE_FUNCTIONS, whereAbsent } from "./absence.ts";
import { changes, countOverTime, presentOverTime, resets } from "./counting.ts";
import type { FunctionCall, VectorFunction } from "./function-call.ts";
import { HISTOGRAM_FUNCTIONS } from "./histograms.ts";
import { integral } from "./integral.ts";
import { LABEL_FUNCTIONS } from "./labels.ts";
import { MATH_FUNCTIONS } from "./math.ts";
import {
  firstOverTime,
  lastOverTime,
  maxOverTime,
  minOverTime,
  timeOfFirst,
  timeOfLast,
  timeOfMax,
  timeOfMin,
} from "./picking.ts";
import { madOverTime, quantileOverTime } from "./quantile.ts";
import { delta, increase, rate } from "./rates/extrapolated-rate.ts";
import { idelta, irate } from "./rates/instant-rate.ts";
import { SORT_FUNCTIONS } from "./sorting.ts";
import { TIME_FUNCTIONS } from "./time.ts";
import { avgOverTime, sumOverTime } from "./totals.ts";
import { deriv, doubleExponentialSmoothing, predictLinear } from "./trends.ts";
import { stddevOverTime, stdvarOverTime } from "./variance.ts";

export type Implementation =
  | { readonly kind: "vector"; readonly apply: VectorFunction }
  | {
      readonly kind: "window";
      readonly apply: WindowFunction;
      /** Makes the result from those of all series; default: they are the result. */
      readonly combine?: (call: FunctionCall, series: readonly StepSeries[]) => VectorValue;
    }
  /** The planner replaces calls by plans of other kinds. */
  | { readonly kind: "planned" };

function vectors<Name extends FunctionName>(
  functions: Readonly<Record<Name, VectorFunction>>,
): Readonly<Record<Name, Implementation>> {
  const rows = Object.entries<VectorFunction>(functions).map(([name, apply]) => [
    name,
    { kind: "vector", apply },
  ]);
  return Object.fromEntries(rows) as Record<Name, Implementation>;
}

function window(apply: WindowFunction): Implementation {
  return { kind: "window", apply };
}

const PLANNED: Implementation = { kind: "planned" };

/** The compiler refuses a function without a row. */
export const IMPLEMENTATIONS: Readonly<Record<FunctionName, Implementation>> = {
  ...vectors(ABSENCE_FUNCTIONS),
  ...vectors(HISTOGRAM_FUNCTIONS),
  ...vectors(LABEL_FUNCTIONS),
  ...vectors(MATH_FUNCTIONS),
  ...vectors(SORT_FUNCTIONS),
  ...vectors(TIME_FUNCTIONS),

  absent_over_time: { kind: "window", apply: presentOverTime, combine: whereAbsent },
  avg_over_time: window(avgOverTime),
  changes: window(changes),
  count_over_time: window(countOverTime),
  delta: window(delta),
  deriv: window(deriv),
  double_exponential_smoothing: window(doubleExponentialSmoothing),
  first_over_time: window(firstOverTime),
  idelta: window(idelta),
  increase: window(increase),
  integral: window(integral),
  irate: window(irate),
  last_over_time: window(lastOverTime),
  mad_over_time: window(madOverTime),
  max_over_time: window(maxOverTime),
  min_over_time: window(minOverTime),
  predict_linear: window(predictLinear),
  present_over_time: window(presentOverTime),
  quantile_over_time: window(quantileOverTime),
  rate: window(rate),
  resets: window(resets),
  stddev_over_time: window(stddevOverTime),
  stdvar_over_time: window(stdvarOverTime),
  sum_over_time: window(sumOverTime),
  ts_of_first_over_time: window(timeOfFirst),
  ts_of_last_over_time: window(timeOfLast),
  ts_of_max_over_time: window(timeOfMax),
  ts_of_min_over_time: window(timeOfMin),

  info: PLANNED,
  start: PLANNED,
  end: PLANNED,
  step: PLANNED,
  range: PLANNED,
};
