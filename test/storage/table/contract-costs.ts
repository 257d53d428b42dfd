/** What a table refuses, and what its calls cost. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { it } from "node:test";
import { MAX_ITEM_BYTES, newMeter, type Table } from "../../../lib/storage/table/table.ts";
import { addedBytes, isKind, itemOfSize, MIB, newPk, queryAll, sk } from "./contract-items.ts";

export function limits(table: () => Table): void {
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

export function metering(table: () => Table): void {
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
