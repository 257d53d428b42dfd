/** The steps of the expression inside a subquery. */
import { gridBetween, lastTime, referenceTime, type StepGrid } from "./grid.ts";
import type { SubqueryPlan } from "./plan.ts";

/**
 * At multiples of the interval, independent of the query's start: after the start of the first
 * window, up to the end of the last.
 */
export function subqueryGrid(plan: SubqueryPlan, grid: StepGrid): StepGrid {
  const { intervalMs, windowMs } = plan;
  const windowStart = referenceTime(plan, grid.startMs) - windowMs;
  const multiple = intervalMs * Math.trunc(windowStart / intervalMs);
  const startMs = multiple <= windowStart ? multiple + intervalMs : multiple;
  return gridBetween(startMs, referenceTime(plan, lastTime(grid)), intervalMs);
}
