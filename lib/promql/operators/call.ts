/** Function calls. */

import { IMPLEMENTATIONS } from "../functions/implementations.ts";
import type { StepGrid } from "../plan/grid.ts";
import type { CallPlan } from "../plan/plan.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import type { Value } from "../runtime/value.ts";

import { windowCall } from "./window-call.ts";

export function call(plan: CallPlan, grid: StepGrid, context: EvaluationContext): Value {
  const implementation = IMPLEMENTATIONS[plan.name];
  switch (implementation.kind) {
    case "vector":
      return implementation.apply({ plan, grid, context });
    case "window":
      return windowCall(plan, implementation, grid, context);
    case "planned":
      throw new Error(`call of ${plan.name}(): expected another kind of plan`);
  }
}
