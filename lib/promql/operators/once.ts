/** Evaluates what is the same at every step at the first one. */

import { instantGrid, type StepGrid } from "../plan/grid.ts";
import type { OncePlan } from "../plan/plan.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { SampleCount } from "../runtime/sample-count.ts";
import { type StepSeries, type Value, vectorOf } from "../runtime/value.ts";

export function evaluateOnce(plan: OncePlan, grid: StepGrid, context: EvaluationContext): Value {
  const samples = new SampleCount(1);
  const value = context.evaluate(plan.inner, instantGrid(grid.startMs), { ...context, samples });
  const [looked, read] = [samples.total, samples.totalRead];
  for (let step = 0; step < grid.steps; step++) {
    context.deadline.atCell(step);
    context.samples.add(step, looked, step === 0 ? read : 0);
  }
  if (value.type === "string") return value;
  if (value.type === "scalar") {
    context.budget.take(grid.steps);
    return { type: "scalar", values: new Float64Array(grid.steps).fill(value.values[0]) };
  }
  return vectorOf(value.series.map((series) => spread(series, grid, context)));
}

function spread(series: StepSeries, { steps }: StepGrid, context: EvaluationContext): StepSeries {
  context.budget.take(steps);
  const { kinds, values, histograms } = series;
  return {
    ...series,
    kinds: new Uint8Array(steps).fill(kinds[0]),
    values: new Float64Array(steps).fill(values[0]),
    histograms: histograms && new Array(steps).fill(histograms[0]),
  };
}
