/** The samples and series that a query counts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { rangeQuery } from "../../../lib/promql/engine/engine.ts";
import { loaded, MINUTES, OPTIONS, query, SOURCE } from "./query-of-source.ts";

test("samples are counted for each step", async () => {
  const { samples } = await rangeQuery(SOURCE, query("sum(a) + sum(rate(b[2m]))"), MINUTES, OPTIONS);
  assert.deepEqual([...samples.totalQueryableSamplesPerStep!], [3, 4, 4, 4, 4, 4]);
  assert.equal(samples.totalQueryableSamples, 23);
  const unused = await rangeQuery(SOURCE, query("start_timestamp(a)"), MINUTES, OPTIONS);
  assert.equal(unused.samples.totalQueryableSamples, 12);
  // Of the info series two are read: with labels of one series, and with those of several.
  const infos = loaded(
    ["a{job='x',instance='1'}", "a{job='y',instance='2'}"]
      .concat(["1", "2", "3"].map((instance) => `target_info{job="x",instance="${instance}"}`))
      .map((series) => `${series.replaceAll("'", '"')} 1x5`)
      .join("\n"),
  );
  const described = await rangeQuery(infos, query("info(a)"), MINUTES, OPTIONS);
  assert.equal(described.samples.totalQueryableSamples, 24);
  const once = await rangeQuery(SOURCE, query("sum(a @ 0)"), MINUTES, OPTIONS);
  assert.equal(once.samples.totalQueryableSamples, 12);
});

test("samples are read once: not again at the next step, nor for each step where they are the same", async () => {
  const readBy = async (text: string) => {
    const { samples } = await rangeQuery(SOURCE, query(text), MINUTES, OPTIONS);
    assert.equal(
      samples.samplesRead,
      samples.samplesReadPerStep!.reduce((sum, read) => sum + read, 0),
    );
    return [...samples.samplesReadPerStep!];
  };
  assert.deepEqual(await readBy("a"), [2, 2, 2, 2, 2, 2]);
  assert.deepEqual(await readBy("rate(b[2m])"), [1, 1, 1, 1, 1, 1]);
  assert.deepEqual(await readBy("sum(rate(b[2m]))"), [1, 1, 1, 1, 1, 1]);
  assert.deepEqual(await readBy("rate(b[30s])"), [1, 1, 1, 1, 1, 1]);
  assert.deepEqual(await readBy("sum(a @ 0)"), [2, 0, 0, 0, 0, 0]);
  assert.deepEqual(await readBy("quantile_over_time(scalar(b), b[2m] @ 120)"), [3, 1, 1, 1, 1, 1]);
  // Of each minute two steps of the subquery; of the first minute those in its window.
  assert.deepEqual(await readBy("sum_over_time(b[2m:30s])"), [1, 2, 2, 2, 2, 2]);
  // Of the steps between windows none.
  assert.deepEqual(await readBy("sum_over_time(b[30s:30s])"), [1, 1, 1, 1, 1, 1]);
  // The lookback delta reaches five minutes ahead too.
  assert.deepEqual(await readBy("b smoothed"), [6, 1, 1, 1, 1, 1]);
  assert.deepEqual(await readBy("b smoothed offset 5m"), [1, 1, 1, 1, 1, 1]);
});

test("series are counted for each selector", async () => {
  const touchedBy = async (text: string, range = MINUTES) =>
    (await rangeQuery(SOURCE, query(text), range, OPTIONS)).samples.seriesTouched;
  assert.equal(await touchedBy("1"), 0);
  assert.equal(await touchedBy("sum(a)"), 2);
  assert.equal(await touchedBy("a + a"), 4);
  assert.equal(await touchedBy("a + rate(b[2m]) + sum_over_time(a[2m:30s])"), 5);
  // One read serves both selectors; one of them looks when there is nothing.
  assert.equal(await touchedBy("a or a offset 1h"), 2);
});
