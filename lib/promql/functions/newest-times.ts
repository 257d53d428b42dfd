/** `timestamp()` and `start_timestamp()` of an instant selector. */

import { referenceTime, type StepGrid, stepTime } from "../plan/grid.ts";
import type { SelectPlan } from "../plan/plan.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { InstantCursor } from "../runtime/instant-cursor.ts";
import type { SelectedSeries } from "../runtime/selected-series.ts";
import { StepColumns } from "../runtime/step-columns.ts";
import { ABSENT, FLOAT, type StepSeries } from "../runtime/value.ts";

/** The times of the newest samples, in seconds. */
export function newestTimestamps(plan: SelectPlan, grid: StepGrid, context: EvaluationContext): StepSeries[] {
  return newestTimes(plan, grid, context, (_, cursor) => cursor.timestampMs);
}

/** The start timestamps of the newest samples, in seconds. */
export function newestStartTimestamps(
  plan: SelectPlan,
  grid: StepGrid,
  context: EvaluationContext,
): StepSeries[] {
  return newestTimes(plan, grid, context, ({ floats, histograms }, { index }, isFloat) => {
    const column = isFloat ? floats.startTimestamps : histograms.startTimestamps;
    return column === undefined ? 0 : column[index];
  });
}

export function newestTimes(
  plan: SelectPlan,
  grid: StepGrid,
  context: EvaluationContext,
  timeOf: (series: SelectedSeries, cursor: InstantCursor, isFloat: boolean) => number,
): StepSeries[] {
  return context.data.get(plan)!.map((series) => {
    context.budget.take(grid.steps);
    const cursor = new InstantCursor(series, context.options.lookbackDeltaMs);
    const columns = new StepColumns(grid.steps);
    for (let step = 0; step < grid.steps; step++) {
      const kind = cursor.seek(referenceTime(plan, stepTime(grid, step)));
      if (kind === ABSENT) continue;
      columns.setFloat(step, timeOf(series, cursor, kind === FLOAT) / 1000);
      context.budget.countRead(1);
      context.samples.add(step, 1);
    }
    return columns.series(series.labels, series.dropsName);
  });
}
