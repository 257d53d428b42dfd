/** The fuzzer's queries, parsed. */

import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import type { Expr } from "../../../lib/promql/syntax/ast.ts";

/** Undefined for what is not valid. */
export function parsed(query: string): Expr | undefined {
  try {
    return parseExpr(query, ALL_EXPERIMENTS);
  } catch {
    return undefined;
  }
}
