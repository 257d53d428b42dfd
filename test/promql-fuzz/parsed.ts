/** The fuzzer's queries, parsed. */
import type { Expr } from "../../lib/promql/ast.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { parseExpr } from "../../lib/promql/parse/parse-expr.ts";

/** Undefined for what is not valid. */
export function parsed(query: string): Expr | undefined {
  try {
    return parseExpr(query, ALL_EXPERIMENTS);
  } catch {
    return undefined;
  }
}
