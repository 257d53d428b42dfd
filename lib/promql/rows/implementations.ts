/** The functions that rows can tell. `syntax/functions.ts` names them too, for the planner. */
import type { FunctionName } from "../syntax/functions.ts";
import { delta, increase, rate } from "./float-rates.ts";
import {
  avgOverTime,
  changes,
  countOverTime,
  firstOverTime,
  lastOverTime,
  maxOverTime,
  minOverTime,
  presentOverTime,
  resets,
  sumOverTime,
  timeOfFirst,
  timeOfLast,
} from "./over-time.ts";
import type { RowFunction } from "./row-function.ts";

export const ROW_FUNCTIONS: { readonly [name in FunctionName]?: RowFunction } = {
  absent_over_time: presentOverTime,
  avg_over_time: avgOverTime,
  changes,
  count_over_time: countOverTime,
  delta,
  first_over_time: firstOverTime,
  increase,
  last_over_time: lastOverTime,
  max_over_time: maxOverTime,
  min_over_time: minOverTime,
  present_over_time: presentOverTime,
  rate,
  resets,
  sum_over_time: sumOverTime,
  ts_of_first_over_time: timeOfFirst,
  ts_of_last_over_time: timeOfLast,
};
