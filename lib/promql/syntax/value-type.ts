/** What an expression evaluates to. */
import type { Expr, ValueType } from "./ast.ts";
import { SIGNATURES } from "./signatures.ts";

/** The type of an expression that the parser handed out. */
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
      return SIGNATURES.get(expr.function)!.returnType;
    case "binary":
      return valueTypeOf(expr.left) === "scalar" && valueTypeOf(expr.right) === "scalar"
        ? "scalar"
        : "vector";
    case "unary":
    case "parentheses":
      return valueTypeOf(expr.expr);
  }
}
