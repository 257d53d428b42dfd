/** Function calls. */

import { VECTOR_FUNCTIONS } from "../functions/vector-functions.ts";
import type { StepGrid } from "../plan/grid.ts";
import type { CallPlan } from "../plan/plan.ts";
import { isRangePlan } from "../plan/plan.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import type { Value } from "../runtime/value.ts";
import { absentOverTime } from "./absent-over-time.ts";
import { windowCall } from "./window-call.ts";

export function call(plan: CallPlan, grid: StepGrid, context: EvaluationContext): Value {
  if (plan.name === "absent_over_time") return absentOverTime({ plan, grid, context });
  if (plan.args.some(isRangePlan)) return windowCall(plan, grid, context);
  return VECTOR_FUNCTIONS.get(plan.name)!({ plan, grid, context });
}
