/** Expressions that are short for what they ask: each ends with the query's time, or by a limit that its error names. */
import assert from "node:assert/strict";
import test from "node:test";
import { HEAVY_EXPRESSIONS } from "../../bench/hostile/expressions.ts";
import { END_MS, heavySource } from "../../bench/hostile/heavy-source.ts";
import { LONG_TEXTS } from "../../bench/hostile/texts.ts";
import { HearthError } from "../../lib/model/errors.ts";
import type { Series } from "../../lib/model/samples.ts";
import { instantQuery, rangeQuery } from "../../lib/promql/engine/engine.ts";
import type {
  EngineLimits,
  QueryOptions,
  QueryResult,
  SeriesSource,
} from "../../lib/promql/engine-interface.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { parseExpr } from "../../lib/promql/parse/parse-expr.ts";
import { astToJson } from "../../lib/promql/syntax/ast-json.ts";
import { printPretty } from "../../lib/promql/syntax/print-pretty.ts";

const LIMITS: EngineLimits = { maxSamples: 20_000_000, maxSteps: 11_001, maxSeries: 100_000, timeoutMs: 20 };
/** CPU that an expression may take beyond its time limit: a step of the slowest loop, compiling, and collecting garbage. */
const SLACK_MS = 1500;

const OPTIONS: QueryOptions = {
  lookbackDeltaMs: 300_000,
  limits: LIMITS,
  clock: () => performance.now(),
  defaultSubqueryStepMs: 60_000,
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
  useStartTimestamps: false,
  perStepStats: false,
};
const NO_HURRY = { ...OPTIONS, limits: { ...LIMITS, timeoutMs: 3_600_000 } };
const RANGE = { startMs: END_MS - 3_000_000, endMs: END_MS, stepMs: 1000 };

function range(source: SeriesSource, text: string, options = OPTIONS): Promise<QueryResult> {
  return rangeQuery(source, { text, expr: parseExpr(text, ALL_EXPERIMENTS) }, RANGE, options);
}

function instant(source: SeriesSource, text: string, options = OPTIONS): Promise<QueryResult> {
  return instantQuery(source, { text, expr: parseExpr(text, ALL_EXPERIMENTS) }, { timeMs: END_MS }, options);
}

/** Milliseconds of CPU that a run takes, and its error: one that is worded, or none. */
async function costOf(run: () => Promise<unknown>): Promise<[cpuMs: number, error: HearthError | undefined]> {
  const before = process.cpuUsage();
  const error = await run().then(
    () => undefined,
    (one) => one,
  );
  const { user, system } = process.cpuUsage(before);
  assert.ok(error === undefined || error instanceof HearthError, error?.stack);
  return [(user + system) / 1000, error];
}

/** Each in one of the two kinds of query, in turn; all of them in both are `npm run bench:hostile`. */
test(`${HEAVY_EXPRESSIONS.length} heavy expressions end within their time`, async () => {
  const source = heavySource(0.5);
  for (const [i, { name, text }] of HEAVY_EXPRESSIONS.entries()) {
    if (i % 3 !== 0 && i < HEAVY_EXPRESSIONS.length - 40) continue;
    const run = i % 2 === 0 ? range : instant;
    const [cpuMs, error] = await costOf(() => run(source, text));
    const which = `${run.name} query ${name}: ${error?.message}`;
    assert.ok(cpuMs < LIMITS.timeoutMs + SLACK_MS, `${which}: ${Math.round(cpuMs)} ms of CPU`);
    assert.ok((error?.message.length ?? 0) < 1000, which);
    assert.notEqual(error?.kind, "internal", which);
  }
});

test("a subquery without any data ends with the query's time, whatever its steps", async () => {
  const text = "quantile_over_time(0.5, (vector(time() * 7919) % 104729)[1000000s:1s])";
  const options = { ...OPTIONS, limits: { ...LIMITS, timeoutMs: 300 } };
  const [cpuMs, error] = await costOf(() => range(heavySource(0), text, options));
  assert.equal(error?.kind, "timed out");
  assert.ok(cpuMs < 300 + SLACK_MS, `${cpuMs} ms`);
});

/** What passes a limit of memory, and the limit's name. Without the limit each takes gigabytes. */
const TOO_LARGE: readonly (readonly [text: string, limit: RegExp])[] = [
  [Array(490).fill("wide").join(" or "), /limit=maxSeriesBytes/],
  [Array(490).fill("last_over_time(wide[3h])").join(" or "), /limit=maxSeriesBytes/],
  ["vector(1)[292y:1ms]", /limit=maxSamples/],
  ["count_over_time(vector(1)[292y:1ms])", /limit=maxSamples/],
  [
    `label_replace(wide, "a", "${"x".repeat(20_000)}", "", "")`,
    /label_replace\(\): .*limit=maxLabelValueBytes/,
  ],
  [`label_replace(wide, "a", "${"$0".repeat(10_000)}", "instance", ".*")`, /limit=maxLabelValueBytes/],
  [`label_replace(wide, "${"a".repeat(2000)}", "x", "", "")`, /limit=maxLabelNameBytes/],
  [`label_replace(wide, "__name__", "${"a".repeat(2000)}", "", "")`, /limit=maxMetricNameBytes/],
  [
    ["a", "b", "c", "d", "e"].reduce(
      (inner, l) => `label_replace(${inner}, "${l}", "${"x".repeat(15_000)}", "", "")`,
      "one",
    ),
    /label_replace\(\): .*limit=maxLabelSetBytes/,
  ],
  [
    `count_values("v", text) or label_join(one, "x", "${"y".repeat(10_000)}", "job", "job", "job")`,
    /label_join\(\): .*limit=maxLabelValueBytes/,
  ],
];

for (const [text, limit] of TOO_LARGE) {
  test(`a limit by name: ${text.slice(0, 70)}`, async () => {
    const error = await instant(heavySource(1), text, NO_HURRY).then(
      () => undefined,
      (one) => one,
    );
    assert.ok(error instanceof HearthError, String(error?.stack));
    assert.match(error.message, limit);
    assert.ok(error.message.length < 1000);
  });
}

test("label functions over themselves do not grow past the limits of labels", async () => {
  const names = ["job", "a", "b", "c", "d", "e", "f", "g", "h"];
  const text = names.reduce((inner, name, i) => {
    const sources = Array(8)
      .fill(`"${names[i - 1]}"`)
      .join(", ");
    return i === 0 ? inner : `label_join(${inner}, "${name}", "", ${sources})`;
  }, "one");
  await assert.rejects(
    instant(heavySource(1), text, NO_HURRY),
    /label_join\(\): the value of label "d" would have more than the 16383 bytes/,
  );
});

test("label sets past the length that V8 hashes are not compared with each other", async () => {
  const [cpuMs, error] = await costOf(() =>
    instant(heavySource(1), 'label_join(text, "c", "-", "a", "b")', NO_HURRY),
  );
  assert.equal(error, undefined);
  assert.ok(cpuMs < 3000, `${cpuMs} ms`);
});

test("an anchored range of a million samples is an answer, not an overflow of the stack", async () => {
  const { value } = await instant(heavySource(1), "deep[50h] anchored", NO_HURRY);
  assert.ok(value.type === "matrix" && value.series[0].timestamps.length > 170_000);
});

/** Buckets whose bound has millions of characters. */
function bucketsOf(le: string): SeriesSource {
  const series: Series = {
    labels: [
      ["__name__", "b_bucket"],
      ["le", le],
    ],
    timestamps: Float64Array.of(END_MS),
    values: Float64Array.of(1),
  };
  return {
    async *select() {
      yield series;
    },
  };
}

test("bounds of classic histograms are read in time in proportion to their length", async () => {
  for (const le of [
    `${"1".repeat(4_000_000)}x`,
    `1.${"1".repeat(4_000_000)}x`,
    `1e${"1".repeat(4_000_000)}x`,
  ]) {
    const { warnings } = await instant(bucketsOf(le), "histogram_quantile(0.5, b_bucket)", NO_HURRY);
    assert.equal(warnings.length, 1);
    assert.ok(warnings[0].length < 400, `${warnings[0].length}`);
  }
});

test("an adversary's order of values does not make a quantile take the square of their number", async () => {
  // Each middle of what is left is its largest value: Hoare's selection takes off one value a round.
  const count = 200_000;
  const values = new Float64Array(count);
  const places = Array.from({ length: count }, (_, i) => i);
  for (let left = count; left > 0; left--) {
    const middle = (left - 1) >> 1;
    values[places[middle]] = left;
    places[middle] = places[left - 1];
  }
  const timestamps = values.map((_, i) => END_MS - (count - 1 - i));
  const source: SeriesSource = {
    async *select() {
      yield { labels: [["__name__", "m"]], timestamps, values };
    },
  };
  const [cpuMs] = await costOf(() => instant(source, "quantile_over_time(0, m[1h])", NO_HURRY));
  assert.ok(cpuMs < 5000, `${cpuMs} ms`);
});

test("the largest of many values are sorted in less than the square of their number", async () => {
  const source: SeriesSource = {
    async *select() {
      const timestamps = Float64Array.of(END_MS);
      for (let i = 0; i < 100_000; i++) {
        const labels = [
          ["__name__", "m"],
          ["i", String(i)],
        ] as const;
        yield { labels, timestamps, values: Float64Array.of((i * 7919) % 104_729) };
      }
    },
  };
  const [cpuMs, error] = await costOf(() => instant(source, "topk(100000, m)", NO_HURRY));
  assert.equal(error, undefined);
  assert.ok(cpuMs < 8000, `${cpuMs} ms`);
});

test("the longest texts of each kind are parsed and printed, or refused, in time in proportion to their length", () => {
  for (const [name, text] of LONG_TEXTS) {
    assert.ok(text.length <= 262_144, name);
    const before = process.cpuUsage();
    try {
      const expr = parseExpr(text, ALL_EXPERIMENTS);
      printPretty(expr);
      JSON.stringify(astToJson(expr));
    } catch (error) {
      assert.ok(error instanceof HearthError, `${name}: ${error}`);
      assert.ok(error.message.length < 1000, `${name}: ${error.message.length} characters`);
    }
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 3e6, `${name}: ${(user + system) / 1e6} s`);
  }
});
