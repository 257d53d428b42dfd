/** What a plan evaluates to. */
import type { ValueType } from "../syntax/ast.ts";
import { SIGNATURES } from "../syntax/signatures.ts";
import type { Plan } from "./plan.ts";

export function valueTypeOfPlan(plan: Plan): ValueType {
  switch (plan.kind) {
    case "constant":
      return "scalar";
    case "text":
      return "string";
    case "select":
    case "aggregate":
    case "info":
      return "vector";
    case "window":
    case "subquery":
      return "matrix";
    case "call":
      return SIGNATURES.get(plan.name)!.returnType;
    case "binary":
      return [plan.left, plan.right].every((side) => valueTypeOfPlan(side) === "scalar")
        ? "scalar"
        : "vector";
    case "negate":
    case "once":
      return valueTypeOfPlan(plan.inner);
  }
}
