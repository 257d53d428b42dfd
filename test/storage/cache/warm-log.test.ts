import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { WarmCache } from "../../../lib/storage/cache/warm-cache.ts";
import { WarmLog } from "../../../lib/storage/cache/warm-log.ts";
import { logRange } from "../../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item, Table } from "../../../lib/storage/table/table.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { series } from "../../helpers/write-requests.ts";

const MEMORY_BYTES = 1_000_000;
const DAY = MIDNIGHT_MS / (24 * 60 * MINUTE_MS);
const RANGE = logRange("t", DAY, { bits: 0, prefix: 0 }, MIDNIGHT_MS);

async function readAll(table: Pick<Table, "query">): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of table.query(RANGE, { consistent: true })) items.push(...page);
  return items;
}

/** Two records, received 30 and 15 seconds ago: not settled. */
async function newLog() {
  const engine = new Engine();
  const writers = engine.newWriters();
  const write = async () => {
    engine.nowMs += 15 * SECOND_MS;
    await engine.append(writers, [series("up", { job: "a" }, [engine.nowMs, 1])]);
  };
  await write();
  await write();
  return { engine, write };
}

test("a record that has not settled is read again, and decoded once", async () => {
  const { engine, write } = await newLog();
  const log = new WarmLog(new WarmCache(MEMORY_BYTES));
  const decode = async () =>
    (await readAll(log.over(engine.table, engine.nowMs))).map((item) => log.recordOf(item).decode());
  const first = await decode();
  assert.equal(first.length, 2);
  await write();
  const second = await decode();
  assert.equal(second.length, 3);
  for (const [i, decoded] of first.entries()) assert.equal(second[i], decoded);
  engine.nowMs += 5 * MINUTE_MS;
  // Settled by now, and what is kept of them is what was decoded then.
  for (const decoded of [await decode(), await decode()])
    assert.deepEqual(
      decoded.map((record, i) => record === second[i]),
      [true, true, true],
    );
});

test("a record of the same key with other bytes is not the one that was decoded", async () => {
  const { engine } = await newLog();
  const log = new WarmLog(new WarmCache(MEMORY_BYTES));
  const [{ pk, sk }, other] = await readAll(log.over(engine.table, engine.nowMs));
  const table = new MemoryTable();
  await table.put({ pk, sk, value: other.value });
  const [read] = await readAll(log.over(table, engine.nowMs));
  assert.deepEqual(log.recordOf(read).decode(), log.recordOf(other).decode());
});

test("no more of what has not settled is remembered than a part of the memory", async () => {
  const { engine } = await newLog();
  const cache = new WarmCache(100);
  const log = new WarmLog(cache);
  const [first] = await readAll(log.over(engine.table, engine.nowMs));
  const [again] = await readAll(log.over(engine.table, engine.nowMs));
  assert.notEqual(log.recordOf(again).decode(), log.recordOf(first).decode());
  assert.ok(cache.sizeBytes <= 100);
});

test("the shards of a query share what is remembered of what has not settled", async () => {
  const { engine } = await newLog();
  const [first] = await readAll(engine.table);
  const table = new MemoryTable();
  const shards = [first.pk, Uint8Array.of(...first.pk, 1)];
  for (const pk of shards) await table.put({ ...first, pk });
  // Room for one record in a quarter of it.
  const log = new WarmLog(new WarmCache(8000));
  const decode = async () => {
    const view = log.over(table, engine.nowMs);
    const decoded = [];
    for (const pk of shards)
      for await (const page of view.query({ ...RANGE, pk }, { consistent: true }))
        decoded.push(...page.map((item) => log.recordOf(item).decode()));
    return decoded;
  };
  const before = await decode();
  const again = await decode();
  assert.deepEqual(
    again.map((record, i) => record === before[i]),
    [true, false],
  );
});
