/** Aggregations: by operator. */
import type { EvaluationContext } from "../engine/context.ts";
import type { StepGrid } from "../engine/grid.ts";
import type { AggregatePlan } from "../engine/plan.ts";
import { StepColumns } from "../engine/step-columns.ts";
import { asScalar, asText, asVector, isPopulated, type VectorValue, vectorOf } from "../engine/value.ts";
import { averageGroup } from "./aggregate-average.ts";
import { countValues } from "./aggregate-count-values.ts";
import { type Group, groupSeries } from "./aggregate-groups.ts";
import { notePicks } from "./aggregate-parameters.ts";
import { pickFromGroups } from "./aggregate-pick.ts";
import { quantileGroup } from "./aggregate-quantile.ts";
import { countGroup, extremeGroup, groupGroup, varianceGroup } from "./aggregate-simple.ts";
import { sumGroup } from "./aggregate-sum.ts";

/** Fills the columns of one group. */
export type AggregateGroup = (group: Group, output: StepColumns, call: AggregateCall) => void;

export interface AggregateCall {
  readonly plan: AggregatePlan;
  readonly grid: StepGrid;
  readonly context: EvaluationContext;
  /** At every step; empty without one. */
  readonly parameters: Float64Array;
}

const NO_PARAMETERS = new Float64Array(0);

export function aggregate(plan: AggregatePlan, grid: StepGrid, context: EvaluationContext): VectorValue {
  const parameter = plan.parameter && context.evaluate(plan.parameter, grid, context);
  const { series } = asVector(context.evaluate(plan.inner, grid, context));
  if (plan.operator === "count_values") return countValues(plan, asText(parameter!), series, grid, context);
  const parameters = parameter === undefined ? NO_PARAMETERS : asScalar(parameter).values;
  const call: AggregateCall = { plan, grid, context, parameters };
  if (!notePicks(call)) return vectorOf([]);
  const groups = groupSeries(plan, series);
  const fill = filler(plan);
  if (fill === undefined) return vectorOf(pickFromGroups(groups, call));
  return vectorOf(groups.map((group) => fillGroup(group, fill, call)).filter(isPopulated));
}

function fillGroup(group: Group, fill: AggregateGroup, call: AggregateCall) {
  call.context.budget.take(call.grid.steps);
  const columns = new StepColumns(call.grid.steps);
  fill(group, columns, call);
  return columns.series(
    group.labels,
    group.series.some(({ dropsName }) => dropsName),
  );
}

/** Undefined for those that pick series rather than make new ones. */
function filler({ operator }: AggregatePlan): AggregateGroup | undefined {
  switch (operator) {
    case "sum":
      return sumGroup;
    case "avg":
      return averageGroup;
    case "count":
      return countGroup;
    case "group":
      return groupGroup;
    case "min":
    case "max":
      return extremeGroup;
    case "stddev":
    case "stdvar":
      return varianceGroup;
    case "quantile":
      return quantileGroup;
    default:
      return undefined;
  }
}
