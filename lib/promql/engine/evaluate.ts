/** Evaluates a plan: each kind of node has an operator. */
import { aggregate } from "../aggregate/aggregate.ts";
import { binary } from "../binary/binary.ts";
import { call } from "../operators/call.ts";
import { constant } from "../operators/constant.ts";
import { info } from "../operators/info.ts";
import { negate } from "../operators/negate.ts";
import { evaluateOnce } from "../operators/once.ts";
import { selectVector } from "../operators/select-vector.ts";
import type { StepGrid } from "../plan/grid.ts";
import type { Plan } from "../plan/plan.ts";
import { valueTypeOfPlan } from "../plan/plan-type.ts";
import { seriesBytes } from "../runtime/budget.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { type Value, vectorOf } from "../runtime/value.ts";

/**
 * Evaluates a plan that is not a range vector. Callers that need a range vector read it themselves.
 */
export function evaluate(plan: Plan, grid: StepGrid, context: EvaluationContext): Value {
  context.deadline.check();
  if (grid.steps === 0) return nothing(plan);
  const { budget } = context;
  const { samples, seriesBytes } = budget;
  const value = evaluateNode(plan, grid, context);
  budget.resetTo(samples, seriesBytes);
  // Streamed results were counted when they were read.
  const isStreamed = (plan.kind === "select" || plan.kind === "call") && context.streamed.has(plan);
  budget.take(cellCount(value, grid), isStreamed ? 0 : seriesBytesOf(value));
  return value;
}

function nothing(plan: Plan): Value {
  if (plan.kind === "text") return { type: "string", value: plan.value };
  return valueTypeOfPlan(plan) === "scalar" ? { type: "scalar", values: new Float64Array(0) } : vectorOf([]);
}

function evaluateNode(plan: Plan, grid: StepGrid, context: EvaluationContext): Value {
  switch (plan.kind) {
    case "constant":
      return constant(plan, grid, context);
    case "text":
      return { type: "string", value: plan.value };
    case "select":
      return selectVector(plan, grid, context);
    case "call":
      return call(plan, grid, context);
    case "info":
      return info(plan, grid, context);
    case "aggregate":
      return aggregate(plan, grid, context);
    case "binary":
      return binary(plan, grid, context);
    case "negate":
      return negate(plan, grid, context);
    case "once":
      return evaluateOnce(plan, grid, context);
    case "window":
    case "subquery":
      throw new TypeError(`a ${plan.kind} is no instant vector`);
  }
}

function seriesBytesOf(value: Value): number {
  if (value.type !== "vector") return 0;
  return value.series.reduce((sum, { labels }) => sum + seriesBytes(labels), 0);
}

function cellCount(value: Value, grid: StepGrid): number {
  if (value.type === "vector") return value.series.length * grid.steps;
  return value.type === "scalar" ? grid.steps : 0;
}
