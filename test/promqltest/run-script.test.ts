/** The runner itself: it must see what is wrong. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSeries } from "../../lib/rules/unit-test/notation/series-notation.ts";
import { ApiTarget } from "./api-target.ts";
import { EngineTarget } from "./engine-target.ts";
import { runScript } from "./run-script.ts";
import type { ScriptTarget } from "./target.ts";

const LOAD = `load 1m
  m{a="1"} 1 2 3
  m{a="2"} {{schema:0 count:3 sum:4 buckets:[1 2]}}x2

`;

/** An evaluation, and what is wrong with it; undefined if nothing is. */
const CASES: readonly (readonly [evaluation: string, difference: RegExp | undefined])[] = [
  ['eval instant at 1m m{a="1"}\n  m{a="1"} 2', undefined],
  ['eval instant at 1m m{a="1"}\n  m{a="1"} 2.0000001', undefined],
  ['eval instant at 1m m{a="1"}\n  m{a="1"} 2.1', /2, not 2.1/],
  ['eval instant at 1m m{a="1"}\n  m{a="1"} 2\n  m{a="3"} 2', /missing/],
  ["eval instant at 1m m", /unexpected/],
  ['eval instant at 1m m{a="2"}\n  m{a="2"} {{schema:0 count:3 sum:4 buckets:[1 2]}}', undefined],
  ['eval instant at 1m m{a="2"}\n  m{a="2"} {{schema:0 count:3 sum:4 buckets:[1 3]}}', /, not /],
  ['eval instant at 1m m{a="2"}\n  m{a="2"} {{schema:0 count:3 sum:4 offset:1 buckets:[1 2]}}', /, not /],
  ['eval instant at 1m m{a="2"}\n  m{a="2"} 5', /, not 5/],
  ['eval range from 0 to 2m step 1m m{a="1"}\n  m{a="1"} 1 2 3', undefined],
  ['eval range from 0 to 2m step 1m m{a="1"}\n  m{a="1"} 1 _ 3', /3 points, not 2/],
  ["eval instant at 1m 1 + 1\n  2", undefined],
  ["eval instant at 1m 1 + 1\n  3", /scalar 2, not 3/],
  ["eval instant at 1m m + on () m\n  expect fail", undefined],
  ["eval instant at 1m m + on () m\n  expect fail msg: no", /failed/],
  ["eval instant at 1m 1\n  expect fail", /expected to fail/],
  ["eval instant at 1m rate(m[2m])\n  expect no_warn", /unexpected: PromQL warning|unexpected \{/],
  ['eval instant at 1m rate(m{a="1"}[2m])\n  expect info\n  {a="1"} 0.016666666666666666', undefined],
  [
    'eval instant at 1m rate(m{a="1"}[2m])\n  expect info msg: no\n  {a="1"} 0.016666666666666666',
    /annotation missing/,
  ],
  ['eval instant at 1m sort(m{a="1"})\n  expect ordered\n  m{a="1"} 2', undefined],
];

const TARGETS: readonly (readonly [name: string, open: () => Promise<ScriptTarget>])[] = [
  ["engine", async () => new EngineTarget()],
  ["API", () => ApiTarget.open(true)],
];

for (const [name, open] of TARGETS) {
  for (const [evaluation, expected] of CASES) {
    test(`${name}: ${evaluation}`, async () => {
      const [{ difference }] = await runScript(LOAD + evaluation, await open());
      if (expected === undefined) assert.equal(difference, undefined);
      else assert.match(difference ?? "", expected);
    });
  }
}

test("series notation", () => {
  const { labels, values } = parseSeries('m{b="x y", a="}"} 1+2x2 _ stale -1 _x2 {{sum:1}}x1');
  assert.deepEqual(labels, [
    ["__name__", "m"],
    ["a", "}"],
    ["b", "x y"],
  ]);
  const texts = values.map((value) => (value.kind === "float" ? value.value : value.kind));
  assert.deepEqual(texts, [1, 3, 5, "omitted", "stale", -1, "omitted", "omitted", "histogram", "histogram"]);
});

test("what is no series value is refused", () => {
  assert.throws(() => parseSeries("m 1 two"), /not a series value/);
  assert.throws(() => parseSeries("m {{schema:x}}"), /not a number/);
});
