/** Queries that say in numbers what they take from the times that they are asked at, so that they and their parts can be asked at others. */

import { resolveDuration } from "../../../lib/promql/plan/resolve-duration.ts";
import type {
  AtModifier,
  DurationExpr,
  DurationLiteral,
  Expr,
  Subquery,
  VectorSelector,
} from "../../../lib/promql/syntax/ast.ts";
import { factsOf } from "../../../lib/promql/syntax/functions.ts";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import type { QueryTimes } from "../../../lib/promql/syntax/types.ts";
import { parsed } from "./parsed.ts";
import type { Question } from "./question.ts";

/** Without `start()`, `end()`, `step()` and `range()`; one with a length of time that can be none, an error, stays as it is. */
export function withFixedTimes(expr: Expr, question: Question): Expr {
  const print = (one: Expr): string => printExpr(fixed(one, question), print);
  try {
    return parsed(print(expr)) ?? expr;
  } catch {
    return expr;
  }
}

function fixed(expr: Expr, question: Question): Expr {
  switch (expr.kind) {
    case "vector selector":
      return withFixedModifiers(expr, question);
    case "matrix selector": {
      const selector = withFixedModifiers(expr.selector, question);
      return { ...expr, selector, window: fixedDuration(expr.window, question) };
    }
    case "subquery": {
      const { window, step } = expr;
      const fixedStep = step && fixedDuration(step, question);
      return {
        ...withFixedModifiers(expr, question),
        window: fixedDuration(window, question),
        step: fixedStep,
      };
    }
    case "call": {
      const value = factsOf(expr.function).constant?.(timesOf(question));
      return value === undefined ? expr : { kind: "number", value, isDuration: false, range: expr.range };
    }
    default:
      return expr;
  }
}

function withFixedModifiers<T extends VectorSelector | Subquery>(expr: T, question: Question): T {
  const { at, offset } = expr;
  return {
    ...expr,
    at: at && { kind: "time", timestampMs: atMsOf(at, question) },
    offset: offset && fixedDuration(offset, question),
  };
}

function fixedDuration(duration: DurationExpr, question: Question): DurationExpr {
  return durationOf(durationMsOf(duration, question));
}

export function atMsOf(at: AtModifier, question: Question): number {
  return at.kind === "time" ? at.timestampMs : question[`${at.kind}Ms`];
}

/** Throws what `resolveDuration` does. */
export function durationMsOf(duration: DurationExpr, question: Question): number {
  return resolveDuration(duration, timesOf(question), true);
}

function timesOf({ startMs, endMs, stepMs = 0 }: Question): QueryTimes {
  return { startMs, endMs, stepMs };
}

export function durationOf(ms: number): DurationLiteral {
  return { kind: "duration", ms, seconds: ms / 1000, isDuration: true, range: { start: 0, end: 0 } };
}
