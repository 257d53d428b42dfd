/** `query_exemplars`: exemplars of the series that an expression selects. */
import { HearthError } from "../../model/errors.ts";
import type { SeriesExemplars } from "../../model/exemplars.ts";
import type { Matcher } from "../../model/matcher.ts";
import { printJsonFloat } from "../../number/print-float.ts";
import { parseExpr } from "../../promql/parse/parse-expr.ts";
import type { Expr } from "../../promql/syntax/ast.ts";
import { childrenOf } from "../../promql/syntax/children.ts";
import { printLabelsJson, printSeconds } from "../../wire/api-json.ts";
import { answerData } from "./answer.ts";
import { lookupRange } from "./parameters.ts";
import type { QueryRequest } from "./request.ts";

export async function answerExemplars(request: QueryRequest): Promise<Response> {
  const { c, parameters, services, source, signal, patterns, setPhase } = request;
  const range = lookupRange(parameters);
  if (range.maxTime < range.minTime)
    throw new HearthError("invalid", "end timestamp must not be before start timestamp");
  // As in Prometheus, errors of the expression do not name the parameter.
  const expr = parseExpr(parameters.get("query") ?? "", { ...services.settings.parse, patterns });
  const selections = [...selectorsOf(expr)];
  setPhase("evaluation");
  const found = selections.length === 0 ? [] : await source.exemplars(selections, range, signal);
  return answerData(c, printExemplars(found));
}

function* selectorsOf(expr: Expr): Generator<readonly Matcher[]> {
  if (expr.kind === "vector selector") yield expr.matchers;
  for (const child of childrenOf(expr)) yield* selectorsOf(child);
}

function* printExemplars(all: readonly SeriesExemplars[]): Generator<string> {
  yield "[";
  let separator = "";
  for (const { labels, exemplars } of all) {
    const printed = exemplars.map(
      ({ labels, value, timestamp }) =>
        `{"labels":${printLabelsJson(labels)},"value":"${printJsonFloat(value)}","timestamp":${printSeconds(timestamp)}}`,
    );
    yield `${separator}{"seriesLabels":${printLabelsJson(labels)},"exemplars":[${printed.join()}]}`;
    separator = ",";
  }
  yield "]";
}
