/** Checks calculated durations before evaluation: an invalid one makes the query invalid. */
import type { DurationExpr, Expr } from "../syntax/ast.ts";
import { childrenOf } from "../syntax/children.ts";
import type { QueryTimes } from "../syntax/types.ts";
import { resolveDuration } from "./resolve-duration.ts";

/** Throws "invalid". Checks in Prometheus' order: from the outside in. */
export function checkDurations(expr: Expr, times: QueryTimes): void {
  const check = (duration: DurationExpr | undefined, mayBeNegative: boolean) => {
    if (duration !== undefined) resolveDuration(duration, times, mayBeNegative);
  };
  if (expr.kind === "vector selector" || expr.kind === "subquery") check(expr.offset, true);
  if (expr.kind === "subquery") check(expr.step, false);
  if (expr.kind === "subquery" || expr.kind === "matrix selector") check(expr.window, false);
  for (const child of childrenOf(expr)) checkDurations(child, times);
}
