import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptQueries } from "../../../lib/storage/read/kept-queries.ts";
import { HeldBytes } from "../../../lib/storage/read/query-budget.ts";
import type { Item, KeyRange } from "../../../lib/storage/table/table.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const SIZES = { small: 10, large: 300_000, other: 20 };

async function newTable(): Promise<FaultyTable> {
  const table = new FaultyTable();
  for (const [pk, size] of Object.entries(SIZES)) {
    // Five large items are two pages.
    for (const sk of "abcde")
      await table.put({ pk: bytes(pk), sk: bytes(sk), value: new Uint8Array(size).fill(1) });
  }
  return table;
}

async function read(queries: KeptQueries, pk: string, bounds: Partial<KeyRange> = {}): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of queries.query({ pk: bytes(pk), ...bounds }, { consistent: true }))
    items.push(...page);
  return items;
}

test("what fits is read once and comes again as it was; what does not is read again", async () => {
  const table = await newTable();
  const held = new HeldBytes();
  const queries = new KeptQueries(table, 20_000, held);
  const callsOf = async (pk: string, bounds?: Partial<KeyRange>) => {
    const before = table.calls.length;
    const items = await read(queries, pk, bounds);
    return [items.map(({ sk }) => String.fromCharCode(...sk)).join(""), table.calls.length - before];
  };
  assert.deepEqual(await callsOf("small"), ["abcde", 1], "before anything is kept");
  assert.deepEqual(await callsOf("small"), ["abcde", 1]);
  queries.isKeeping = true;
  assert.deepEqual(await callsOf("large"), ["abcde", 2]);
  assert.deepEqual(await callsOf("large"), ["abcde", 2], "too large to keep");
  assert.deepEqual(await callsOf("small"), ["abcde", 1]);
  assert.deepEqual(await callsOf("small"), ["abcde", 0]);
  assert.deepEqual(await callsOf("small", { first: bytes("c") }), ["cde", 1], "another range");
  assert.deepEqual(await callsOf("none"), ["", 1]);
  assert.deepEqual(await callsOf("none"), ["", 0], "nothing is kept too");
  assert.deepEqual(await read(queries, "small"), await read(new KeptQueries(table, 0, held), "small"));
  assert.ok(held.current > 5 * SIZES.small && held.peak <= 20_000, `${held.current} of ${held.peak}`);
  queries.drop();
  assert.equal(held.current, 0);
  assert.deepEqual(await callsOf("small"), ["abcde", 1]);
});

test("what fails or is given up half way is not kept", async () => {
  const table = await newTable();
  const queries = new KeptQueries(table, 10_000_000, new HeldBytes());
  queries.isKeeping = true;
  table.failOnce(1);
  await assert.rejects(read(queries, "large"));
  for await (const page of queries.query({ pk: bytes("large") })) {
    assert.equal(page.length, 4);
    break;
  }
  const before = table.calls.length;
  assert.equal((await read(queries, "large")).length, 5);
  assert.equal(table.calls.length, before + 2);
});
