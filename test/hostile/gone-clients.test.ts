/** A query whose client has gone ends soon: whatever it computes looks for that now and then, within one column too. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline } from "../../lib/model/deadline.ts";
import { errorKind } from "../../lib/model/errors.ts";
import { instantQuery } from "../../lib/promql/engine/engine.ts";
import type { QueryOptions, SeriesSource } from "../../lib/promql/engine-interface.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { parseExpr } from "../../lib/promql/parse/parse-expr.ts";

const CELLS = 1_000_000;
/** Cells of a column between two looks. */
const BLOCK = 131_072;
const LOOKS = Math.floor(CELLS / BLOCK);
const NO_SERIES: SeriesSource = { async *select() {} };

/** Evaluates over a column of a million cells; `isCanceled` gets the number of the look. */
async function evaluate(text: string, isCanceled: (look: number) => boolean): Promise<number> {
  let looks = 0;
  const deadline = new Deadline(() => 0, Number.POSITIVE_INFINITY, { isCanceled: () => isCanceled(looks++) });
  const options: QueryOptions = {
    lookbackDeltaMs: 300_000,
    limits: { maxSamples: 20_000_000, maxSteps: 11_001, maxSeries: 10, timeoutMs: 25_000 },
    clock: () => 0,
    defaultSubqueryStepMs: 60_000,
    delayedNameRemoval: false,
    typeAndUnitLabels: false,
    useStartTimestamps: false,
    perStepStats: false,
    deadline,
  };
  const query = `count_over_time((${text})[${CELLS}s:1s])`;
  const asked = { text: query, expr: parseExpr(query, ALL_EXPERIMENTS) };
  await instantQuery(NO_SERIES, asked, { timeMs: 1_796_000_000_000 }, options);
  return looks;
}

/** Each with the columns that it goes through beside those of `vector(time())`. */
const EXPRESSIONS = [
  ["vector(time() * 7919)", 1],
  ["abs(vector(time()))", 1],
  ["vector(time()) % 7919", 1],
  ["vector(time()) > 5", 1],
  ["hour()", 0],
  ["timestamp(vector(time()))", 1],
  ["max(vector(time()))", 1],
  ["count(vector(time()))", 1],
  ["group(vector(time()))", 1],
  ["stddev(vector(time()))", 2],
] as const;

test("looks are made within each column", async () => {
  // Those of `time`, and of the timestamps and values that the subquery makes of its cells.
  const base = await evaluate("vector(time())", () => false);
  assert.ok(base >= 3 * LOOKS, `${base} looks`);
  for (const [text, more] of EXPRESSIONS) {
    const looks = await evaluate(text, () => false);
    const least = (text === "hour()" ? 3 : 3 + more) * LOOKS;
    assert.ok(looks >= least, `${text}: ${looks} looks, ${least} expected`);
  }
});

test("the first look that finds the client gone is the last one", async () => {
  for (const [text] of EXPRESSIONS) {
    for (const gone of [0, 5, 2 * LOOKS]) {
      let looks = 0;
      const ended = evaluate(text, (look) => {
        looks++;
        return look >= gone;
      });
      await assert.rejects(ended, (error) => errorKind(error) === "canceled", text);
      assert.equal(looks, gone + 1, text);
    }
  }
});
