/** The unary minus. */
import { multiplyHistogram } from "../../histogram/float-histogram.ts";
import type { StepGrid } from "../plan/grid.ts";
import type { NegatePlan } from "../plan/plan.ts";
import { mergeSameLabels } from "../runtime/collect-series.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { histogramSteps } from "../runtime/histogram-steps.ts";
import { withoutName } from "../runtime/result-labels.ts";
import { asScalar, type StepSeries, type Value, vectorOf } from "../runtime/value.ts";

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
    histograms: histograms?.map((histogram) => {
      if (histogram === undefined) return undefined;
      context.deadline.spend(histogramSteps(histogram));
      return multiplyHistogram(histogram, -1);
    }),
  };
}
