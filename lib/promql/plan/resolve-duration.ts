/** Calculated durations: `[step() * 2]`, `offset -(range() / 2)`. */
import { HearthError } from "../../model/errors.ts";
import type { DurationExpr } from "../syntax/ast.ts";
import type { QueryTimes } from "../syntax/types.ts";

/** The most that Prometheus' durations hold: an int64 of nanoseconds. */
const MAX_SECONDS = 2 ** 63 / 1e9;

/**
 * In whole ms. Throws "invalid" for an impossible duration. Only offsets may be zero or negative.
 */
export function resolveDuration(expr: DurationExpr, times: QueryTimes, mayBeNegative: boolean): number {
  if (expr.kind === "duration") return expr.ms;
  const seconds = secondsOf(expr, times);
  if (!Number.isFinite(seconds)) throw failure(expr, "duration is NaN or infinite");
  if (seconds <= 0 && !mayBeNegative) throw failure(expr, "duration must be greater than 0");
  if (Math.abs(seconds) > MAX_SECONDS) throw failure(expr, "duration is out of range");
  return Math.trunc(seconds * 1000);
}

function secondsOf(expr: DurationExpr, times: QueryTimes): number {
  switch (expr.kind) {
    case "duration":
      return expr.seconds;
    case "step":
      return times.stepMs / 1000;
    case "range":
      return (times.endMs - times.startMs) / 1000;
    case "duration parentheses":
      return secondsOf(expr.inner, times);
    case "duration operation": {
      const [first, second] = expr.operands.map((operand) => secondsOf(operand, times));
      if (second === 0 && expr.operator === "/") throw failure(expr, "division by zero");
      if (second === 0 && expr.operator === "%") throw failure(expr, "modulo by zero");
      return calculate(expr.operator, first, second);
    }
  }
}

type Operator = Extract<DurationExpr, { kind: "duration operation" }>["operator"];

function calculate(operator: Operator, first: number, second: number): number {
  switch (operator) {
    case "plus":
      return first;
    case "negate":
      return -first;
    case "+":
      return first + second;
    case "-":
      return first - second;
    case "*":
      return first * second;
    case "/":
      return first / second;
    case "%":
      return first % second;
    case "^":
      return first ** second;
    case "min":
      return Math.min(first, second);
    case "max":
      return Math.max(first, second);
  }
}

function failure({ range }: DurationExpr, reason: string): HearthError {
  return new HearthError("invalid", `${range.start}:${range.end}: ${reason}`);
}
