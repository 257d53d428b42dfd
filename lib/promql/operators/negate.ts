/** The unary minus. */
import { multiplyHistogram } from "../../model/float-histogram.ts";
import { mergeSameLabels } from "../engine/collect-series.ts";
import type { EvaluationContext } from "../engine/context.ts";
import type { StepGrid } from "../engine/grid.ts";
import type { NegatePlan } from "../engine/plan.ts";
import { withoutName } from "../engine/result-labels.ts";
import { asScalar, type StepSeries, type Value, vectorOf } from "../engine/value.ts";

export function negate(plan: NegatePlan, grid: StepGrid, context: EvaluationContext): Value {
  const inner = context.evaluate(plan.inner, grid, context);
  if (inner.type !== "vector")
    return { type: "scalar", values: asScalar(inner).values.map((value) => -value) };
  const negated = inner.series.map((series) => negateSeries(series, context));
  return vectorOf(context.options.delayedNameRemoval ? negated : mergeSameLabels(negated));
}

function negateSeries(series: StepSeries, context: EvaluationContext): StepSeries {
  const { kinds, values, histograms } = series;
  context.budget.take(kinds.length);
  return {
    ...withoutName(series, context),
    kinds,
    values: values.map((value) => -value),
    histograms: histograms?.map((histogram) => histogram && multiplyHistogram(histogram, -1)),
  };
}
