import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import { logKey } from "../../../lib/storage/layout/keys.ts";
import { ALL_SERIES } from "../../../lib/storage/layout/shard.ts";
import { type DamagedItem, Quarantine } from "../../../lib/storage/quarantine/quarantine.ts";
import { listQuarantined } from "../../../lib/storage/quarantine/quarantine-item.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { MAX_ITEM_BYTES } from "../../../lib/storage/table/table.ts";

const writer = new Uint8Array(8).fill(7);

function record(sequence: number, size: number) {
  const key = logKey("t", 20_780, ALL_SERIES, { receivedMs: 1e12, writer, sequence });
  return { ...key, value: Uint8Array.from({ length: size }, (_, i) => i + sequence) };
}

async function all(table: MemoryTable) {
  const found = [];
  for await (const one of listQuarantined(table, "t")) found.push(one);
  return found;
}

test("items come back as they were put, the largest too, once, and without an expiry", async () => {
  const table = new MemoryTable();
  const told: DamagedItem[] = [];
  const place = {
    table,
    tenant: "t",
    day: 20_780,
    clock: () => 123,
    onDamagedItem: (d: DamagedItem) => told.push(d),
  };
  const items = [record(0, 0), record(1, 10), record(2, MAX_ITEM_BYTES - 100)];
  for (let again = 0; again < 2; again++) {
    const quarantine = new Quarantine({ ...place, clock: () => 123 + again });
    for (const item of [...items, items[0]]) quarantine.add(item, "log record: version 9");
    await quarantine.store();
  }
  const found = (await all(table)).sort((a, b) => a.item.value.length - b.item.value.length);
  assert.deepEqual(
    found.map(({ item }) => item),
    items,
  );
  for (const { day, reason, foundMs } of found)
    assert.deepEqual([day, reason, foundMs], [20_780, "log record: version 9", 123]);
  assert.equal(told.length, 2 * items.length);
  assert.equal(told[0].kind, "log");
  for await (const page of table.query({ pk: Uint8Array.of(0x51, 1, 0x74) }))
    for (const item of page) assert.equal(item.expiresAtSeconds, undefined);
});

test("an error that is no damage goes on", () => {
  const quarantine = new Quarantine({ table: new MemoryTable(), tenant: "t", day: 0, clock: () => 0 });
  const away = new HearthError("unavailable", "away");
  assert.throws(() => quarantine.addUndecodable(record(0, 1), away), away);
  quarantine.addUndecodable(record(0, 1), new HearthError("data", "broken"));
});
