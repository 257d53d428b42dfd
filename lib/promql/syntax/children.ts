/** Traversal of syntax trees. */
import type { Expr } from "./ast.ts";

/**
 * The expressions directly inside an expression, in the order of the text. Includes a range's
 * selector, not durations.
 */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "number":
    case "string":
    case "vector selector":
      return [];
    case "matrix selector":
      return [expr.selector];
    case "subquery":
    case "unary":
    case "parentheses":
      return [expr.expr];
    case "call":
      return expr.args;
    case "aggregation":
      return expr.parameter === undefined ? [expr.expr] : [expr.parameter, expr.expr];
    case "binary":
      return [expr.left, expr.right];
  }
}
