/** A day that cannot be compacted costs itself: bounded memory, and a wait after attempts that ended without a word. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { HearthError } from "../../../lib/model/errors.ts";
import { HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { dayOf, KIND } from "../../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item, Table } from "../../../lib/storage/table/table.ts";
import { manifestOf, runCompactor } from "../../helpers/storage/compaction.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import type { LargeLabels, LargeLabelsResult } from "../../helpers/storage/large-labels.ts";
import { series } from "../../helpers/write-requests.ts";

const DAY = dayOf(MIDNIGHT_MS);

test("labels that deflate to nothing are flushed and merged within a bounded heap", {
  timeout: 200_000,
}, async () => {
  // 10 MB of labels in each of 10 requests; the heap holds what they take once, and not twice. 120 MB suffice where the
  // collector keeps up.
  const workerData: LargeLabels = { requests: 10, seriesPerRequest: 160, labelBytes: 16_383 };
  const worker = new Worker(path.join(import.meta.dirname, "../../helpers/storage/large-labels.ts"), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 170 },
  });
  const result = await new Promise<LargeLabelsResult>((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  await worker.terminate();
  assert.deepEqual(result.errors, []);
  assert.deepEqual([result.series, result.samples, result.isSettled], [1600, 1600, true]);
  assert.ok(result.indexParts > 1 && result.indexParts < 10, `${result.indexParts} index parts`);
});

/** A table whose process "dies" when it stores a run, or another kind, of one tenant: the call is never answered. */
class DeadlyTable extends MemoryTable {
  deaths = 0;
  kind: number = KIND.run;
  isDeadly = true;

  override metered(): this {
    return this;
  }

  override async putAll(items: readonly Item[]): Promise<void> {
    if (this.isDeadly && items.some(({ pk }) => pk[0] === this.kind && pk[2] === "h".charCodeAt(0))) {
      this.deaths++;
      return new Promise(() => {});
    }
    return super.putAll(items);
  }
}

/** A run, or "dead" if it does not end. */
async function runOrDie(engine: Engine) {
  const dead = new Promise<"dead">((resolve) => {
    setTimeout(() => resolve("dead"), 100);
  });
  return Promise.race([runCompactor(engine), dead]);
}

test("a day that ended two processes is set aside with an error, tried again alone, and the others go on", async () => {
  const table = new DeadlyTable();
  const engine = new Engine({ table });
  await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1])], "hostile");
  for (const tenant of ["a", "b", "c", "d"])
    await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1])], tenant);
  engine.nowMs += HOUR_MS;
  for (let attempt = 1; attempt <= 2; attempt++) {
    assert.equal(await runOrDie(engine), "dead");
    assert.equal(table.deaths, attempt);
    // As long as its lease lasts nobody tries.
    engine.nowMs += 6 * MINUTE_MS;
  }
  const waiting = await runOrDie(engine);
  assert.notEqual(waiting, "dead");
  if (waiting === "dead") return;
  assert.deepEqual([waiting.failures, table.deaths], [1, 2]);
  assert.match(waiting.errors[0], /2 attempts in a row published nothing.*tenant=hostile/);
  assert.ok(waiting.lagMs >= HOUR_MS, "its samples wait in the log");
  for (const tenant of ["a", "b", "c", "d"])
    assert.equal((await manifestOf(engine, DAY, tenant)).parts.length, 1, tenant);
  // The next try comes when the others are done, and the wait grows.
  engine.nowMs += 10 * MINUTE_MS;
  assert.equal(await runOrDie(engine), "dead");
  assert.equal(table.deaths, 3);
  engine.nowMs += 15 * MINUTE_MS;
  assert.notEqual(await runOrDie(engine), "dead");
  assert.equal(table.deaths, 3);
  table.isDeadly = false;
  engine.nowMs += HOUR_MS;
  const healed = await runCompactor(engine);
  assert.deepEqual(healed.errors, []);
  assert.equal((await manifestOf(engine, DAY, "hostile")).facts.attempts.count, 0);
});

test("a day that is written to and ends each process after its flush is set aside too", async () => {
  const table = new DeadlyTable();
  table.kind = KIND.chunk;
  const engine = new Engine({ table });
  const writers = engine.newWriters();
  await engine.append(writers, [series("up", {}, [MIDNIGHT_MS, 1])], "hostile");
  const states: string[] = [];
  for (let hour = 9; hour < 13; hour++) {
    engine.nowMs = MIDNIGHT_MS + hour * HOUR_MS;
    await engine.append(writers, [series("up", {}, [engine.nowMs, 1])], "hostile");
    engine.nowMs += 3 * MINUTE_MS;
    const result = await runOrDie(engine);
    states.push(result === "dead" ? result : (result.reports[0].outcome?.state ?? ""));
  }
  // An hour is longer than the wait of the third attempt: it is made, alone, and ends a process again.
  assert.deepEqual(states, ["dead", "dead", "dead", "dead"]);
  assert.equal((await manifestOf(engine, DAY, "hostile")).facts.attempts.count, 4);
  engine.nowMs += 6 * MINUTE_MS;
  const waiting = await runOrDie(engine);
  assert.ok(waiting !== "dead" && /4 attempts in a row/.test(waiting.errors[0]));
});

test("a table that is away sets no day aside", async () => {
  const engine = new Engine();
  await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1])]);
  engine.nowMs += HOUR_MS;
  const away = Object.create(engine.table) as Table;
  away.metered = () => away;
  away.query = (range, options) => engine.table.query(range, options);
  away.get = (key, options) => engine.table.get(key, options);
  away.put = (item) => engine.table.put(item);
  away.putIfAbsent = (item) => engine.table.putIfAbsent(item);
  away.putIfEqual = (item, expected) => engine.table.putIfEqual(item, expected);
  away.putAll = async () => {
    throw new HearthError("unavailable", "away");
  };
  const cut = Object.assign(Object.create(engine) as Engine, { table: away });
  for (let i = 0; i < 5; i++) {
    assert.match((await runCompactor(cut)).errors[0], /away/);
    engine.nowMs += 5 * MINUTE_MS;
  }
  assert.equal((await manifestOf(engine, DAY)).facts.attempts.count, 0);
  assert.deepEqual((await runCompactor(engine)).errors, []);
  assert.equal((await manifestOf(engine, DAY)).parts.length, 1);
});
