/** Aggregations that are computed while their series are read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rangeQuery } from "../../../lib/promql/engine/engine.ts";
import { errorOf, loaded, MINUTES, OPTIONS, query, SOURCE } from "./query-of-source.ts";

const AGGREGATED = loaded(
  [
    'd{x="1",y="1"} 1+1x10',
    'd{x="2",y="1"} {{count:1 sum:1 buckets:[1]}} {{count:3 sum:3 buckets:[1 0 2]}} {{count:9 sum:5 buckets:[4 1 4]}}x7',
    'd{x="3",y="2"} {{count:1 sum:1 buckets:[1]}} _x2 {{count:2 sum:2 buckets:[1 1]}} {{count:5 sum:6 buckets:[2 3]}}x5',
    'd{x="4",y="2"} {{count:1 sum:1 buckets:[1]}} {{count:4 sum:3 buckets:[1 3]}}x2 2+2x4',
    'd{x="5",y="3"} {{count:1 sum:1 buckets:[1]}} {{count:4 sum:4 buckets:[1 3]}}x8',
    'd{x="6",y="3"} {{schema:-53 count:1 sum:1 custom_values:[5] buckets:[1]}} {{schema:-53 count:2 sum:2 custom_values:[5] buckets:[2]}}x8',
  ].join("\n"),
);

test("what is aggregated as it is read is what is aggregated afterwards", async () => {
  for (const operator of ["sum", "avg", "count", "group", "min", "max", "stddev", "stdvar"]) {
    for (const inner of ["(rate(d[2m]))", "(d)", "by (y) (rate(d[2m]))", "without (x) (d)"]) {
      const text = `${operator} ${inner}`;
      const results = await Promise.all(
        // A selector that needs its samples keeps all of them.
        [text, `${text} and on() (timestamp(d) or vector(1))`].map((one) =>
          rangeQuery(AGGREGATED, query(one), { startMs: 0, endMs: 600_000, stepMs: 30_000 }, OPTIONS),
        ),
      );
      const [streamed, kept] = results.map(({ value, warnings, infos }) => ({ value, warnings, infos }));
      assert.deepEqual(streamed, kept, text);
    }
  }
});

test("what is absent is aggregated, though no series is read", async () => {
  for (const text of ["count(absent_over_time(nothing[2m]))", "sum(absent_over_time(a[2m]))"]) {
    const { value } = await rangeQuery(SOURCE, query(text), MINUTES, OPTIONS);
    assert.ok(value.type === "matrix");
    assert.deepEqual(
      value.series.map(({ values }) => [...values]),
      text.includes("nothing") ? [Array(6).fill(1)] : [],
    );
  }
});

test("of what is aggregated as it is read, a step's series are not all in memory", async () => {
  const source = loaded(Array.from({ length: 10 }, (_, i) => `c{x="${i}"} 1+1x10`).join("\n"));
  const peakOf = async (text: string) =>
    (await rangeQuery(source, query(text), MINUTES, OPTIONS)).samples.peakSamples;
  const [aggregated, all] = await Promise.all([peakOf("sum(rate(c[2m]))"), peakOf("rate(c[2m])")]);
  assert.ok(3 * aggregated < all, `${aggregated} and ${all} samples`);
});

test("aggregating as it is read sees that two metrics' series are the same without their names", async () => {
  const source = loaded('m1{x="1"} 1+1x10\nm2{x="1"} 1+1x10\nn1{x="2"} 1+1x5\nn2{x="2"} _x8 1+1x5');
  const ask = (text: string, delayedNameRemoval: boolean) => {
    const range = { startMs: 0, endMs: 840_000, stepMs: 60_000 };
    return rangeQuery(source, query(text), range, { ...OPTIONS, delayedNameRemoval });
  };
  const both = 'sum(rate({__name__=~"m."}[2m]))';
  assert.match((await errorOf(ask(both, false))).message, /metrics with the same labelset/);
  assert.equal((await ask(both, true)).warnings.length, 0);
  const apart = await ask('count(rate({__name__=~"n."}[2m]))', false);
  assert.ok(apart.value.type === "matrix");
  assert.deepEqual([...apart.value.series[0].values], Array(apart.value.series[0].values.length).fill(1));
});
