/** Every query of Prometheus' own scripts, which are not part of this repository: they are read where they lie. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { isDeepStrictEqual } from "node:util";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import { printExpr } from "../../../lib/promql/syntax/print.ts";
import { printPretty } from "../../../lib/promql/syntax/print-pretty.ts";
import { plainTree } from "./same-tree.ts";

const SCRIPTS = join(import.meta.dirname, "../../../../shared/data/promqltest");

const EVALUATION =
  /^\s*eval(?:_\w+)?\s+(?:instant\s+at\s+\S+|range\s+from\s+\S+\s+to\s+\S+\s+step\s+\S+)\s+(.*)$/gm;

const skip = existsSync(SCRIPTS) ? false : `${SCRIPTS} is not there`;

test("the queries of Prometheus' scripts parse, and print as what parses to the same", { skip }, () => {
  let queries = 0;
  for (const file of readdirSync(SCRIPTS)) {
    for (const [, query] of readFileSync(join(SCRIPTS, file), "utf8").matchAll(EVALUATION)) {
      queries++;
      const tree = parseExpr(query, ALL_EXPERIMENTS);
      for (const printed of [printExpr(tree), printPretty(tree)]) {
        const again = parseExpr(printed, ALL_EXPERIMENTS);
        assert.ok(
          isDeepStrictEqual(plainTree(tree), plainTree(again)),
          `${file}: ${query} became ${printed}`,
        );
      }
    }
  }
  // All of them, those that fail in evaluation too.
  assert.equal(queries, 2214);
});
