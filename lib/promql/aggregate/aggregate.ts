/** Evaluates aggregations. */

import type { StepGrid } from "../plan/grid.ts";
import type { AggregatePlan } from "../plan/plan.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { asScalar, asText, asVector, type VectorValue, vectorOf } from "../runtime/value.ts";
import { type AggregateCall, NO_PARAMETERS } from "./aggregate-call.ts";
import { countValues } from "./count-values.ts";
import { groupSeries } from "./groups.ts";
import { notePicks } from "./parameters.ts";
import { pickFromGroups } from "./pick.ts";
import { accumulatorOf, SeriesAggregation } from "./series-aggregation.ts";

export function aggregate(plan: AggregatePlan, grid: StepGrid, context: EvaluationContext): VectorValue {
  const streamed = context.streamed.get(plan);
  if (streamed !== undefined) return vectorOf(streamed.report(context));
  const parameter = plan.parameter && context.evaluate(plan.parameter, grid, context);
  const { series } = asVector(context.evaluate(plan.inner, grid, context));
  if (plan.operator === "count_values") return countValues(plan, asText(parameter!), series, grid, context);
  const parameters = parameter === undefined ? NO_PARAMETERS : asScalar(parameter).values;
  const call: AggregateCall = { plan, grid, context, parameters };
  if (!notePicks(call)) return vectorOf([]);
  const newAccumulator = accumulatorOf(plan);
  if (newAccumulator === undefined) return vectorOf(pickFromGroups(groupSeries(plan, series), call));
  const aggregation = new SeriesAggregation(newAccumulator, call);
  for (const one of series) aggregation.add(one);
  return vectorOf(aggregation.finish());
}
