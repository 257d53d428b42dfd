/** What a query holds in memory at a time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rangeQuery } from "../../../lib/promql/engine/engine.ts";
import type { SeriesSource } from "../../../lib/promql/engine-interface.ts";
import { errorOf, LIMITS, loaded, MINUTES, OPTIONS, query, SOURCE } from "./query-of-source.ts";

test("memory is given back: a long chain takes no more than a short one", async () => {
  const run = async (text: string) =>
    (await rangeQuery(SOURCE, query(text), MINUTES, OPTIONS)).samples.peakSamples;
  assert.equal(await run("abs(abs(abs(abs(abs(a)))))"), await run("abs(abs(a))"));
});

test("a vector's series are in memory one at a time, unless something else needs them too", async () => {
  const source = loaded('c{x="1"} 1+1x300\nc{x="2"} 1+1x300\nc{x="3"} 1+1x300');
  const run = (text: string) =>
    rangeQuery(source, query(text), MINUTES, { ...OPTIONS, limits: { ...LIMITS, maxSamples: 400 } });
  const at = "@ 18000";
  const { value } = await run(`sum(sum_over_time(c[300m] ${at})) / 3`);
  assert.ok(value.type === "matrix");
  assert.deepEqual([...value.series[0].values], Array(6).fill((300 * 303) / 2));
  const error = await errorOf(run(`sum_over_time(c[300m] ${at}) + timestamp(c ${at})`));
  assert.match(error.message, /limit=maxSamples$/);
});

test("a vector's series are given back, what is kept is not", async () => {
  const released = async (text: string) => {
    let count = 0;
    const source: SeriesSource = {
      async *select(selection) {
        for await (const series of SOURCE.select(selection)) {
          yield {
            ...series,
            release: () => {
              series.values.fill(Number.NaN);
              count++;
            },
          };
        }
      },
    };
    const { value } = await rangeQuery(source, query(text), MINUTES, OPTIONS);
    assert.deepEqual(value, (await rangeQuery(SOURCE, query(text), MINUTES, OPTIONS)).value);
    return count;
  };
  assert.equal(await released("last_over_time(a[5m])"), 2);
  assert.equal(await released("max_over_time(a[5m]) + min_over_time(a[3m])"), 2);
  assert.equal(await released("a + max_over_time(a[5m])"), 2);
  assert.equal(await released("timestamp(a) + max_over_time(a[5m])"), 0);
});

test("what is called over as it is read is told as if it were read first", async () => {
  const source = loaded('d{x="1"} 1+1x10\nd{x="2"} {{count:1 sum:1 buckets:[1]}} 2x9');
  const results = await Promise.all(
    ["rate(d[3m]) + d", "rate(d[3m]) + d and on() (timestamp(d) or vector(1))"].map((text) =>
      rangeQuery(source, query(text), MINUTES, OPTIONS),
    ),
  );
  const [streamed, kept] = results.map(({ value, warnings, infos }) => ({ value, warnings, infos }));
  assert.deepEqual(streamed, kept);
  assert.equal(streamed.warnings.length, 1);
  assert.equal(streamed.infos.length, 1);
});
