/** Binary operators, dispatched by the types of their sides. */

import type { StepGrid } from "../plan/grid.ts";
import type { BinaryPlan } from "../plan/plan.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { asScalar, asVector, type ScalarValue, type Value } from "../runtime/value.ts";
import { calculator, comparator, isArithmetic, isComparison } from "./arithmetic.ts";
import { combineSets, isSetOperator } from "./sets.ts";
import { combineWithScalar } from "./with-scalar.ts";
import { combineVectors } from "./with-vector.ts";

export function binary(plan: BinaryPlan, grid: StepGrid, context: EvaluationContext): Value {
  const left = context.evaluate(plan.left, grid, context);
  const right = context.evaluate(plan.right, grid, context);
  if (left.type === "scalar" && right.type === "scalar") return combineScalars(plan, left, right, context);
  if (left.type === "scalar") return combineWithScalar(plan, asVector(right), left, "left", grid, context);
  if (right.type === "scalar")
    return combineWithScalar(plan, asVector(left), asScalar(right), "right", grid, context);
  const [a, b] = [asVector(left), asVector(right)];
  if (isSetOperator(plan.operator)) return combineSets(plan, plan.operator, a, b, grid, context);
  return combineVectors(plan, a, b, grid, context);
}

/** Comparisons of scalars always have `bool`. */
function combineScalars(
  { operator }: BinaryPlan,
  left: ScalarValue,
  right: ScalarValue,
  context: EvaluationContext,
): ScalarValue {
  context.budget.take(left.values.length);
  const combine = isArithmetic(operator)
    ? calculator(operator)
    : isComparison(operator)
      ? asNumber(comparator(operator))
      : undefined;
  if (combine === undefined) throw new TypeError(`operator ${operator} between scalars`);
  const values = new Float64Array(left.values.length);
  for (let step = 0; step < values.length; step++) {
    context.deadline.atCell(step);
    values[step] = combine(left.values[step], right.values[step]);
  }
  return { type: "scalar", values };
}

function asNumber(compare: (a: number, b: number) => boolean): (a: number, b: number) => number {
  return (a, b) => (compare(a, b) ? 1 : 0);
}
