/** Queries of a table, whole and page by page. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { it } from "node:test";
import { type Item, newMeter, QUERY_PAGE_BYTES, type Table } from "../../../lib/storage/table/table.ts";
import {
  addedBytes,
  hexKeys,
  isKind,
  itemOfSize,
  newPk,
  OVERHEAD_BYTES,
  queryAll,
  sk,
} from "./contract-items.ts";

export function queries(table: () => Table): void {
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

export function paging(table: () => Table): void {
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

/** Calls a function with the first call only. */
function once(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= run();
    return running;
  };
}
