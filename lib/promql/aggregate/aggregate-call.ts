/** The arguments of an aggregation. */
import type { StepGrid } from "../plan/grid.ts";
import type { AggregatePlan } from "../plan/plan.ts";
import type { EvaluationContext } from "../runtime/context.ts";

export interface AggregateCall {
  readonly plan: AggregatePlan;
  readonly grid: StepGrid;
  readonly context: EvaluationContext;
  /** One value per step; empty without a parameter. */
  readonly parameters: Float64Array;
}

export const NO_PARAMETERS = new Float64Array(0);
