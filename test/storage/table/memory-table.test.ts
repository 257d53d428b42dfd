import assert from "node:assert/strict";
import { it } from "node:test";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import { scanContract, tableContract } from "./table-contract.ts";

tableContract("memory", async () => ({ table: new MemoryTable(), close: async () => {} }));

const pk = Uint8Array.of(1);

/** Items of `pk`, a sort key of one byte, and a size in all. */
async function tableOf(...sizes: number[]): Promise<MemoryTable> {
  const table = new MemoryTable();
  for (const [i, size] of sizes.entries()) {
    await table.put({ pk, sk: Uint8Array.of(i), value: new Uint8Array(size - 7) });
  }
  return table;
}

async function pages(table: MemoryTable): Promise<number[]> {
  const counts: number[] = [];
  for await (const page of table.query({ pk })) counts.push(page.length);
  return counts;
}

it("ends a page with the item that reaches 1 MiB, and goes on though it was the last", async () => {
  const quarter = 256 * 1024;
  assert.deepEqual(await pages(await tableOf(quarter, quarter, quarter, quarter - 1)), [4]);
  assert.deepEqual(await pages(await tableOf(quarter, quarter, quarter, quarter)), [4, 0]);
  assert.deepEqual(await pages(await tableOf(quarter, quarter, quarter, quarter - 1, 100, 100)), [5, 1]);
});

it("bills a query that finds nothing with the minimum", async () => {
  const table = new MemoryTable();
  const meter = newMeter();
  for await (const page of table.metered(meter).query({ pk })) assert.deepEqual(page, []);
  assert.deepEqual(meter, { ...newMeter(), calls: 1, readUnits: 0.5 });
});

it("refuses a key that comes twice in one putAll, however far apart", async () => {
  const items = Array.from({ length: 60 }, (_, i) => ({ pk, sk: Uint8Array.of(i % 59), value: pk }));
  await assert.rejects(new MemoryTable().putAll(items), /names a key twice/);
});

it("tells apart keys whose bytes joined are the same", async () => {
  const [a, ab, bc, c] = ["a", "ab", "bc", "c"].map((text) => new TextEncoder().encode(text));
  const table = new MemoryTable();
  await table.putAll([
    { pk: a, sk: bc, value: a },
    { pk: ab, sk: c, value: ab },
  ]);
  assert.deepEqual((await table.get({ pk: a, sk: bc }))?.value, a);
  assert.deepEqual((await table.get({ pk: ab, sk: c }))?.value, ab);
});

it("goes through all of it", () => scanContract(new MemoryTable()));
