/** A day expires as a whole, and TTL never takes the only copy of a sample. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { dayOf, KIND } from "../../../lib/storage/layout/keys.ts";
import { dayExpirySeconds, TRANSIENT_MS } from "../../../lib/storage/layout/retention.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item } from "../../../lib/storage/table/table.ts";
import { allSamples, manifestOf, runCompactor, runUntil } from "../../helpers/storage/compaction.ts";
import { itemsOf, kindOf } from "../../helpers/storage/damage.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { batchOf, series } from "../../helpers/write-requests.ts";

const DAY = dayOf(MIDNIGHT_MS);

function newEngine(): { engine: Engine; table: MemoryTable } {
  const table = new MemoryTable();
  return { engine: new Engine({ table }), table };
}

async function append(
  engine: Engine,
  retentionMs: number,
  value: number,
  time = engine.nowMs,
): Promise<void> {
  const writers = engine.newWriters();
  await writers
    .appender({ tenant: "t", retentionMs }, engine.table)
    .append(batchOf(series("up", {}, [time, value])));
}

/** What TTL does at the latest. */
async function expire(table: MemoryTable, nowMs: number): Promise<number> {
  let removed = 0;
  for (const item of await itemsOf(table)) {
    if (item.expiresAtSeconds === undefined || item.expiresAtSeconds * 1000 >= nowMs) continue;
    await table.delete(item);
    removed++;
  }
  return removed;
}

describe("retention that grows", () => {
  const SHORT = 2 * DAY_MS;
  for (const long of [30 * DAY_MS, 0]) {
    for (const sparseSamples of [0, 1000]) {
      test(`at noon, to ${long} ms, ${sparseSamples} samples are few: the day leaves as a whole`, async () => {
        const { engine, table } = newEngine();
        engine.nowMs = MIDNIGHT_MS + HOUR_MS;
        await append(engine, SHORT, 1);
        const short = { retentionOf: () => SHORT, sparseSamples };
        await runUntil(engine, MIDNIGHT_MS + 12 * HOUR_MS, HOUR_MS, short);
        await append(engine, long, 2);
        await runUntil(engine, MIDNIGHT_MS + 2 * DAY_MS, HOUR_MS, { retentionOf: () => long, sparseSamples });
        const expected = dayExpirySeconds(DAY, long);
        const { parts, index, facts } = await manifestOf(engine, DAY);
        assert.deepEqual([parts.length, index.length, facts.expiresAtSeconds], [2, 1, expected ?? 0]);
        for (const item of await itemsOf(table, "PXCI"))
          assert.equal(item.expiresAtSeconds, expected, kindOf(item));
        await expire(table, MIDNIGHT_MS + 6 * DAY_MS);
        assert.equal((await allSamples(engine)).length, 2);
      });
    }
  }

  test("between the only write of a day and its first flush", async () => {
    const table = new MemoryTable();
    const engine = new Engine({ table, retentionMs: 30 * DAY_MS });
    engine.nowMs = MIDNIGHT_MS + 3 * DAY_MS;
    await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS + 1, 1])]);
    const retentionMs = 90 * DAY_MS;
    engine.nowMs += HOUR_MS;
    await runCompactor(engine, { retentionOf: () => retentionMs });
    const items = await itemsOf(table, "PI");
    assert.deepEqual(
      items.map((item) => [kindOf(item), item.expiresAtSeconds]),
      ["P", "I"].map((kind) => [kind, dayExpirySeconds(dayOf(MIDNIGHT_MS), retentionMs)]),
    );
  });

  test("days without a new mark too, once a day", async () => {
    const { engine, table } = newEngine();
    const long = 400 * DAY_MS;
    const short = 100 * DAY_MS;
    await append(engine, short, 1);
    await runUntil(engine, MIDNIGHT_MS + 30 * HOUR_MS, HOUR_MS, { retentionOf: () => short });
    // Long after its marks have gone.
    engine.nowMs = MIDNIGHT_MS + 90 * DAY_MS;
    await expire(table, engine.nowMs);
    assert.equal((await itemsOf(table, "A")).length, 0);
    await runCompactor(engine, { retentionOf: () => short });
    engine.nowMs += 25 * HOUR_MS;
    await runCompactor(engine, { retentionOf: () => long });
    for (const item of await itemsOf(table, "PXCI"))
      assert.equal(item.expiresAtSeconds, dayExpirySeconds(DAY, long), kindOf(item));
    await expire(table, MIDNIGHT_MS + 200 * DAY_MS);
    assert.equal((await allSamples(engine)).length, 1);
    // Done once: a sweep later nothing is written.
    engine.nowMs += 25 * HOUR_MS;
    const before = (await itemsOf(table)).length;
    const { reports } = await runCompactor(engine, { retentionOf: () => long });
    assert.deepEqual([reports.length, (await itemsOf(table)).length], [0, before]);
  });

  test("a day that TTL has begun to take does not come back half, and takes late samples", async () => {
    const { engine, table } = newEngine();
    await append(engine, DAY_MS, 1);
    await runUntil(engine, MIDNIGHT_MS + 26 * HOUR_MS, HOUR_MS, { retentionOf: () => DAY_MS });
    engine.nowMs = MIDNIGHT_MS + 2 * DAY_MS + 2 * HOUR_MS;
    for (const item of await itemsOf(table, "IC")) await table.delete(item);
    const long = 30 * DAY_MS;
    await append(engine, long, 2, MIDNIGHT_MS + 1000);
    await runUntil(engine, MIDNIGHT_MS + 4 * DAY_MS, HOUR_MS, { retentionOf: () => long });
    assert.deepEqual(await allSamples(engine), [`up ${MIDNIGHT_MS + 1000} 2`]);
  });

  test("a dictionary that outlives its day's index does not hide late samples", async () => {
    const { engine, table } = newEngine();
    const long = 30 * DAY_MS;
    await append(engine, long, 1);
    // The retention is one day only while the day is compacted, so its index leaves and the dictionary stays.
    await runUntil(engine, MIDNIGHT_MS + 26 * HOUR_MS, HOUR_MS, { retentionOf: () => DAY_MS });
    engine.nowMs = MIDNIGHT_MS + 2 * DAY_MS + 2 * HOUR_MS;
    await expire(table, engine.nowMs);
    // Compaction has superseded the records of series, which then leave with the index.
    for (const item of await itemsOf(table, "SX")) await table.delete(item);
    const kinds = (await itemsOf(table)).map(kindOf);
    assert.ok(kinds.includes("D") && !kinds.includes("I"), kinds.join());
    await append(engine, long, 2, MIDNIGHT_MS + 1000);
    assert.deepEqual(await allSamples(engine), [`up ${MIDNIGHT_MS} 1`, `up ${MIDNIGHT_MS + 1000} 2`]);
    await runUntil(engine, MIDNIGHT_MS + 4 * DAY_MS, HOUR_MS, { retentionOf: () => long });
    assert.deepEqual(await allSamples(engine), [`up ${MIDNIGHT_MS} 1`, `up ${MIDNIGHT_MS + 1000} 2`]);
  });

  test("a renewal that ends at any call leaves no series that is known by what leaves", async () => {
    let hasFailed = true;
    for (let call = 0; hasFailed; call++) {
      const table = new MemoryTable();
      const faulty = new FaultyTable(table);
      const engine = new Engine({ table: faulty });
      await append(engine, SHORT, 1);
      await runUntil(engine, MIDNIGHT_MS + 12 * HOUR_MS, HOUR_MS, { retentionOf: () => SHORT });
      faulty.failOnce(call);
      await runCompactor(engine, { retentionOf: () => 0 }).catch(() => {});
      ({ hasFailed } = faulty);
      faulty.heal();
      engine.nowMs = MIDNIGHT_MS + 5 * DAY_MS;
      await expire(table, engine.nowMs);
      await append(engine, 0, 2, MIDNIGHT_MS + 2 * HOUR_MS);
      const found = await allSamples(engine);
      assert.ok(
        found.some((row) => row.endsWith(" 2")),
        `call ${call}`,
      );
    }
  });

  test("retention that shrinks leaves items as they are", async () => {
    const { engine, table } = newEngine();
    await append(engine, 30 * DAY_MS, 1);
    await runUntil(engine, MIDNIGHT_MS + 12 * HOUR_MS, HOUR_MS, { retentionOf: () => 30 * DAY_MS });
    const before = await itemsOf(table, "CI");
    await runUntil(engine, MIDNIGHT_MS + 20 * HOUR_MS, HOUR_MS, { retentionOf: () => 10 * DAY_MS });
    assert.deepEqual(await itemsOf(table, "CI"), before);
  });
});

describe("the only copy", () => {
  for (const days of [20, 34]) {
    test(`a stack that is away for ${days} days loses nothing`, async () => {
      const { engine, table } = newEngine();
      const writers = engine.newWriters();
      let written = 0;
      for (
        engine.nowMs = MIDNIGHT_MS;
        engine.nowMs < MIDNIGHT_MS + 10 * HOUR_MS;
        engine.nowMs += 10 * MINUTE_MS
      ) {
        await engine.append(writers, [series("up", {}, [engine.nowMs, written++])]);
        // Runs, chunks and log are there when it ends.
        await runCompactor(engine);
      }
      engine.nowMs += days * DAY_MS;
      await expire(table, engine.nowMs);
      assert.equal((await allSamples(engine)).length, written);
      // What comes back has five minutes at a time, and the last items of the log could leave tomorrow.
      await runUntil(engine, engine.nowMs + 10 * MINUTE_MS, 5 * MINUTE_MS);
      await expire(table, engine.nowMs + 40 * DAY_MS);
      assert.equal((await allSamples(engine)).length, written);
      assert.ok((await manifestOf(engine, DAY)).parts.every(({ kind }) => kind === "chunks"));
    });
  }

  test("marks outlive the records that they announce", async () => {
    const { engine, table } = newEngine();
    await append(engine, 0, 1);
    const [mark] = await itemsOf(table, "A");
    const [record] = await itemsOf(table, "L");
    assert.ok(mark.expiresAtSeconds! >= record.expiresAtSeconds! + TRANSIENT_MS / 1000);
    assert.ok(record.expiresAtSeconds! * 1000 >= MIDNIGHT_MS + TRANSIENT_MS);
  });

  /** A table that answers no query for the days' dictionaries, as a bug might. */
  class BrokenTable extends MemoryTable {
    isBroken = true;

    override metered(): this {
      return this;
    }

    override async putAll(items: readonly Item[]): Promise<void> {
      if (this.isBroken && items.some(({ pk }) => pk[0] === KIND.run)) throw new Error("a bug");
      return super.putAll(items);
    }
  }

  test("of a day that keeps failing the log stays, and expires once it is superseded", async () => {
    const table = new BrokenTable();
    const engine = new Engine({ table });
    await append(engine, 0, 1);
    for (let day = 1; day < 60; day++) {
      engine.nowMs = MIDNIGHT_MS + day * DAY_MS;
      await expire(table, engine.nowMs);
      const { errors, lagMs } = await runCompactor(engine);
      assert.equal(errors.length, 1, `day ${day}`);
      assert.ok(lagMs >= day * DAY_MS - HOUR_MS, `the alarm is there on day ${day}: ${lagMs}`);
    }
    assert.equal((await itemsOf(table, "L"))[0].expiresAtSeconds, undefined);
    assert.equal((await allSamples(engine)).length, 1);
    table.isBroken = false;
    engine.nowMs += DAY_MS;
    assert.deepEqual((await runCompactor(engine)).errors, []);
    for (const item of await itemsOf(table, "LS")) assert.notEqual(item.expiresAtSeconds, undefined);
    await expire(table, engine.nowMs + 60 * DAY_MS);
    assert.equal((await itemsOf(table, "LSR")).length, 0);
    assert.equal((await allSamples(engine)).length, 1);
  });
});

test("a finishing compaction leaves nothing in the log and in runs, whatever its age", async () => {
  const { engine, table } = newEngine();
  for (let i = 0; i < 3; i++) {
    await append(engine, 0, i);
    engine.nowMs += 2 * MINUTE_MS;
    await runCompactor(engine, { isEager: true });
  }
  await append(engine, 0, 9);
  engine.nowMs += 1000;
  const { errors } = await runCompactor(engine, { isFinishing: true });
  assert.deepEqual(errors, []);
  const { parts, index } = await manifestOf(engine, DAY);
  assert.deepEqual(
    parts.map(({ kind }) => kind),
    ["chunks"],
  );
  assert.equal(index.length, 1);
  for (const item of await itemsOf(table, "LSR")) await table.delete(item);
  assert.equal((await allSamples(engine)).length, 4);
});
