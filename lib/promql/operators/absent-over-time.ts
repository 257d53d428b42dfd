/** `absent_over_time()`. */
import { whereAbsent } from "../functions/absence.ts";
import type { FunctionCall } from "../functions/function-call.ts";
import type { VectorValue } from "../runtime/value.ts";
import { windowSeries } from "./window-call.ts";

export function absentOverTime(call: FunctionCall): VectorValue {
  return whereAbsent(call, windowSeries(call.plan, call.grid, call.context));
}
