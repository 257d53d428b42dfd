/** What an aggregation is given. */
import type { StepGrid } from "../plan/grid.ts";
import type { AggregatePlan } from "../plan/plan.ts";
import type { EvaluationContext } from "../runtime/context.ts";

export interface AggregateCall {
  readonly plan: AggregatePlan;
  readonly grid: StepGrid;
  readonly context: EvaluationContext;
  /** At every step; empty without one. */
  readonly parameters: Float64Array;
}

export const NO_PARAMETERS = new Float64Array(0);
