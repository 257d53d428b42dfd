/** The functions over range vectors, by name. */
import type { WindowFunction } from "../runtime/window-function.ts";
import { changes, countOverTime, presentOverTime, resets } from "./counting.ts";
import { integral } from "./integral.ts";
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
import { avgOverTime, sumOverTime } from "./totals.ts";
import { deriv, doubleExponentialSmoothing, predictLinear } from "./trends.ts";
import { stddevOverTime, stdvarOverTime } from "./variance.ts";

export const WINDOW_FUNCTIONS: ReadonlyMap<string, WindowFunction> = new Map(
  Object.entries({
    // What is present is absent elsewhere: `absent_over_time` looks at the steps that are left.
    absent_over_time: presentOverTime,
    avg_over_time: avgOverTime,
    changes,
    count_over_time: countOverTime,
    delta,
    deriv,
    double_exponential_smoothing: doubleExponentialSmoothing,
    first_over_time: firstOverTime,
    idelta,
    increase,
    integral,
    irate,
    last_over_time: lastOverTime,
    mad_over_time: madOverTime,
    max_over_time: maxOverTime,
    min_over_time: minOverTime,
    predict_linear: predictLinear,
    present_over_time: presentOverTime,
    quantile_over_time: quantileOverTime,
    rate,
    resets,
    stddev_over_time: stddevOverTime,
    stdvar_over_time: stdvarOverTime,
    sum_over_time: sumOverTime,
    ts_of_first_over_time: timeOfFirst,
    ts_of_last_over_time: timeOfLast,
    ts_of_max_over_time: timeOfMax,
    ts_of_min_over_time: timeOfMin,
  }),
);
