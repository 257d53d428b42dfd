/** A query with the time of its evaluation written into every selector: it must be the same at any other time. */
import type { Expr, VectorSelector } from "../../lib/promql/syntax/ast.ts";

const AT_UNSAFE = new Set(
  "days_in_month day_of_month day_of_week day_of_year end hour minute month year predict_linear range start step time timestamp".split(
    " ",
  ),
);

/** Undefined when the result depends on the time of evaluation in other ways. */
export function fixTimes(expr: Expr, timeMs: number): Expr | undefined {
  const state = { isUnsafe: false };
  const fixed = fix(expr, timeMs, state);
  return state.isUnsafe ? undefined : fixed;
}

function fix(expr: Expr, timeMs: number, state: { isUnsafe: boolean }): Expr {
  const inner = (child: Expr) => fix(child, timeMs, state);
  switch (expr.kind) {
    case "number":
    case "string":
      return expr;
    case "vector selector":
      return fixSelector(expr, timeMs);
    case "matrix selector":
      return { ...expr, selector: fixSelector(expr.selector, timeMs) };
    case "subquery":
      // What is inside looks at the times of the subquery.
      return { ...expr, at: expr.at ?? { kind: "time", timestampMs: timeMs } };
    case "call":
      if (AT_UNSAFE.has(expr.function)) state.isUnsafe = true;
      return { ...expr, args: expr.args.map(inner) };
    case "aggregation":
      return { ...expr, expr: inner(expr.expr), parameter: expr.parameter && inner(expr.parameter) };
    case "binary":
      return { ...expr, left: inner(expr.left), right: inner(expr.right) };
    case "unary":
    case "parentheses":
      return { ...expr, expr: inner(expr.expr) };
  }
}

function fixSelector(selector: VectorSelector, timeMs: number): VectorSelector {
  return { ...selector, at: selector.at ?? { kind: "time", timestampMs: timeMs } };
}
