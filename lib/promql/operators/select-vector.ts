/** Instant vector selectors: the newest sample of each series at each step. */

import { referenceTime, type StepGrid, stepTime } from "../plan/grid.ts";
import type { SelectPlan } from "../plan/plan.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { InstantCursor } from "../runtime/instant-cursor.ts";
import type { SelectedSeries } from "../runtime/selected-series.ts";
import { StepColumns } from "../runtime/step-columns.ts";
import { ABSENT, FLOAT, isPopulated, type StepSeries, type VectorValue, vectorOf } from "../runtime/value.ts";
import { selectSmoothed } from "./select-smoothed.ts";

export function selectVector(plan: SelectPlan, grid: StepGrid, context: EvaluationContext): VectorValue {
  if (plan.extended === "smoothed") return selectSmoothed(plan, grid, context);
  const streamed = context.streamed.get(plan);
  if (streamed !== undefined) return vectorOf(streamed.report(context));
  const series = context.data.get(plan)!.map((one) => newestSamples(one, plan, grid, context));
  return vectorOf(series.filter(isPopulated));
}

/** The newest samples of one series; empty where there is none. */
export function newestSamples(
  series: SelectedSeries,
  plan: SelectPlan,
  grid: StepGrid,
  context: EvaluationContext,
): StepSeries {
  context.deadline.check();
  context.budget.take(grid.steps);
  const { values } = series.floats;
  const { histograms } = series;
  const cursor = new InstantCursor(series, context.options.lookbackDeltaMs);
  const columns = new StepColumns(grid.steps);
  for (let step = 0; step < grid.steps; step++) {
    const kind = cursor.seek(referenceTime(plan, stepTime(grid, step)));
    if (kind === ABSENT) continue;
    if (kind === FLOAT) {
      columns.setFloat(step, values[cursor.index]);
      context.budget.countRead(1);
      context.samples.add(step, 1);
    } else {
      columns.setHistogram(step, histograms.at(cursor.index));
      const samples = histograms.sampleCountAt(cursor.index);
      context.budget.countRead(samples);
      context.samples.add(step, samples);
    }
  }
  return columns.series(series.labels, series.dropsName);
}
