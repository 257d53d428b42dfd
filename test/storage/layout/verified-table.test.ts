import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import { ByteWriter } from "../../../lib/storage/codec/bytes.ts";
import { describeKey, placeOfKey } from "../../../lib/storage/layout/key-place.ts";
import { cursorKey, KIND, logKey, manifestKey, markKey } from "../../../lib/storage/layout/keys.ts";
import { ALL_SERIES } from "../../../lib/storage/layout/shard.ts";
import { accessKeyKey } from "../../../lib/storage/layout/tenant-keys.ts";
import { VerifiedTable } from "../../../lib/storage/layout/verified-table.ts";
import { checksumOf } from "../../../lib/storage/table/checksum.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { type Item, newMeter, type Table } from "../../../lib/storage/table/table.ts";
import { tableContract } from "../table/table-contract.ts";

const CHECKSUM_BYTES = 1 + 4;
tableContract(
  "verified",
  async () => ({ table: new VerifiedTable(new MemoryTable()), close: async () => {} }),
  CHECKSUM_BYTES,
);

const position = (sequence: number) => ({
  receivedMs: 1_790_000_000_000,
  writer: new Uint8Array(8),
  sequence,
});
const key = (sequence: number) => logKey("acme", 20_780, ALL_SERIES, position(sequence));
const item = (sequence: number): Item => ({ ...key(sequence), value: Buffer.from(`value ${sequence}`) });

/** Bits that may be flipped: those of the sort key and of the value. */
function* flippedBits(stored: Item): Generator<Item, void, void> {
  for (const field of ["sk", "value"] as const) {
    for (let bit = 0; bit < stored[field].length * 8; bit++) {
      const bytes = Uint8Array.from(stored[field]);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      yield { ...stored, [field]: bytes };
    }
  }
}

async function queryAll(table: Table, onDamage?: (item: Item, reason: string) => void): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of table.query({ pk: key(0).pk }, { onDamage })) items.push(...page);
  return items;
}

describe("a damaged item", () => {
  it("is found whichever bit has changed", async () => {
    const inner = new MemoryTable();
    await new VerifiedTable(inner).put(item(1));
    const stored = (await inner.get(key(1)))!;
    let tries = 0;
    for (const flipped of flippedBits(stored)) {
      const other = new MemoryTable();
      await other.put(flipped);
      await assert.rejects(new VerifiedTable(other).get(flipped), /damaged item: checksum/);
      tries++;
    }
    assert.equal(tries, 8 * (stored.sk.length + stored.value.length));
  });

  for (const [name, kind] of Object.entries(KIND))
    it(`is left out with a word, or an error: ${name}`, async () => {
      const inner = new MemoryTable();
      const table = new VerifiedTable(inner);
      const tenant = new ByteWriter()
        .writeByte(kind)
        .writeString("acme")
        .writeUint(2 ** 31, 4)
        .finish();
      const whole = { pk: tenant, sk: Uint8Array.of(1, 2, 3, 4, 5), value: Buffer.from(`of ${name}`) };
      await table.put(whole);
      const stored = (await inner.get(whole))!;
      await table.put({ ...whole, sk: Uint8Array.of(255) });
      for (const flipped of flippedBits(stored)) {
        await inner.delete(stored);
        await inner.put(flipped);
        await assert.rejects(table.get(flipped), { kind: "data", message: new RegExp(`kind=${name}`) });
        const damaged: Item[] = [];
        const found: Item[] = [];
        const onDamage = (one: Item) => damaged.push(one);
        for await (const page of table.query({ pk: tenant }, { onDamage })) found.push(...page);
        assert.deepEqual([found.length, damaged.length], [1, 1]);
        await inner.delete(flipped);
      }
    });

  it("is found in another place than its own", async () => {
    const inner = new MemoryTable();
    await new VerifiedTable(inner).put(item(1));
    await inner.put({ ...(await inner.get(key(1)))!, ...key(2) });
    await assert.rejects(new VerifiedTable(inner).get(key(2)), /damaged/);
  });

  it("is an error that names kind, tenant, day and key", async () => {
    const inner = new MemoryTable();
    const table = new VerifiedTable(inner);
    await table.put(item(1));
    await inner.put({ ...(await inner.get(key(1)))!, value: Uint8Array.of(1) });
    const error = await table.get(key(1)).then(
      () => assert.fail("did not fail"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof HearthError);
    assert.equal(error.kind, "data");
    assert.match(error.message, /hearthdb verify/);
    assert.match(
      error.message,
      /kind=log tenant=acme day=2026-11-23 key=4c0461636d65[0-9a-f]+\/01a0c4506c00/,
    );
  });

  it("costs itself alone in a query that is handed onDamage, and the query without", async () => {
    const inner = new MemoryTable();
    const meter = newMeter();
    const table = new VerifiedTable(inner);
    await table.putAll([item(1), item(2), item(3)]);
    const broken = { ...(await inner.get(key(2)))!, value: Uint8Array.of(1) };
    await inner.put(broken);
    const damage: [Item, string][] = [];
    const read = await queryAll(table.metered(meter), (damaged, reason) => damage.push([damaged, reason]));
    assert.deepEqual(
      read.map(({ sk }) => Buffer.from(sk).toString("hex")),
      [1, 3].map((n) => Buffer.from(key(n).sk).toString("hex")),
    );
    assert.deepEqual(
      damage.map(([damaged]) => damaged),
      [broken],
    );
    assert.match(damage[0][1], /^checksum [0-9a-f]{8}, expected [0-9a-f]{8}$/);
    assert.equal(meter.damagedItems, 1);
    await assert.rejects(queryAll(table), /damaged item/);
  });
});

it("accepts items without a checksum, as older versions write them, and counts them", async () => {
  const inner = new MemoryTable();
  const meter = newMeter();
  const table = new VerifiedTable(inner).metered(meter);
  await inner.put(item(1));
  await table.put(item(2));
  assert.equal((await table.get(key(1)))?.value.length, item(1).value.length);
  assert.equal((await queryAll(table)).length, 2);
  assert.deepEqual([meter.uncheckedItems, meter.damagedItems], [2, 0]);
});

it("compares values and not checksums when it puts if equal", async () => {
  const inner = new MemoryTable();
  const table = new VerifiedTable(inner);
  await inner.put(item(1));
  assert.equal(await table.putIfEqual({ ...key(1), value: Uint8Array.of(2) }, item(1).value), true);
  const stored = (await inner.get(key(1)))!;
  assert.equal(stored.checksum, checksumOf(stored));
});

it("lets the expiry change alone", async () => {
  const inner = new MemoryTable();
  const table = new VerifiedTable(inner);
  await table.put(item(1));
  await inner.put({ ...(await inner.get(key(1)))!, expiresAtSeconds: 1_800_000_000 });
  assert.equal((await table.get(key(1)))?.expiresAtSeconds, 1_800_000_000);
});

it("has the checksum of gzip over length of the partition key, both keys and the value", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  // python3 -c 'import zlib; print(hex(zlib.crc32(b"\x00\x02pkskvalue")))'
  assert.equal(checksumOf({ pk: bytes("pk"), sk: bytes("sk"), value: bytes("value") }), 0x76b684ef);
  assert.notEqual(checksumOf({ pk: bytes("pks"), sk: bytes("k"), value: bytes("value") }), 0x76b684ef);
});

it("reports of a key what it says", () => {
  assert.deepEqual(placeOfKey(key(1)), { kind: "log", tenant: "acme", day: 20_780 });
  assert.deepEqual(placeOfKey(manifestKey("t", -3)), { kind: "manifest", tenant: "t", day: -3 });
  assert.deepEqual(placeOfKey(accessKeyKey("HKA")), { kind: "accessKey", tenant: undefined, day: undefined });
  const mark = markKey({ hourMs: 0, day: 1, tenant: "t" });
  assert.deepEqual(placeOfKey(mark), { kind: "mark", tenant: undefined, day: undefined });
  assert.equal(describeKey(cursorKey()), "kind=cursor key=5a/00");
  const strange = { pk: Uint8Array.of(0x4c, 200), sk: Uint8Array.of(1) };
  assert.deepEqual(placeOfKey(strange), { kind: "log", tenant: undefined, day: undefined });
  assert.equal(describeKey({ ...strange, pk: Uint8Array.of(1) }), "kind=0x01 key=01/01");
});
