import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { newMatcher } from "../../../lib/model/matcher.ts";
import type { MetricValues } from "../../../lib/model/metrics.ts";
import { ALL_TIME, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { compactAndLog } from "../../../lib/storage/compact/compaction-log.ts";
import { deleteSeries } from "../../../lib/storage/erase/delete-series.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { series } from "../../helpers/write-requests.ts";

async function compactOnce(engine: Engine): Promise<{ lines: string[]; metrics: MetricValues }> {
  const lines: string[] = [];
  const told: MetricValues[] = [];
  const options = {
    clock: engine.clock,
    randomBytes,
    retentionOf: () => 0,
    deadlineMs: Number.POSITIVE_INFINITY,
  };
  await compactAndLog(
    engine.table,
    options,
    (level, message) => lines.push(`${level} ${message}`),
    (values) => told.push(values),
  );
  assert.equal(told.length, 1);
  return { lines, metrics: told[0] };
}

test("a compaction tells how far behind it is, also when it is not, and what it did", async () => {
  const engine = new Engine();
  const idle = (await compactOnce(engine)).metrics;
  assert.equal(idle.LagMs, 0);
  assert.deepEqual(Object.keys(idle).sort(), ["LagMs", "ReadUnits", "WriteUnits"]);

  await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1], [MIDNIGHT_MS + 1000, 2])]);
  engine.nowMs += 5 * MINUTE_MS;
  assert.ok((await compactOnce(engine)).metrics.LagMs >= 5 * MINUTE_MS);
  engine.nowMs += 9 * HOUR_MS;
  const done = await compactOnce(engine);
  assert.equal(done.metrics.Samples, 2);
  assert.ok(done.metrics.WriteUnits > 0);
  assert.ok(done.lines.includes("info compaction"));
});

test("a day that fails is told", async () => {
  const table = new FaultyTable();
  const engine = new Engine({ table });
  await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1])]);
  engine.nowMs += HOUR_MS;
  // After the cursor and the marks: the day's manifest.
  table.failOnce(2);
  const { lines, metrics } = await compactOnce(engine);
  assert.equal(metrics.FailedDays, 1);
  assert.ok(metrics.LagMs >= HOUR_MS);
  assert.deepEqual(lines, ["error compacted day", "error compaction"]);
});

test("a deletion that waits for the end of its samples' bucket has an age, and none once it is carried out", async () => {
  const engine = new Engine();
  await engine.append(engine.newWriters(), [
    series("up", {}, [MIDNIGHT_MS, 1]),
    series("load", {}, [MIDNIGHT_MS, 1]),
  ]);
  engine.nowMs += HOUR_MS;
  assert.equal((await compactOnce(engine)).metrics.DeletionAgeMs, undefined);
  const { table, clock } = engine;
  const place = { table, clock, randomBytes, tenant: "t", retentionMs: 0, accessKeyId: "" };
  await deleteSeries(place, [[newMatcher("=", "__name__", "up")]], ALL_TIME);
  engine.nowMs += 2 * HOUR_MS;
  const waiting = (await compactOnce(engine)).metrics.DeletionAgeMs;
  assert.ok(waiting >= 2 * HOUR_MS && waiting < 3 * HOUR_MS, String(waiting));
  engine.nowMs += 7 * HOUR_MS;
  await compactOnce(engine);
  assert.equal((await compactOnce(engine)).metrics.DeletionAgeMs, undefined);
});
