/** Every query of Prometheus' own scripts. */
import assert from "node:assert/strict";
import test from "node:test";
import { isDeepStrictEqual } from "node:util";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import { printPretty } from "../../../lib/promql/syntax/print-pretty.ts";
import { withoutUpstream } from "../../helpers/upstream.ts";
import { readUpstreamScripts, UPSTREAM_EVALUATIONS } from "../../promqltest/upstream-scripts.ts";
import { plainTree } from "./same-tree.ts";

const EVALUATION =
  /^\s*eval(?:_\w+)?\s+(?:instant\s+at\s+\S+|range\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+)\s+(.*)$/gm;

test("the queries of Prometheus' scripts parse, and print as what parses to the same", {
  skip: withoutUpstream("scripts"),
}, () => {
  let queries = 0;
  for (const { name, text } of readUpstreamScripts()) {
    for (const [, query] of text.matchAll(EVALUATION)) {
      queries++;
      const tree = parseExpr(query, ALL_EXPERIMENTS);
      for (const printed of [printExpr(tree), printPretty(tree)]) {
        const again = parseExpr(printed, ALL_EXPERIMENTS);
        assert.ok(
          isDeepStrictEqual(plainTree(tree), plainTree(again)),
          `${name}: ${query} became ${printed}`,
        );
      }
    }
  }
  // All of them, also those whose evaluation fails.
  assert.equal(queries, UPSTREAM_EVALUATIONS);
});
