/** The engine beside what scripts can say: what it reads, what it refuses, what it counts, what its answers look like. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import type { Selection } from "../../../lib/model/selection.ts";
import { instantQuery, rangeQuery } from "../../../lib/promql/engine/engine.ts";
import type {
  EngineLimits,
  QueryEngine,
  QueryOptions,
  SeriesSource,
} from "../../../lib/promql/engine-interface.ts";
import { MemorySource } from "../../promqltest/memory-source.ts";
import { errorOf, LIMITS, loaded, MINUTES, OPTIONS, query, SOURCE } from "./query-of-source.ts";

/** What a query asks its source for. */
async function selectionsOf(text: string, options: QueryOptions = OPTIONS): Promise<string[]> {
  const asked: Selection[] = [];
  const source: SeriesSource = {
    select(selection) {
      asked.push(selection);
      return new MemorySource().select(selection);
    },
  };
  await rangeQuery(source, query(text), MINUTES, options);
  return asked.map(({ matchers, minTime, maxTime }) => {
    const names = matchers.map(({ name, type, value }) => `${name}${type}${value}`).join(",");
    return `${names} ${minTime}..${maxTime}`;
  });
}

/** Ranges are left-open: a sample at their very start is not asked for. */
const READS: readonly (readonly [text: string, selections: readonly string[]])[] = [
  ["1 + 1", []],
  ["a", ["__name__=a -299999..300000"]],
  ["rate(a[1m])", ["__name__=a -59999..300000"]],
  ["a offset 1m", ["__name__=a -359999..240000"]],
  ["a @ 600", ["__name__=a 300001..600000"]],
  ["a @ end() + rate(a[2m] @ start())", ["__name__=a -119999..300000"]],
  ["a + a", ["__name__=a -299999..300000"]],
  ["a + rate(a[10m])", ["__name__=a -599999..300000"]],
  ["a + a offset 1d", ["__name__=a -86699999..-86100000", "__name__=a -299999..300000"]],
  ["max_over_time(a[10m:1m])", ["__name__=a -839999..300000"]],
  ["rate(a[1m] smoothed)", ["__name__=a -359999..600000"]],
  ["rate(a[1m] anchored)", ["__name__=a -359999..300000"]],
  ['a{x="1"} or b', ["__name__=a,x=1 -299999..300000", "__name__=b -299999..300000"]],
  ["info(a @ 600)", ["__name__=a 300001..600000", "__name__=target_info 300001..600000"]],
];

for (const [text, expected] of READS) {
  test(`${text} reads ${expected.length} times`, async () => {
    const actual = await selectionsOf(text);
    const normal = actual.map((one) => one.replace(/^x=1,__name__=a/, "__name__=a,x=1"));
    assert.deepEqual(normal, expected);
  });
}

test("every limit is named by the error that it causes", async () => {
  const limited = (text: string, limits: Partial<EngineLimits>, options: Partial<QueryOptions> = {}) =>
    errorOf(
      rangeQuery(SOURCE, query(text), MINUTES, { ...OPTIONS, ...options, limits: { ...LIMITS, ...limits } }),
    );
  const errors = [
    await limited("a", { maxSteps: 5 }),
    await limited("a", { maxSeries: 1 }),
    await limited("a", { maxSamples: 10 }),
    await limited("a", {}, { clock: countingClock(600) }),
  ];
  assert.deepEqual(
    errors.map(({ kind, message }) => [kind, /limit=(\w+)$/.exec(message)?.[1]]),
    [
      ["too large", "maxSteps"],
      ["too large", "maxSeries"],
      ["too large", "maxSamples"],
      ["timed out", "timeout"],
    ],
  );
});

/** Goes on by so many ms whenever somebody looks at it. */
function countingClock(stepMs: number): () => number {
  let now = 0;
  return () => {
    now += stepMs;
    return now;
  };
}

test("answers have columns", async () => {
  const { value } = await rangeQuery(SOURCE, query('a{x="1"} > 3'), MINUTES, OPTIONS);
  assert.deepEqual(value, {
    type: "matrix",
    series: [
      {
        labels: [
          ["__name__", "a"],
          ["x", "1"],
        ],
        timestamps: Float64Array.of(180_000, 240_000, 300_000),
        values: Float64Array.of(4, 5, 6),
        histograms: undefined,
      },
    ],
  });
});

test("the engine is what the query API expects", () => {
  const engine: QueryEngine = { instantQuery, rangeQuery };
  assert.equal(Object.keys(engine).length, 2);
});

test("each type of value", async () => {
  const at = (text: string) => instantQuery(SOURCE, query(text), { timeMs: 60_000 }, OPTIONS);
  assert.deepEqual((await at("1 + time()")).value, { type: "scalar", timestampMs: 60_000, value: 61 });
  assert.deepEqual((await at('"text"')).value, { type: "string", timestampMs: 60_000, value: "text" });
  const types = [
    (await at("a")).value.type,
    (await at("a[1m]")).value.type,
    (await at("a[2m:1m]")).value.type,
  ];
  assert.deepEqual(types, ["vector", "matrix", "matrix"]);
});

test("a range query takes no range vector", async () => {
  const error = await errorOf(rangeQuery(SOURCE, query("a[1m]"), MINUTES, OPTIONS));
  assert.equal(error.kind, "invalid");
  assert.match(error.message, /invalid expression type "range vector" for range query/);
});

test("names that are dropped at once may make series the same", async () => {
  const text = 'abs({x="1"})';
  const error = await errorOf(instantQuery(SOURCE, query(text), { timeMs: 0 }, OPTIONS));
  assert.equal(error.message, "vector cannot contain metrics with the same labelset");
  const labelled = 'label_replace(abs({x="1"}), "metric", "$1", "__name__", "(.*)")';
  const delayed = await instantQuery(
    SOURCE,
    query(labelled),
    { timeMs: 0 },
    { ...OPTIONS, delayedNameRemoval: true },
  );
  assert.equal(delayed.value.type === "vector" && delayed.value.series.length, 2);
});

test("of two errors the one that is evaluated first is told, whichever is found first", async () => {
  const same = 'count(max_over_time({x="1"}[5m]))';
  const unfit = "irate(a[2m] anchored)";
  for (const [text, message] of [
    [`${unfit} + ${same}`, /anchored modifier can only be used with/],
    [`${same} + ${unfit}`, /metrics with the same labelset/],
  ] as const) {
    const error = await errorOf(instantQuery(SOURCE, query(text), { timeMs: 0 }, OPTIONS));
    assert.equal(error.kind, "invalid");
    assert.match(error.message, message);
  }
});

test("series that are the same without their names are one when they have no step in common", async () => {
  const gaps = loaded('g1{x="1"} 1 1 _ _ _ _ 1\ng2{x="1"} _ _ 2 2 _ _ _');
  const evaluate = (text: string) => rangeQuery(gaps, query(text), MINUTES, OPTIONS);
  const { value } = await evaluate('max_over_time({x="1"}[1m])');
  assert.deepEqual(
    value.type === "matrix" && value.series.map(({ labels, values }) => [labels, [...values]]),
    [[[["x", "1"]], [1, 1, 2, 2]]],
  );
  const error = await errorOf(evaluate('max_over_time({x="1"}[3m])'));
  assert.equal(error.message, "vector cannot contain metrics with the same labelset");
});

test("a name that only some steps want dropped late is dropped as the first of them has it", async () => {
  const moving = loaded('m{x="1"} 1 9 9 9 9 9\nm{x="2"} 9 1 1 1 1 1');
  const late = { ...OPTIONS, delayedNameRemoval: true };
  const { value } = await rangeQuery(moving, query("(3 % bottomk(1, m)) or m"), MINUTES, late);
  assert.deepEqual(
    value.type === "matrix" && value.series.map(({ labels, values }) => [labels, [...values]]),
    [
      [
        [
          ["__name__", "m"],
          ["x", "2"],
        ],
        [9, 0, 0, 0, 0, 0],
      ],
      [[["x", "1"]], [0, 9, 9, 9, 9, 9]],
    ],
  );
});

test("what limitk and limit_ratio pick of an instant lies in the order of a heap by value", async () => {
  const unordered = loaded('k{x="a"} 3\nk{x="b"} 1\nk{x="c"} {{sum:2 count:2}}');
  for (const picked of ["limitk(3, k)", "limit_ratio(1, k)"]) {
    const { value } = await instantQuery(unordered, query(picked), { timeMs: 0 }, OPTIONS);
    const order = value.type === "vector" && value.series.map(({ labels }) => labels.at(-1)?.[1]);
    assert.deepEqual(order, ["c", "a", "b"], picked);
  }
});

test("of an instant, matches stand in the order of the side that may have several, what is filled in behind them", async () => {
  const sides = loaded(
    'l{a="1",z="x"} 1\nl{a="2",z="y"} 2\nl{a="3",z="x"} 3\nr{z="w"} 4\nr{z="x"} 5\nr{z="y"} 6',
  );
  const orderOf = async (text: string) => {
    const { value } = await instantQuery(sides, query(text), { timeMs: 0 }, OPTIONS);
    return value.type === "vector" && value.series.map(({ values }) => values[0]);
  };
  assert.deepEqual(await orderOf("l * on (z) group_left () r"), [5, 12, 15]);
  assert.deepEqual(await orderOf("l * on (z) group_left () fill_left (0) r"), [5, 12, 15, 0]);
});

test("the buckets of histograms are looked at where they are compared, though it is their count that is asked for", async () => {
  const twins = loaded(
    'h{i="a"} {{schema:0 sum:1 count:1 buckets:[1]}}\ng{i="a"} {{schema:0 sum:1 count:1 buckets:[0 1]}}',
  );
  const { value } = await instantQuery(twins, query("histogram_count(h == g)"), { timeMs: 0 }, OPTIONS);
  assert.equal(value.type === "vector" && value.series.length, 0);
});

test("quantiles that are the same series may be summed up when names are dropped late", async () => {
  const histograms = loaded('h{q="x"} {{schema:0 sum:1 count:1 buckets:[1]}}');
  const late = { ...OPTIONS, delayedNameRemoval: true };
  for (const text of ['histogram_quantiles(h, "q", 1, 1)', 'topk(2, histogram_quantiles(h, "q", 1, 1))']) {
    const ask = (options: QueryOptions, of = `count(${text})`) =>
      instantQuery(histograms, query(of), { timeMs: 0 }, options);
    const { value } = await ask(late);
    assert.equal(value.type === "vector" && value.series[0].values[0], 2);
    for (const failing of [ask(OPTIONS), ask(late, text)])
      assert.equal((await errorOf(failing)).message, "vector cannot contain metrics with the same labelset");
  }
});

test("increases of histograms are added up as they are: what rounding has lost is lost", async () => {
  const histograms = ["", "count:1", "", "count:1e16", "count:-1e16"].map((text) => `{{schema:0 ${text}}}`);
  const lost = loaded(`lost ${histograms.join(" ")}`);
  const { value } = await instantQuery(lost, query("increase(lost[5m])"), { timeMs: 240_000 }, OPTIONS);
  assert.equal(value.type === "vector" && value.series[0].histograms?.histograms[0].count, 0);
});

test("annotations name the line and the byte", async () => {
  const { warnings } = await instantQuery(
    SOURCE,
    query('a{x!="é"} and\n  quantile(2, a)'),
    { timeMs: 0 },
    OPTIONS,
  );
  assert.deepEqual(warnings, ["PromQL warning: quantile value should be between 0 and 1, got 2 (2:12)"]);
});

test("a failing source fails the query", async () => {
  const source: SeriesSource = {
    select() {
      throw new HearthError("unavailable", "reading: throttled");
    },
  };
  const error = await errorOf(instantQuery(source, query("a"), { timeMs: 0 }, OPTIONS));
  assert.equal(error.kind, "unavailable");
});
