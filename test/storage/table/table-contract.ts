/**
 * What holds for every `Table`. Each test has a partition of its own, so a table may be shared and need not be empty.
 *
 * Left out, since the emulators differ from the service or from each other: where exactly a page is cut, and the units
 * of a query that finds nothing.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import {
  type Item,
  MAX_ITEM_BYTES,
  newMeter,
  type ScannableTable,
  type ScanOptions,
  type Table,
} from "../../../lib/storage/table/table.ts";
import { limits, metering } from "./contract-costs.ts";
import { hexKeys, isKind, itemOfSize, newPk, queryAll, setAddedBytes, sk } from "./contract-items.ts";
import { paging, queries } from "./contract-queries.ts";

export interface OpenedTable {
  readonly table: Table;
  readonly close: () => Promise<void>;
}

/** `checksumBytes`: what a table that writes checksums itself adds to each item; absent: it keeps those that it is given. */
export function tableContract(name: string, open: () => Promise<OpenedTable>, checksumBytes?: number): void {
  describe(`table contract: ${name}`, () => {
    let opened: OpenedTable;
    let table: Table;
    before(async () => {
      opened = await open();
      table = opened.table;
      setAddedBytes(checksumBytes ?? 0);
    });
    after(() => opened?.close());

    const current = () => table;
    putAndGet(current);
    if (checksumBytes === undefined) checksums(current);
    putAll(current);
    queries(current);
    paging(current);
    limits(current);
    metering(current);
    ownership(current);
  });
}

function checksums(table: () => Table): void {
  it("keeps a checksum as it is, and its absence", async () => {
    const pk = newPk();
    const items = [0, 1, 0x89abcdef, 0xffffffff].map((checksum, i) => {
      return { pk, sk: sk(i), value: Uint8Array.of(i), checksum };
    });
    const without = { pk, sk: sk(9), value: Uint8Array.of(9), expiresAtSeconds: 1_790_000_000 };
    await table().put({ ...items[0], value: Uint8Array.of(7) });
    assert.equal(await table().putIfEqual(items[0], Uint8Array.of(7)), true);
    assert.equal(await table().putIfAbsent(items[1]), true);
    await table().putAll([items[2], items[3], without]);
    assert.deepEqual(await queryAll(table(), { pk }, { consistent: true }), [...items, without]);
    assert.deepEqual(await table().get(items[2], { consistent: true }), items[2]);
    // What an older version writes over it has none.
    await table().put({ pk, sk: sk(1), value: Uint8Array.of(1) });
    assert.deepEqual(await table().get(items[1], { consistent: true }), {
      pk,
      sk: sk(1),
      value: Uint8Array.of(1),
    });
  });

  it("counts a checksum as five bytes", async () => {
    const pk = newPk();
    const units = async (item: Item) => {
      const meter = newMeter();
      await table().metered(meter).put(item);
      return meter.writeUnits;
    };
    const checksum = 0xffffffff;
    assert.equal(await units({ ...itemOfSize(pk, 1, 1024 - 5), checksum }), 1);
    assert.equal(await units({ ...itemOfSize(pk, 2, 1025 - 5), checksum }), 2);
  });
}

/** Of a table of nothing else: `tableContract` shares one. */
export async function scanContract(table: ScannableTable): Promise<void> {
  const items = Array.from({ length: 40 }, (_, i) => ({
    pk: Uint8Array.of(i % 7),
    sk: sk(i),
    value: new Uint8Array(100_000).fill(i),
    checksum: i,
    ...(i % 2 === 0 ? { expiresAtSeconds: 1_790_000_000 } : {}),
  }));
  await table.putAll(items);
  const scan = async (options?: ScanOptions) => {
    const found: Item[] = [];
    for await (const page of table.scan(options)) found.push(...page);
    return found.sort((a, b) => Buffer.compare(a.sk, b.sk));
  };
  assert.deepEqual(await scan(), items);
  const keys = items.map(({ checksum: _, value: __, ...rest }) => ({ ...rest, value: new Uint8Array(0) }));
  assert.deepEqual(await scan({ keysOnly: true }), keys);
  const meter = newMeter();
  for await (const _page of table.metered(meter).scan({ keysOnly: true }));
  assert.ok(Math.abs(meter.readUnits - 4_000_000 / 4096 / 2) < 10, `${meter.readUnits}`);
  await assert.rejects(scan({ signal: AbortSignal.abort() }), isKind("unavailable"));
}

function putAndGet(table: () => Table): void {
  it("gets what was put, and nothing for a key that was not", async () => {
    const pk = newPk();
    const item = { pk, sk: sk(1), value: Uint8Array.of(0, 1, 0xff) };
    await table().put(item);
    assert.deepEqual(await table().get(item, { consistent: true }), item);
    assert.equal(await table().get({ pk, sk: sk(2) }), undefined);
    assert.equal(await table().get({ pk: newPk(), sk: sk(1) }), undefined);
  });

  it("replaces an item, its expiry too", async () => {
    const key = { pk: newPk(), sk: sk(1) };
    await table().put({ ...key, value: Uint8Array.of(1), expiresAtSeconds: 1_790_000_000 });
    await table().put({ ...key, value: Uint8Array.of(2) });
    assert.deepEqual(await table().get(key, { consistent: true }), { ...key, value: Uint8Array.of(2) });
  });

  it("puts if absent once", async () => {
    const key = { pk: newPk(), sk: sk(1) };
    assert.equal(await table().putIfAbsent({ ...key, value: Uint8Array.of(1) }), true);
    assert.equal(await table().putIfAbsent({ ...key, value: Uint8Array.of(2) }), false);
    assert.deepEqual((await table().get(key, { consistent: true }))?.value, Uint8Array.of(1));
    await table().delete(key);
    assert.equal(await table().putIfAbsent({ ...key, value: Uint8Array.of(3) }), true);
  });

  it("lets one of many concurrent puts if absent win", async () => {
    const key = { pk: newPk(), sk: sk(1) };
    const puts = Array.from({ length: 8 }, (_, i) =>
      table().putIfAbsent({ ...key, value: Uint8Array.of(i) }),
    );
    const won = (await Promise.all(puts)).flatMap((isFirst, i) => (isFirst ? [i] : []));
    assert.equal(won.length, 1);
    assert.deepEqual((await table().get(key, { consistent: true }))?.value, Uint8Array.of(won[0]));
  });

  it("puts if equal only over the expected value", async () => {
    const key = { pk: newPk(), sk: sk(1) };
    const [one, two, three] = [1, 2, 3].map((byte) => Uint8Array.of(byte));
    assert.equal(await table().putIfEqual({ ...key, value: two }, one), false, "nothing there");
    await table().put({ ...key, value: one });
    assert.equal(await table().putIfEqual({ ...key, value: two }, three), false);
    assert.equal(await table().putIfEqual({ ...key, value: two }, one), true);
    assert.deepEqual((await table().get(key, { consistent: true }))?.value, two);
  });

  it("lets one of many concurrent puts if equal win", async () => {
    const key = { pk: newPk(), sk: sk(1) };
    const old = Uint8Array.of(99);
    await table().put({ ...key, value: old });
    const puts = Array.from({ length: 8 }, (_, i) =>
      table().putIfEqual({ ...key, value: Uint8Array.of(i) }, old),
    );
    const won = (await Promise.all(puts)).flatMap((isWinner, i) => (isWinner ? [i] : []));
    assert.equal(won.length, 1);
    assert.deepEqual((await table().get(key, { consistent: true }))?.value, Uint8Array.of(won[0]));
  });

  it("deletes an item, and again", async () => {
    const key = { pk: newPk(), sk: sk(1) };
    await table().put({ ...key, value: Uint8Array.of(1) });
    await table().delete(key);
    assert.equal(await table().get(key, { consistent: true }), undefined);
    await table().delete(key);
    assert.deepEqual(await queryAll(table(), { pk: key.pk }), []);
  });

  it("keeps an empty value and an expiry", async () => {
    for (const expiresAtSeconds of [0, 1, 1_700_000_000, 1_790_000_001, 2 ** 40]) {
      const item = { pk: newPk(), sk: sk(1), value: new Uint8Array(0), expiresAtSeconds };
      await table().put(item);
      assert.deepEqual(await table().get(item, { consistent: true }), item);
      assert.deepEqual(await queryAll(table(), { pk: item.pk }), [item]);
    }
  });
}

function putAll(table: () => Table): void {
  for (const count of [0, 1, 25, 26, 200]) {
    it(`puts ${count} items at once`, async () => {
      const pk = newPk();
      const items = Array.from({ length: count }, (_, i) => itemOfSize(pk, i, 1000 + i));
      const meter = newMeter();
      await table().metered(meter).putAll(items.toReversed());
      assert.deepEqual(await queryAll(table(), { pk }, { consistent: true }), items);
      // Of 200 items, numbers 25 to 199 are larger than 1 KB.
      const writeUnits = count + Math.max(0, count - 25);
      assert.deepEqual(meter, { ...newMeter(), calls: Math.ceil(count / 25), writeUnits });
    });
  }

  it("replaces what is there, over many partitions", async () => {
    const keys = Array.from({ length: 60 }, (_, i) => ({ pk: newPk(), sk: sk(i) }));
    await table().putAll(keys.map((key) => ({ ...key, value: Uint8Array.of(1) })));
    await table().putAll(keys.map((key) => ({ ...key, value: Uint8Array.of(2), expiresAtSeconds: 3 })));
    for (const key of keys) {
      const item = await table().get(key, { consistent: true });
      assert.deepEqual(item, { ...key, value: Uint8Array.of(2), expiresAtSeconds: 3 });
    }
  });

  it("takes a batch of the largest items, which is near the limit of a request", async () => {
    const pk = newPk();
    const meter = newMeter();
    const items = Array.from({ length: 25 }, (_, i) => itemOfSize(pk, i, MAX_ITEM_BYTES));
    await table().metered(meter).putAll(items);
    assert.deepEqual(meter, { ...newMeter(), calls: 1, writeUnits: 25 * 400 });
  });

  it("refuses a key that comes twice", async () => {
    const item = { pk: newPk(), sk: sk(1), value: Uint8Array.of(1) };
    await assert.rejects(table().putAll([item, item]), isKind("internal"));
  });

  it("stores nothing when an item breaks a limit", async () => {
    const pk = newPk();
    const items = Array.from({ length: 60 }, (_, i) => itemOfSize(pk, i, 100));
    items.push(itemOfSize(pk, 60, MAX_ITEM_BYTES + 1));
    await assert.rejects(table().putAll(items), isKind("internal"));
    assert.deepEqual(await queryAll(table(), { pk }, { consistent: true }), []);
  });
}

function ownership(table: () => Table): void {
  it("keeps nothing of the caller's bytes, and gives bytes of their own", async () => {
    const item = { pk: newPk(), sk: sk(1), value: Uint8Array.of(1, 2, 3) };
    const original = structuredClone(item);
    await table().put(item);
    for (const bytes of [item.pk, item.sk, item.value]) bytes.fill(9);
    const got = await table().get(original, { consistent: true });
    assert.deepEqual(got, original);
    for (const bytes of [got!.pk, got!.sk, got!.value]) bytes.fill(8);
    const [found] = await queryAll(table(), { pk: original.pk }, { consistent: true });
    assert.deepEqual(found, original);
    for (const bytes of [found.pk, found.sk, found.value]) bytes.fill(7);
    assert.deepEqual(await table().get(original, { consistent: true }), original);
  });

  it("takes views into larger buffers, and plain Buffers", async () => {
    const buffer = Uint8Array.from({ length: 64 }, (_, i) => i);
    const pk = newPk();
    const item = { pk, sk: buffer.subarray(3, 9), value: buffer.subarray(20, 40) };
    await table().put(item);
    await table().putAll([
      { ...item, sk: buffer.subarray(4, 9), value: Buffer.from("value") },
      { ...item, sk: buffer.subarray(5, 9) },
    ]);
    const found = await queryAll(table(), { pk, first: buffer.subarray(3, 9), last: buffer.subarray(4, 9) });
    assert.deepEqual(hexKeys(found), ["030405060708", "0405060708"]);
    assert.deepEqual(Uint8Array.from(found[0].value), buffer.slice(20, 40));
    assert.equal(Buffer.from(found[1].value).toString(), "value");
  });
}
