/** A number at every step. */

import type { StepGrid } from "../plan/grid.ts";
import type { ConstantPlan } from "../plan/plan.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import type { ScalarValue } from "../runtime/value.ts";

export function constant({ value }: ConstantPlan, grid: StepGrid, context: EvaluationContext): ScalarValue {
  context.budget.take(grid.steps);
  return { type: "scalar", values: new Float64Array(grid.steps).fill(value) };
}
