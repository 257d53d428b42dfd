/**
 * Queries in other words, where Prometheus is known to answer something else: what Hearth must be asked to get what Prometheus
 * answers, or Prometheus to get what Hearth does.
 */
import type { Call, Expr, Subquery, VectorSelector } from "../../../lib/promql/syntax/ast.ts";
import { childrenOf } from "../../../lib/promql/syntax/children.ts";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import { atMsOf, durationMsOf, durationOf } from "./fixed-times.ts";
import { parsed } from "./parsed.ts";
import { DEFAULT_LOOKBACK_MS, type Question } from "./question.ts";

export interface Rewrite {
  readonly reason: string;
  /** Undefined for what stays as it is. */
  readonly rewrite: (expr: Expr, question: Question) => Expr | undefined;
}

const DEFAULT_SUBQUERY_STEP_MS = 60_000;

export const FOR_HEARTH: readonly Rewrite[] = [
  {
    reason:
      "timestamps of a selector with `@` and `offset`: Prometheus reads what both say together, then looks there at the time of `@` alone",
    rewrite: (expr, question) => (expr.kind === "call" ? timestampAt(expr, question) : undefined),
  },
];

export const FOR_PROMETHEUS: readonly Rewrite[] = [
  {
    reason:
      "selectors with `@` in a subquery with `@` whose first step is the query's: Prometheus leaves them at times that were reckoned for it",
    rewrite: (expr, question) => (expr.kind === "call" ? awayFromStart(expr, question) : undefined),
  },
];

/** The whole in other words, and why; undefined when there is nothing to reword. */
export function reword(
  question: Question,
  rewrites: readonly Rewrite[],
): { question: Question; reasons: readonly string[] } | undefined {
  const expr = parsed(question.query);
  if (expr === undefined) return undefined;
  const reasons = new Set<string>();
  const print = (one: Expr): string => {
    for (const { reason, rewrite } of rewrites) {
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

/** With what lies outside of one of the two windows left away. */
function timestampAt(call: Call, question: Question): Expr | undefined {
  if (call.function !== "timestamp" && call.function !== "start_timestamp") return undefined;
  const selector = withoutParentheses(call.args[0]);
  if (selector.kind !== "vector selector" || selector.at === undefined || selector.offset === undefined)
    return undefined;
  const offsetMs = offsetMsOf(selector, question);
  const atMs = atMsOf(selector.at, question);
  const afterMs = atMs - Math.min(offsetMs, 0) - (question.lookbackMs ?? DEFAULT_LOOKBACK_MS);
  const looked = printExpr({ ...selector, offset: offsetMs > 0 ? durationOf(offsetMs) : undefined });
  const isIn = `timestamp(${looked}) > ${afterMs / 1000}`;
  return parsed(`(${call.function}(${looked}) and (${isIn}))`);
}

/** A call of a subquery within another one, which begins a millisecond before the query's start. */
function awayFromStart(call: Call, question: Question): Expr | undefined {
  const subqueries = call.args.map(withoutParentheses).filter((arg) => arg.kind === "subquery");
  if (!subqueries.some((subquery) => firstStepOf(subquery, question) === question.startMs)) return undefined;
  return parsed(`last_over_time((${printExpr(call)})[2ms:1ms] @ ${question.startMs / 1000})`);
}

/** Undefined without an `@` of its own and one inside. */
function firstStepOf(subquery: Subquery, question: Question): number | undefined {
  if (subquery.at === undefined || !selectsAt(subquery.expr)) return undefined;
  const rangeMs = durationMsOf(subquery.window, question);
  const stepMs =
    subquery.step === undefined ? DEFAULT_SUBQUERY_STEP_MS : durationMsOf(subquery.step, question);
  const afterMs = atMsOf(subquery.at, question) - offsetMsOf(subquery, question) - rangeMs;
  return (Math.floor(afterMs / stepMs) + 1) * stepMs;
}

function selectsAt(expr: Expr): boolean {
  return expr.kind === "vector selector" ? expr.at !== undefined : childrenOf(expr).some(selectsAt);
}

function offsetMsOf({ offset }: VectorSelector | Subquery, question: Question): number {
  return offset === undefined ? 0 : durationMsOf(offset, question);
}

function withoutParentheses(expr: Expr): Expr {
  return expr.kind === "parentheses" ? withoutParentheses(expr.expr) : expr;
}
