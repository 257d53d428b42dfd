/** The instant queries of rules and of their templates. */
import { HearthError } from "../../model/errors.ts";
import type { QueryEngine, QueryOptions, SeriesSource } from "../../promql/engine-interface.ts";
import type { ParseOptions } from "../../promql/parse/options.ts";
import { parseExpr } from "../../promql/parse/parse-expr.ts";
import type { Expr } from "../../promql/syntax/ast.ts";
import type { QuerySample } from "../templates.ts";

export interface RuleEngine {
  readonly engine: QueryEngine;
  readonly options: QueryOptions;
  readonly parse: ParseOptions;
}

/** Evaluates at a time, in ms. Throws "invalid" for an expression whose result is neither a vector nor a scalar. */
export type RuleQuery = (
  source: SeriesSource,
  expr: string,
  timeMs: number,
) => Promise<readonly QuerySample[]>;

/** Expressions that are kept parsed, at most. */
const MAX_PARSED = 10_000;

export function newRuleQuery({ engine, options, parse }: RuleEngine): RuleQuery {
  const parsed = new Map<string, Expr>();
  const parseOnce = (text: string) => {
    let expr = parsed.get(text);
    if (expr === undefined) {
      expr = parseExpr(text, parse);
      if (parsed.size >= MAX_PARSED) parsed.clear();
      parsed.set(text, expr);
    }
    return expr;
  };
  return async (source, text, timeMs) => {
    const { value } = await engine.instantQuery(source, { text, expr: parseOnce(text) }, { timeMs }, options);
    if (value.type === "scalar") return [{ labels: [], value: value.value }];
    if (value.type !== "vector") throw new HearthError("invalid", "rule result is not a vector or scalar");
    return value.series.map(({ labels, values, histograms }) => ({
      labels,
      value: histograms?.histograms[0] ?? values[0],
    }));
  };
}
