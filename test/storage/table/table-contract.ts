/**
 * What holds for every `Table`. Each test has a partition of its own, so a table may be shared and need not be empty.
 *
 * Left out, since the emulators differ from the service or from each other: where exactly a page is cut, and the units
 * of a query that finds nothing.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import {
  type Item,
  type KeyRange,
  MAX_ITEM_BYTES,
  newMeter,
  QUERY_PAGE_BYTES,
  type QueryOptions,
  type ScannableTable,
  type ScanOptions,
  type Table,
} from "../../../lib/storage/table/table.ts";

export interface OpenedTable {
  readonly table: Table;
  readonly close: () => Promise<void>;
}

/** Attribute names `pk`, `sk` and `v`, and the keys that `newPk` and `sk` make. */
const OVERHEAD_BYTES = 5 + 8 + 4;
const MIB = 1024 * 1024;

const newPk = () => new Uint8Array(randomBytes(8));

function sk(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

/** What the table under test adds to each item. */
let addedBytes = 0;

/** An item of `newPk` and `sk` that is stored with this size in all. */
function itemOfSize(pk: Uint8Array, number: number, sizeBytes: number): Item {
  return { pk, sk: sk(number), value: new Uint8Array(sizeBytes - OVERHEAD_BYTES - addedBytes).fill(number) };
}

async function queryAll(table: Table, range: KeyRange, options?: QueryOptions): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of table.query(range, options)) items.push(...page);
  return items;
}

const hexKeys = (items: readonly Item[]) => items.map((item) => Buffer.from(item.sk).toString("hex"));

const isKind = (kind: string) => (error: unknown) => error instanceof HearthError && error.kind === kind;

/** `checksumBytes`: what a table that writes checksums itself adds to each item; absent: it keeps those that it is given. */
export function tableContract(name: string, open: () => Promise<OpenedTable>, checksumBytes?: number): void {
  describe(`table contract: ${name}`, () => {
    let opened: OpenedTable;
    let table: Table;
    before(async () => {
      opened = await open();
      table = opened.table;
      addedBytes = checksumBytes ?? 0;
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

function queries(table: () => Table): void {
  const ORDERED = [
    "00",
    "0000",
    "0001",
    "007f",
    "00ff",
    "01",
    "7f",
    "7fff",
    "80",
    "8000",
    "fe",
    "ff",
    "ff00",
  ];
  ORDERED.push("ffff", "ffff00", "ffffff");
  const pk = newPk();
  const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
  const ready = once(async () => {
    const items = ORDERED.map((hex) => ({ pk, sk: bytes(hex), value: bytes(hex) }));
    await table().putAll(items.toSorted((a, b) => (a.sk.length + a.sk[0] * 7 - b.sk[0] * 5) % 3));
    await table().put({ pk: newPk(), sk: bytes("00"), value: bytes("00") });
  });

  it("orders sort keys as unsigned bytes, a prefix first", async () => {
    await ready();
    assert.deepEqual(hexKeys(await queryAll(table(), { pk })), ORDERED);
  });

  it("takes bounds as inclusive, and keys that are not there as bounds", async () => {
    await ready();
    const bounds = [undefined, ...ORDERED, "000000", "0002", "81", "fdff", "ffffffff"];
    for (const first of bounds) {
      for (const last of bounds) {
        const range = {
          pk,
          ...(first === undefined ? {} : { first: bytes(first) }),
          ...(last === undefined ? {} : { last: bytes(last) }),
        };
        // Hexadecimal of lower case sorts as its bytes do.
        const expected = ORDERED.filter(
          (hex) => (first === undefined || hex >= first) && (last === undefined || hex <= last),
        );
        assert.deepEqual(hexKeys(await queryAll(table(), range)), expected, `first=${first} last=${last}`);
      }
    }
  });

  it("keeps apart partitions that begin alike", async () => {
    const base = randomBytes(6);
    const pks = ["", "00", "ff", "2f", "2f2f"].map((hex) => Uint8Array.from([...base, ...bytes(hex)]));
    for (const one of pks) await table().put({ pk: one, sk: sk(1), value: one });
    for (const one of pks) {
      assert.deepEqual(await queryAll(table(), { pk: one }), [{ pk: one, sk: sk(1), value: one }]);
    }
  });

  it("answers nothing for an unknown partition, and for a range that ends before it begins", async () => {
    assert.deepEqual(await queryAll(table(), { pk: newPk() }), []);
    await ready();
    const meter = newMeter();
    assert.deepEqual(
      await queryAll(table().metered(meter), { pk, first: bytes("02"), last: bytes("01") }),
      [],
    );
    assert.equal(meter.calls, 0);
  });

  it("stops at a limit", async () => {
    await ready();
    for (const limit of [1, 2, ORDERED.length - 1, ORDERED.length, ORDERED.length + 1, 1000]) {
      const items = await queryAll(table(), { pk, first: bytes("0000") }, { limit });
      assert.deepEqual(hexKeys(items), ORDERED.slice(1, 1 + limit));
    }
  });
}

function paging(table: () => Table): void {
  const pk = newPk();
  const SIZES = [3000, 150_000, 20_000, 350_000, 17, 64_000];
  const items = Array.from({ length: 60 }, (_, i) => itemOfSize(pk, i, SIZES[i % SIZES.length]));
  const ready = once(() => table().putAll(items));

  it("answers more than a page in pages, every item once and in order", async () => {
    await ready();
    const found: Item[] = [];
    for await (const page of table().query({ pk })) {
      const sizes = page.map((item) => OVERHEAD_BYTES + addedBytes + item.value.length);
      const beforeLast = sizes.slice(0, -1).reduce((sum, size) => sum + size, 0);
      assert.ok(
        beforeLast < QUERY_PAGE_BYTES,
        `page of ${sizes.length} items goes on after ${beforeLast} bytes`,
      );
      found.push(...page);
    }
    assert.deepEqual(found, items);
  });

  it("pages within bounds and up to a limit", async () => {
    await ready();
    const range = { pk, first: sk(5), last: sk(54) };
    assert.deepEqual(await queryAll(table(), range), items.slice(5, 55));
    assert.deepEqual(await queryAll(table(), range, { limit: 33 }), items.slice(5, 38));
  });

  it("leaves a query early", async () => {
    await ready();
    const meter = newMeter();
    for await (const page of table().metered(meter).query({ pk })) {
      assert.ok(page.length > 0);
      break;
    }
    assert.equal(meter.calls, 1);
  });

  it("sees what is put between pages", async () => {
    const own = newPk();
    await table().putAll(Array.from({ length: 8 }, (_, i) => itemOfSize(own, 10 * i, 300_000)));
    const keys: string[] = [];
    for await (const page of table().query({ pk: own }, { consistent: true })) {
      if (keys.length === 0) {
        await table().put(itemOfSize(own, 1, 100));
        await table().put(itemOfSize(own, 65, 100));
      }
      keys.push(...hexKeys(page));
    }
    const expected = [0, 10, 20, 30, 40, 50, 60, 65, 70].map((n) => Buffer.from(sk(n)).toString("hex"));
    assert.deepEqual(keys, expected);
  });

  it("ends with its signal, before and between pages", async () => {
    await ready();
    const signal = AbortSignal.abort();
    await assert.rejects(queryAll(table(), { pk }, { signal }), isKind("unavailable"));
    const controller = new AbortController();
    const pages = table().query({ pk }, { signal: controller.signal });
    assert.equal((await pages.next()).done, false);
    controller.abort();
    await assert.rejects(pages.next(), isKind("unavailable"));
    assert.equal((await pages.next()).done, true);
  });
}

function limits(table: () => Table): void {
  it("takes an item of exactly 400 KB, and not a byte more", async () => {
    const pk = newPk();
    const largest = itemOfSize(pk, 1, MAX_ITEM_BYTES);
    await table().put(largest);
    assert.deepEqual(await table().get(largest, { consistent: true }), largest);
    const over = itemOfSize(pk, 2, MAX_ITEM_BYTES + 1);
    await assert.rejects(table().put(over), isKind("internal"));
    await assert.rejects(table().putIfAbsent(over), isKind("internal"));
    // "ttl" and a number of two significant digits.
    const expiring = { ...itemOfSize(pk, 3, MAX_ITEM_BYTES - 5), expiresAtSeconds: 1_700_000_000 };
    await table().put(expiring);
    await assert.rejects(table().put({ ...expiring, expiresAtSeconds: 1_710_000_000 }), isKind("internal"));
  });

  it("takes keys of the largest size, and refuses larger ones and empty ones", async () => {
    const pk = new Uint8Array(randomBytes(2048));
    const largest = { pk, sk: new Uint8Array(1024).fill(0xff), value: Uint8Array.of(1) };
    await table().put(largest);
    assert.deepEqual(await queryAll(table(), { pk, first: largest.sk, last: largest.sk }), [largest]);
    for (const wrong of [
      { pk: new Uint8Array(2049), sk: sk(1) },
      { pk: newPk(), sk: new Uint8Array(1025) },
      { pk: new Uint8Array(0), sk: sk(1) },
      { pk: newPk(), sk: new Uint8Array(0) },
    ]) {
      const item = { ...wrong, value: Uint8Array.of(1) };
      await assert.rejects(table().put(item), isKind("internal"));
      await assert.rejects(table().putIfAbsent(item), isKind("internal"));
      await assert.rejects(table().putAll([item]), isKind("internal"));
      await assert.rejects(table().get(wrong), isKind("internal"));
      await assert.rejects(table().delete(wrong), isKind("internal"));
      await assert.rejects(queryAll(table(), { pk: wrong.pk, first: wrong.sk }), isKind("internal"));
    }
  });

  it("refuses an expiry and a limit that are not whole", async () => {
    const item = { pk: newPk(), sk: sk(1), value: Uint8Array.of(1) };
    for (const expiresAtSeconds of [1.5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(table().put({ ...item, expiresAtSeconds }), isKind("internal"));
    }
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      await assert.rejects(queryAll(table(), { pk: item.pk }, { limit }), isKind("internal"));
    }
  });
}

function metering(table: () => Table): void {
  /** Runs calls on a metered table and answers what they cost. */
  async function cost(calls: (metered: Table) => Promise<unknown>) {
    const meter = newMeter();
    await calls(table().metered(meter));
    return meter;
  }
  const written = (writeUnits: number) => ({ ...newMeter(), calls: 1, writeUnits });
  const read = (readUnits: number) => ({ ...newMeter(), calls: 1, readUnits });

  it("bills writes by the KB begun, of the larger of old and new", async () => {
    const pk = newPk();
    const put = (number: number, size: number) => cost((t) => t.put(itemOfSize(pk, number, size)));
    assert.deepEqual(await put(1, 18 + addedBytes), written(1));
    assert.deepEqual(await put(1, 1024), written(1));
    assert.deepEqual(await put(1, 1025), written(2));
    assert.deepEqual(await put(1, 20 + addedBytes), written(2));
    assert.deepEqual(await put(1, 20 + addedBytes), written(1));
    assert.deepEqual(await put(2, 10_240), written(10));
    assert.deepEqual(await cost((t) => t.putAll([itemOfSize(pk, 2, 100)])), written(10));
    assert.deepEqual(await put(3, MAX_ITEM_BYTES), written(400));
  });

  it("bills deletes by what was there", async () => {
    const item = itemOfSize(newPk(), 1, 5000);
    await table().put(item);
    assert.deepEqual(await cost((t) => t.delete(item)), written(5));
    assert.deepEqual(await cost((t) => t.delete(item)), written(1));
  });

  it("bills a refused put as a write", async () => {
    const item = itemOfSize(newPk(), 1, 3000);
    assert.deepEqual(await cost((t) => t.putIfAbsent(item)), written(3));
    assert.deepEqual(await cost((t) => t.putIfAbsent(item)), written(3));
    assert.deepEqual(await cost((t) => t.putIfEqual(item, Uint8Array.of(1))), written(3));
    assert.deepEqual(await cost((t) => t.putIfEqual(item, item.value)), written(3));
  });

  it("bills a get by 4 KB begun, half when eventually consistent, at least the minimum", async () => {
    const pk = newPk();
    for (const [size, units] of [
      [18 + addedBytes, 1],
      [4096, 1],
      [4097, 2],
      [MAX_ITEM_BYTES, 100],
    ]) {
      const item = itemOfSize(pk, size, size);
      await table().put(item);
      assert.deepEqual(await cost((t) => t.get(item, { consistent: true })), read(units));
      assert.deepEqual(await cost((t) => t.get(item)), read(units / 2));
    }
    const missing = { pk, sk: sk(99) };
    assert.deepEqual(await cost((t) => t.get(missing, { consistent: true })), read(1));
    assert.deepEqual(await cost((t) => t.get(missing)), read(0.5));
  });

  it("bills a query by the sum of what it reads", async () => {
    const pk = newPk();
    await table().putAll(Array.from({ length: 100 }, (_, i) => itemOfSize(pk, i, 100)));
    assert.deepEqual(await cost((t) => queryAll(t, { pk }, { consistent: true })), read(3));
    assert.deepEqual(await cost((t) => queryAll(t, { pk })), read(1.5));
    assert.deepEqual(await cost((t) => queryAll(t, { pk, last: sk(9) })), read(0.5));
    assert.deepEqual(await cost((t) => queryAll(t, { pk }, { limit: 50 })), read(1));
  });

  it("counts the size of an expiry", async () => {
    const pk = newPk();
    for (const [expiresAtSeconds, valueBytes] of [
      [1_700_000_000, 2],
      [1_712_345_678, 6],
      [1_712_345_600, 5],
      [171_234_567, 6],
      [123_456, 4],
      [10, 2],
      [9, 2],
      [0, 1],
    ]) {
      const fit = { ...itemOfSize(pk, expiresAtSeconds % 1000, 1024 - 3 - valueBytes), expiresAtSeconds };
      const over = { ...itemOfSize(pk, 2000 + (expiresAtSeconds % 1000), 1025 - 3 - valueBytes) };
      assert.deepEqual(await cost((t) => t.put(fit)), written(1), `expiry=${expiresAtSeconds}`);
      assert.deepEqual(await cost((t) => t.put({ ...over, expiresAtSeconds })), written(2));
    }
  });

  it("bills pages each on its own", async () => {
    const pk = newPk();
    await table().putAll(Array.from({ length: 35 }, (_, i) => itemOfSize(pk, i, 100_000)));
    // 11 items are the first to reach 1 MiB: 269 units of 4 KB; two such pages, one more, and one of 2 items, 49 units.
    const meter = await cost((t) => queryAll(t, { pk }, { consistent: true }));
    assert.deepEqual(meter, { ...newMeter(), calls: 4, readUnits: 3 * 269 + 49 });
    assert.ok(11 * 100_000 >= MIB && 10 * 100_000 < MIB);
  });

  it("counts on every meter it was given, and on no other", async () => {
    const [outer, inner, other] = [newMeter(), newMeter(), newMeter()];
    const both = table().metered(outer).metered(inner);
    table().metered(other);
    await both.put(itemOfSize(newPk(), 1, 2000));
    assert.deepEqual([outer, inner, other], [written(2), written(2), newMeter()]);
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

/** Calls a function with the first call only. */
function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
