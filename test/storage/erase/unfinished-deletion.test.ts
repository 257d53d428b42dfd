/** A deletion that stops before all its days are done: what it did is whole, and the error says where to go on. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { listPendingDays } from "../../../lib/storage/erase/ask-for-erasure.ts";
import { deleteSeries } from "../../../lib/storage/erase/delete-series.ts";
import { isDeletionsSortKey } from "../../../lib/storage/layout/keys.ts";
import { loadAllRollupMonths } from "../../../lib/storage/rollups/rollup-months.ts";
import { runCompactor } from "../../helpers/storage/compaction.ts";
import { DeletingEngine } from "../../helpers/storage/deletions.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { tableWith } from "../../helpers/storage/table-with.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { series } from "../../helpers/write-requests.ts";

/** Over the end of a month. */
const DAYS = 45;
const SELECTOR = [newMatcher("=", "__name__", "old")];

async function newStore(): Promise<DeletingEngine> {
  const store = new DeletingEngine(new Engine());
  const { engine } = store;
  for (let day = 0; day < DAYS; day++) {
    engine.nowMs = MIDNIGHT_MS + day * DAY_MS + 1000;
    await store.append(
      ["old", "new"].map((name) => series(name, { day: `${day % 3}` }, [engine.nowMs, day])),
    );
  }
  engine.nowMs += 2 * DAY_MS;
  await engine.compact();
  return store;
}

/** The start that an error names. */
function nextStart(error: Error): string {
  const [, done, all, before, start] =
    /^deletion: not finished, (\d+) of (\d+) days are done, all before ([\d-]+); repeat it with start=(\S+) for the rest$/.exec(
      error.message,
    ) ?? assert.fail(error.message);
  assert.ok(Number(done) > 0 && Number(done) < Number(all), error.message);
  assert.equal(start, `${before}T00:00:00Z`);
  return start;
}

test("each try does some days, and others go on where it stopped", async () => {
  const store = await newStore();
  const { engine, model } = store;
  const { table, clock } = engine;
  const options = { table, clock, randomBytes, tenant: "t", retentionMs: 0, accessKeyId: "HKA" };
  let minTime = MIDNIGHT_MS;
  const maxTime = MIDNIGHT_MS + DAYS * DAY_MS;
  let tries = 0;
  for (let isDone = false; !isDone; tries++) {
    let looks = 0;
    const range = { minTime, maxTime };
    try {
      await deleteSeries({ ...options, isOver: () => ++looks > 11 }, [SELECTOR], range);
      isDone = true;
    } catch (error) {
      minTime = Date.parse(nextStart(error as Error));
      assert.ok(minTime > range.minTime);
    }
    model.delete({ matchers: SELECTOR, minTime: range.minTime, maxTime: isDone ? maxTime : minTime - 1 });
    await store.check();
    // Rows are told of the days that are done, so none outlives what it was made of.
    const months = [...(await loadAllRollupMonths(table, "t")).values()];
    const told = Math.max(...months.flatMap(({ deletions }) => deletions.all.map((one) => one.maxTime)));
    assert.ok(told >= (isDone ? MIDNIGHT_MS + (DAYS - 1) * DAY_MS : minTime - 1));
  }
  assert.ok(tries > 3, `${tries} tries`);
  await engine.compact();
  await store.check();
});

test("one that is over at once does a day all the same", async () => {
  const store = await newStore();
  const { table, clock } = store.engine;
  const options = { table, clock, randomBytes, tenant: "t", retentionMs: 0, accessKeyId: "HKA" };
  const range = { minTime: MIDNIGHT_MS, maxTime: MIDNIGHT_MS + DAYS * DAY_MS };
  await assert.rejects(deleteSeries({ ...options, isOver: () => true }, [SELECTOR], range), {
    kind: "unavailable",
    message: /not finished, 1 of 45 days are done/,
  });
});

test("the API stops after 20 s, with 503 and the start of the rest", async () => {
  const gateway = await TestGateway.open();
  await gateway.addKey({ id: "HKADMIN", scopes: ["admin"] });
  for (let day = 0; day < DAYS; day++) {
    gateway.nowMs = MIDNIGHT_MS + day * DAY_MS;
    assert.equal((await gateway.write([series("old", {}, [gateway.nowMs, 1])])).status, 200);
  }
  // Each look at the clock takes long.
  let nowMs = gateway.nowMs;
  Object.defineProperty(gateway, "nowMs", { get: () => nowMs, set: () => (nowMs += 700) });
  let tries = 0;
  for (let start = "0"; ; tries++) {
    const response = await gateway.fetch("/api/v1/admin/tsdb/delete_series", {
      method: "POST",
      body: new URLSearchParams({ "match[]": "old", start }),
      headers: { Authorization: basic("HKADMIN") },
    });
    if (response.status === 204) break;
    assert.equal(response.status, 503);
    const { errorType, error } = (await response.json()) as { errorType: string; error: string };
    assert.equal(errorType, "unavailable");
    start = nextStart(new Error(error));
    assert.ok(tries < DAYS);
  }
  assert.ok(tries > 0);
});

test("the compactor is called to a deletion of a clock that was ahead into the next hour", async () => {
  const store = new DeletingEngine(new Engine());
  const { engine } = store;
  engine.nowMs = MIDNIGHT_MS + 10 * MINUTE_MS;
  await store.append([series("old", {}, [engine.nowMs, 1])]);
  engine.nowMs = MIDNIGHT_MS + HOUR_MS - 2 * MINUTE_MS;
  // Ahead at the two looks beside the deletion's call.
  let looks = Number.POSITIVE_INFINITY;
  const clock = () => engine.nowMs + (looks++ < 2 ? 4 * MINUTE_MS : 0);
  const table = tableWith(engine.table, {
    get: async (key, options) => {
      const item = await engine.table.get(key, options);
      if (isDeletionsSortKey(key.sk)) looks = 0;
      return item;
    },
  });
  const place = { tenant: "t", retentionMs: 0, randomBytes, accessKeyId: "" };
  await deleteSeries({ ...place, table, clock }, [SELECTOR], ALL_TIME);
  for (let run = 0; run < 3; run++) {
    engine.nowMs += DAY_MS;
    assert.deepEqual((await runCompactor(engine)).errors, []);
  }
  assert.deepEqual(await listPendingDays({ ...place, table: engine.table, clock: engine.clock }), []);
});
