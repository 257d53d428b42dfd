/** The type of an expression's value. */
import type { Expr } from "./ast.ts";
import { factsOf } from "./functions.ts";
import type { ValueType } from "./types.ts";

/** For a tree that the parser returned, so its types are checked. */
export function valueTypeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "vector selector":
    case "aggregation":
      return "vector";
    case "matrix selector":
    case "subquery":
      return "matrix";
    case "call":
      return factsOf(expr.function).returnType;
    case "binary":
      return valueTypeOf(expr.left) === "scalar" && valueTypeOf(expr.right) === "scalar"
        ? "scalar"
        : "vector";
    case "unary":
    case "parentheses":
      return valueTypeOf(expr.expr);
  }
}
