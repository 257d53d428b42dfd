/** The instant queries of rules and of their templates. */
import { HearthError } from "../../model/errors.ts";
import type { Selection } from "../../model/selection.ts";
import type { QueryEngine, QueryOptions, QueryResult, SeriesSource } from "../../promql/engine-interface.ts";
import type { ParseOptions } from "../../promql/parse/options.ts";
import { parseExpr } from "../../promql/parse/parse-expr.ts";
import { instantGrid } from "../../promql/plan/grid.ts";
import { makePlan } from "../../promql/plan/make-plan.ts";
import { planReads } from "../../promql/plan/plan-reads.ts";
import type { Expr } from "../../promql/syntax/ast.ts";
import type { QuerySample } from "../templates.ts";

export interface RuleEngine {
  readonly engine: QueryEngine;
  readonly options: QueryOptions;
  readonly parse: ParseOptions;
  /** Takes what each query came to. */
  readonly onQuery?: ((result: QueryResult) => void) | undefined;
}

/** Evaluates at a time, in ms. Throws "invalid" for an expression whose result is neither a vector nor a scalar. */
export interface RuleQuery {
  (source: SeriesSource, expr: string, timeMs: number): Promise<readonly QuerySample[]>;
  /** What an evaluation at a time selects; nothing for an expression that fails. */
  selectionsOf(expr: string, timeMs: number): readonly Selection[];
}

/** Expressions that are kept parsed, at most. */
const MAX_PARSED = 10_000;

export function newRuleQuery({ engine, options, parse, onQuery }: RuleEngine): RuleQuery {
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
  const query = async (
    source: SeriesSource,
    text: string,
    timeMs: number,
  ): Promise<readonly QuerySample[]> => {
    const result = await engine.instantQuery(source, { text, expr: parseOnce(text) }, { timeMs }, options);
    onQuery?.(result);
    const { value } = result;
    if (value.type === "scalar") return [{ labels: [], value: value.value }];
    if (value.type !== "vector") throw new HearthError("invalid", "rule result is not a vector or scalar");
    return value.series.map(({ labels, values, histograms }) => ({
      labels,
      value: histograms?.histograms[0] ?? values[0],
    }));
  };
  const selectionsOf = (text: string, timeMs: number) => {
    const { defaultSubqueryStepMs, lookbackDeltaMs } = options;
    const times = { startMs: timeMs, endMs: timeMs, stepMs: 0 };
    try {
      const plan = makePlan(parseOnce(text), { times, defaultSubqueryStepMs });
      return planReads(plan, instantGrid(timeMs), lookbackDeltaMs).map(({ selection }) => selection);
    } catch {
      // The evaluation says what is wrong.
      return [];
    }
  };
  return Object.assign(query, { selectionsOf });
}
