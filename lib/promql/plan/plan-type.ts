/** The type of a plan's value. */
import { factsOf } from "../syntax/functions.ts";
import type { ValueType } from "../syntax/types.ts";
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
      return factsOf(plan.name).returnType;
    case "binary":
      return [plan.left, plan.right].every((side) => valueTypeOfPlan(side) === "scalar")
        ? "scalar"
        : "vector";
    case "negate":
    case "once":
      return valueTypeOfPlan(plan.inner);
  }
}
