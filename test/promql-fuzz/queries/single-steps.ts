/** A range query asked step by step: an answer that Prometheus contradicts when it is asked for each of its steps alone. */
import type { Expr } from "../../../lib/promql/syntax/ast.ts";
import { childrenOf } from "../../../lib/promql/syntax/children.ts";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import { type Answer, type AnswerSeries, labelsOf } from "../answer.ts";
import { withFixedTimes } from "./fixed-times.ts";
import { parsed } from "./parsed.ts";
import type { Question } from "./question.ts";

export const MOVED_WITH_STEPS =
  "`@` in the parameter of an aggregation: at one step alone Prometheus answers the same, over a range it moves the time with the " +
  "steps, and reads what is there at its own";

/** Of one range query. */
const MAX_STEPS = 1000;

/** An instant query for each step; undefined when there are none, or too many, or the range is nothing that Prometheus has trouble with. */
export function singleSteps(question: Question): readonly Question[] | undefined {
  const { startMs, endMs, stepMs } = question;
  const expr = parsed(question.query);
  if (stepMs === undefined || expr === undefined || !hasParameterAt(expr)) return undefined;
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  if (count > MAX_STEPS) return undefined;
  const query = printExpr(withFixedTimes(expr, question));
  return Array.from({ length: count }, (_, i) => {
    const timeMs = startMs + i * stepMs;
    return { ...question, query, startMs: timeMs, endMs: timeMs, stepMs: undefined };
  });
}

/** Prometheus evaluates that at every step, also where it is the same at each. */
export function hasParameterAt(expr: Expr): boolean {
  const isIn = expr.kind === "aggregation" && expr.parameter !== undefined && hasAt(expr.parameter);
  return isIn || childrenOf(expr).some(hasParameterAt);
}

function hasAt(expr: Expr): boolean {
  const isIt = (expr.kind === "vector selector" || expr.kind === "subquery") && expr.at !== undefined;
  return isIt || childrenOf(expr).some(hasAt);
}

/** What a range query should answer that was asked step by step: the first error, or all points and notes. */
export function joinSteps(answers: readonly Answer[]): Answer {
  const failed = answers.find(({ status }) => status === "error");
  if (failed !== undefined) return failed;
  const series = new Map<string, Required<Pick<AnswerSeries, "metric" | "values" | "histograms">>>();
  for (const one of answers.flatMap(pointsOf)) {
    const key = labelsOf(one);
    const { values = [], histograms = [] } = series.get(key) ?? {};
    series.set(key, {
      metric: one.metric,
      values: one.value === undefined ? values : [...values, one.value],
      histograms: one.histogram === undefined ? histograms : [...histograms, one.histogram],
    });
  }
  return {
    status: "success",
    data: { resultType: "matrix", result: [...series.values()] },
    warnings: [...new Set(answers.flatMap(({ warnings = [] }) => warnings))],
    infos: [...new Set(answers.flatMap(({ infos = [] }) => infos))],
  };
}

/** Of an instant query. */
function pointsOf({ data }: Answer): readonly AnswerSeries[] {
  if (data?.resultType === "scalar") return [{ metric: {}, value: data.result }];
  return data?.resultType === "vector" ? data.result : [];
}
