/** Queries in other words: what Hearth must be asked to get what Prometheus answers, where it is known to answer something else. */
import type { Aggregation, BinaryExpr, Call, Expr, VectorSelector } from "../../lib/promql/ast.ts";
import { resolveDuration } from "../../lib/promql/engine/resolve-duration.ts";
import { printExpr } from "../../lib/promql/print.ts";
import { parsed } from "./parts.ts";
import type { Question } from "./question.ts";

export interface Rewrite {
  readonly reason: string;
  /** Undefined for what stays as it is. */
  readonly rewrite: (expr: Expr, question: Question) => Expr | undefined;
}

const DEFAULT_LOOKBACK_MS = 300_000;

export const REWRITES: readonly Rewrite[] = [
  {
    reason:
      "3.16 tells the sides of `group_right` with `fill` apart as they are written, 3.14 as it matches them",
    rewrite: (expr) => (expr.kind === "binary" ? withFillsSwapped(expr) : undefined),
  },
  {
    reason:
      "timestamps of a selector with `@` and `offset`: Prometheus reads what both say together, then looks there at the time of `@` alone",
    rewrite: (expr, question) => (expr.kind === "call" ? timestampAt(expr, question) : undefined),
  },
  {
    reason:
      "`@ start()` and `@ end()` in the parameter of an aggregation: Prometheus looks at the step instead",
    rewrite: (expr) => (expr.kind === "aggregation" ? atSteps(expr) : undefined),
  },
];

/** The whole in other words, and why; undefined when there is nothing to reword. */
export function reword(question: Question): { question: Question; reasons: readonly string[] } | undefined {
  const expr = parsed(question.query);
  if (expr === undefined) return undefined;
  const reasons = new Set<string>();
  const print = (one: Expr): string => {
    for (const { reason, rewrite } of REWRITES) {
      const other = rewrite(one, question);
      if (other === undefined) continue;
      reasons.add(reason);
      return printExpr(other, printInner(other, print));
    }
    return printExpr(one, print);
  };
  const query = print(expr);
  return reasons.size === 0 ? undefined : { question: { ...question, query }, reasons: [...reasons] };
}

/** What a rewrite made is not rewritten again, what stands inside of it is. */
function printInner(rewritten: Expr, print: (expr: Expr) => string): (expr: Expr) => string {
  return rewritten.kind === "call" || rewritten.kind === "parentheses" ? (expr) => printExpr(expr) : print;
}

function withFillsSwapped(expr: BinaryExpr): Expr | undefined {
  const { matching } = expr;
  if (matching?.cardinality !== "one-to-many" || matching.fillLeft === matching.fillRight) return undefined;
  return { ...expr, matching: { ...matching, fillLeft: matching.fillRight, fillRight: matching.fillLeft } };
}

/** With what lies outside of one of the two windows left away. */
function timestampAt(call: Call, { startMs, endMs, stepMs, lookbackMs }: Question): Expr | undefined {
  if (call.function !== "timestamp" && call.function !== "start_timestamp") return undefined;
  const selector = withoutParentheses(call.args[0]);
  if (selector.kind !== "vector selector" || selector.at === undefined || selector.offset === undefined)
    return undefined;
  const times = { startMs, endMs, stepMs: stepMs ?? 0 };
  const offsetMs = resolveDuration(selector.offset, times, true);
  const atMs = selector.at.kind === "time" ? selector.at.timestampMs : times[`${selector.at.kind}Ms`];
  const afterMs = atMs - Math.min(offsetMs, 0) - (lookbackMs ?? DEFAULT_LOOKBACK_MS);
  const looked = printExpr({ ...selector, ...lookedAt(offsetMs) });
  const isIn = `timestamp(${looked}) > ${afterMs / 1000}`;
  return parsed(`(${call.function}(${looked}) and (${isIn}))`);
}

function atSteps(expr: Aggregation): Expr | undefined {
  const { parameter } = expr;
  if (parameter === undefined) return undefined;
  const text = printWithoutStartOrEnd(parameter);
  return text === printExpr(parameter) ? undefined : { ...expr, parameter: parsed(text)! };
}

function printWithoutStartOrEnd(expr: Expr): string {
  return printExpr(withoutStartOrEnd(expr), printWithoutStartOrEnd);
}

function withoutStartOrEnd(expr: Expr): Expr {
  switch (expr.kind) {
    case "vector selector":
    case "subquery":
      return expr.at?.kind === "time" ? expr : { ...expr, at: undefined };
    case "matrix selector":
      return { ...expr, selector: withoutStartOrEnd(expr.selector) as VectorSelector };
    default:
      return expr;
  }
}

function lookedAt(offsetMs: number): Pick<VectorSelector, "offset"> {
  if (offsetMs <= 0) return { offset: undefined };
  const range = { start: 0, end: 0 };
  return { offset: { kind: "duration", ms: offsetMs, seconds: offsetMs / 1000, isDuration: true, range } };
}

function withoutParentheses(expr: Expr): Expr {
  return expr.kind === "parentheses" ? withoutParentheses(expr.expr) : expr;
}
