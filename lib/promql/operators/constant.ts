/** A number at every step. */
import type { EvaluationContext } from "../engine/context.ts";
import type { StepGrid } from "../engine/grid.ts";
import type { ConstantPlan } from "../engine/plan.ts";
import type { ScalarValue } from "../engine/value.ts";

export function constant({ value }: ConstantPlan, grid: StepGrid, context: EvaluationContext): ScalarValue {
  context.budget.take(grid.steps);
  return { type: "scalar", values: new Float64Array(grid.steps).fill(value) };
}
