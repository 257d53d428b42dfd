/** What the fuzzer asks: valid expressions with all of the language in them, the same for the same seed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import { FUNCTION_NAMES } from "../../../lib/promql/syntax/functions.ts";
import { Random } from "../../simulation/random.ts";
import { makeData } from "../data/data.ts";
import { Expressions } from "./expressions.ts";
import { printTree, smallerTrees, type Tree, treeOf } from "./tree.ts";

const COUNT = 4000;
/** A matching may name a label twice, an offset in parentheses go on with what follows: that is asked too. */
const MAX_INVALID = 0.02 * COUNT;

function query(seed: number): Tree {
  const random = new Random(Math.imul(seed, 0x9e3779b1));
  return new Expressions(random, 1_000_000, 2_000_000).query(4);
}

test("nearly all expressions are valid, and have every function, aggregation and operator in them", () => {
  const texts = Array.from({ length: COUNT }, (_, seed) => printTree(query(seed)));
  const invalid = texts.filter((text) => {
    try {
      parseExpr(text, ALL_EXPERIMENTS);
      return false;
    } catch {
      return true;
    }
  });
  assert.ok(
    invalid.length <= MAX_INVALID,
    `${invalid.length} are not valid: ${invalid.slice(0, 5).join("\n")}`,
  );
  const all = texts.join("\n");
  const words = [
    ...FUNCTION_NAMES.map((name) => `${name}(`),
    ..."sum avg count min max group stddev stdvar topk bottomk quantile count_values limitk limit_ratio".split(
      " ",
    ),
    ..." + , - , * , / , % , ^ , atan2 , ==, !=, <, <=, >, >=, </, >/, bool , and , or , unless ".split(","),
    ..." on (, ignoring (, group_left (, group_right (, fill, by (, without (, offset , @ , smoothed, anchored".split(
      ",",
    ),
  ];
  assert.deepEqual(
    words.filter((word) => !all.includes(word)),
    [],
  );
});

test("a seed is a query, and a data set", () => {
  assert.equal(printTree(query(7)), printTree(query(7)));
  assert.deepEqual(makeData(new Random(7)), makeData(new Random(7)));
  assert.notDeepEqual(makeData(new Random(7)), makeData(new Random(8)));
});

test("a smaller tree has a part in the place of what it was a part of, or lacks what may be left away", () => {
  const inner = treeOf("vector", "up#", { kind: "option", parts: [" offset 1m"] });
  const outer = treeOf("vector", "abs(#)", treeOf("vector", "-#", inner));
  assert.deepEqual(Array.from(smallerTrees(outer), printTree), [
    "-up offset 1m",
    "up offset 1m",
    "abs(up offset 1m)",
    "abs(-up)",
  ]);
});
