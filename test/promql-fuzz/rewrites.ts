/** Queries in other words: what Hearth must be asked to get what Prometheus answers, where it is known to answer something else. */
import type {
  Aggregation,
  BinaryExpr,
  Call,
  DurationLiteral,
  Expr,
  Subquery,
  VectorSelector,
} from "../../lib/promql/ast.ts";
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
    rewrite: (expr, question) => (expr.kind === "aggregation" ? atSteps(expr, question) : undefined),
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
function timestampAt(call: Call, question: Question): Expr | undefined {
  if (call.function !== "timestamp" && call.function !== "start_timestamp") return undefined;
  const selector = withoutParentheses(call.args[0]);
  if (selector.kind !== "vector selector" || selector.at === undefined || selector.offset === undefined)
    return undefined;
  const offsetMs = offsetMsOf(selector, question);
  const atMs = selector.at.kind === "time" ? selector.at.timestampMs : question[`${selector.at.kind}Ms`];
  const afterMs = atMs - Math.min(offsetMs, 0) - (question.lookbackMs ?? DEFAULT_LOOKBACK_MS);
  const looked = printExpr({ ...selector, offset: offsetMs > 0 ? durationOf(offsetMs) : undefined });
  const isIn = `timestamp(${looked}) > ${afterMs / 1000}`;
  return parsed(`(${call.function}(${looked}) and (${isIn}))`);
}

function atSteps(expr: Aggregation, question: Question): Expr | undefined {
  const { parameter } = expr;
  if (parameter === undefined) return undefined;
  const print = (one: Expr): string => printExpr(movingWithSteps(one, question), print);
  const text = print(parameter);
  return text === printExpr(parameter) ? undefined : { ...expr, parameter: parsed(text)! };
}

function movingWithSteps(expr: Expr, question: Question): Expr {
  switch (expr.kind) {
    case "vector selector":
    case "subquery":
      if (expr.at === undefined) return expr;
      if (expr.at.kind !== "time") return { ...expr, at: undefined };
      return {
        ...expr,
        at: undefined,
        offset: durationOf(question.startMs - expr.at.timestampMs + offsetMsOf(expr, question)),
      };
    case "matrix selector":
      return { ...expr, selector: movingWithSteps(expr.selector, question) as VectorSelector };
    default:
      return expr;
  }
}

function offsetMsOf({ offset }: VectorSelector | Subquery, { startMs, endMs, stepMs }: Question): number {
  return offset === undefined ? 0 : resolveDuration(offset, { startMs, endMs, stepMs: stepMs ?? 0 }, true);
}

function durationOf(ms: number): DurationLiteral {
  return { kind: "duration", ms, seconds: ms / 1000, isDuration: true, range: { start: 0, end: 0 } };
}

function withoutParentheses(expr: Expr): Expr {
  return expr.kind === "parentheses" ? withoutParentheses(expr.expr) : expr;
}
