import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DAY_MS, MAX_TIMESTAMP_MS } from "../../../lib/model/time.ts";
import { exemplarsKey } from "../../../lib/storage/exemplars/exemplar-keys.ts";
import * as keys from "../../../lib/storage/layout/keys.ts";
import * as partKeys from "../../../lib/storage/layout/part-keys.ts";
import { ALL_SERIES, type Shard } from "../../../lib/storage/layout/shard.ts";
import * as tenantKeys from "../../../lib/storage/layout/tenant-keys.ts";
import { metadataKey } from "../../../lib/storage/metadata/metadata-keys.ts";
import { checkKey } from "../../../lib/storage/table/item-size.ts";
import type { KeyRange } from "../../../lib/storage/table/table.ts";

const SEED = 20261122;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const WRITER = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const PART = "1112131415161718";
const SHARD: Shard = { bits: 2, prefix: 3 };
const SHARDS: readonly Shard[] = [ALL_SERIES, { bits: 2, prefix: 0 }, SHARD, { bits: 8, prefix: 255 }];
const HASH = new Uint8Array(keys.HASH_BYTES).fill(0xab);

const LINK = { place: 3, before: new Uint8Array(6).fill(1), after: new Uint8Array(6).fill(0xef) };

test("where everything is, byte for byte: a change here loses what is stored", () => {
  const position = { receivedMs: 0x010203040506, writer: WRITER, sequence: 9 };
  const printed = [
    keys.logKey("ab", 20000, SHARD, position),
    keys.dictionaryKey("ab", 20000, SHARD, WRITER, 1000),
    keys.seriesRecordKey("ab", 20000, SHARD, position),
    partKeys.indexKey(
      { tenant: "ab", day: 20000, part: PART, section: "pairs", shard: SHARD },
      partKeys.MAX_INDEX_HASH,
      7,
    ),
    keys.dayKey("ab", 20000, 2),
    keys.dayKey("ab", -1, 0),
    partKeys.runKey("ab", 20000, PART, SHARD, { number: 7, isLast: true }),
    partKeys.chunkKey({ tenant: "ab", day: 20000, bucket: 1, part: PART, shard: SHARD }, hex(HASH), 7, LINK),
    keys.manifestKey("ab", 20000),
    keys.progressKey("ab", 20000, 1),
    keys.markKey({ hourMs: 0x010203040506, day: 20000, tenant: "ab" }),
    keys.cursorKey(),
    tenantKeys.accessKeyKey("HK"),
    metadataKey("ab", 0x010203040506, WRITER),
    exemplarsKey("ab", 20_000 * DAY_MS + 0x010203, WRITER),
  ].map(({ pk, sk }) => `${hex(pk)} ${hex(sk)}`);
  assert.deepEqual(printed, [
    "4c02616280004e20020003 010203040506010203040506070800000009",
    "4402616280004e20020003 0102030405060708000003e8",
    "5302616280004e20020003 010203040506010203040506070800000009",
    `4902616280004e20${PART}02020003 ffffffff00000007`,
    "50026162 80004e2002",
    "50026162 7fffffff00",
    `5202616280004e20${PART}020003 0000000701`,
    `4302616280004e2001${PART}020003 ${"ab".repeat(20)}00070000000301${"01".repeat(6)}${"ef".repeat(6)}`,
    "58026162 80004e20",
    "5702616280004e20 01",
    "41 01020304050680004e20026162",
    "5a 00",
    "4b 484b",
    "4d026162 0102030405060102030405060708",
    "4602616280004e20 000102030102030405060708",
  ]);
});

test("a day is a UTC day, before the epoch too", () => {
  const cases = [
    [0, 0],
    [86_399_999, 0],
    [86_400_000, 1],
    [-1, -1],
    [-86_400_000, -1],
    [-86_400_001, -2],
  ];
  for (const [timestamp, day] of cases) assert.equal(keys.dayOf(timestamp), day);
});

test("the largest keys are keys that DynamoDB takes", () => {
  const tenant = "t".repeat(150);
  for (const time of [MAX_TIMESTAMP_MS, -MAX_TIMESTAMP_MS]) {
    const day = keys.dayOf(time);
    checkKey(partKeys.indexKey({ tenant, day, part: PART, section: "series", shard: SHARD }, 2 ** 32 - 1, 9));
    checkKey(keys.markKey({ hourMs: 2 ** 48 - 1, day, tenant }));
    const key = keys.dayKey(tenant, day, 4);
    checkKey(key);
    assert.deepEqual(keys.parseDaySortKey(key.sk), { day, shardBits: 4 });
  }
  checkKey(tenantKeys.accessKeyKey("k".repeat(128)));
  checkKey(tenantKeys.tenantKey(tenant));
});

const day = fc.integer({ min: keys.dayOf(-MAX_TIMESTAMP_MS), max: keys.dayOf(MAX_TIMESTAMP_MS) });
const position = fc.record(
  {
    receivedMs: fc.nat(2 ** 48 - 1),
    writer: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    sequence: fc.nat(2 ** 32 - 1),
  },
  { noNullPrototype: true },
);
const sign = (a: number, b: number) => Math.sign(a - b);

test("sort keys sort as what they stand for", () => {
  fc.assert(
    fc.property(day, day, position, position, (d1, d2, p1, p2) => {
      for (const keyOf of [(d: number) => keys.dayKey("t", d, 0), (d: number) => keys.manifestKey("t", d)]) {
        assert.equal(Buffer.compare(keyOf(d1).sk, keyOf(d2).sk), sign(d1, d2));
      }
      const [a, b] = [p1, p2].map((p) => keys.logKey("t", 0, ALL_SERIES, p).sk);
      const order =
        sign(p1.receivedMs, p2.receivedMs) ||
        Buffer.compare(p1.writer, p2.writer) ||
        sign(p1.sequence, p2.sequence);
      assert.equal(Buffer.compare(a, b), order);
    }),
    { seed: SEED },
  );
});

test("what is parsed is what was made", () => {
  fc.assert(
    fc.property(day, position, fc.nat(partKeys.MAX_INDEX_HASH), (d, p, lastHash) => {
      assert.deepEqual(keys.parseLogSortKey(keys.logKey("t", d, SHARD, p).sk), p);
      assert.deepEqual(keys.parseDaySortKey(keys.dayKey("t", d, 2).sk), { day: d, shardBits: 2 });
      assert.equal(keys.parseManifestSortKey(keys.manifestKey("t", d).sk), d);
      const mark = { hourMs: p.receivedMs, day: d, tenant: "ab" };
      assert.deepEqual(keys.parseMarkSortKey(keys.markKey(mark).sk), mark);
      const { sk } = keys.dictionaryKey("t", d, SHARD, p.writer, p.sequence);
      assert.deepEqual(keys.parseDictionarySortKey(sk), { writer: p.writer, firstReference: p.sequence });
      const place = { tenant: "t", day: d, part: PART, section: "series", shard: SHARD } as const;
      const number = p.sequence;
      assert.deepEqual(partKeys.parseIndexSortKey(partKeys.indexKey(place, lastHash, number).sk), {
        lastHash,
        number,
      });
    }),
    { seed: SEED },
  );
});

const isWithin = ({ first, last }: KeyRange, sk: Uint8Array) =>
  (first === undefined || Buffer.compare(first, sk) <= 0) &&
  (last === undefined || Buffer.compare(sk, last) <= 0);

test("a log's range begins with a receive time, whatever the time", () => {
  const at = (receivedMs: number) =>
    keys.logKey("t", 0, ALL_SERIES, { receivedMs, writer: new Uint8Array(8), sequence: 0 }).sk;
  assert.ok(isWithin(keys.logRange("t", 0, ALL_SERIES, 1000), at(1000)));
  assert.ok(!isWithin(keys.logRange("t", 0, ALL_SERIES, 1001), at(1000)));
  for (const from of [-(2 ** 63), -1, 0]) assert.ok(isWithin(keys.logRange("t", 0, ALL_SERIES, from), at(0)));
  for (const from of [2 ** 48, 2 ** 63])
    assert.ok(!isWithin(keys.logRange("t", 0, ALL_SERIES, from), at(2 ** 47)));
});

test("a log's range ends with a receive time, whoever wrote then", () => {
  const range = keys.logRange("t", 0, ALL_SERIES, 0, 1000);
  const at = (receivedMs: number, byte: number) =>
    keys.logKey("t", 0, ALL_SERIES, {
      receivedMs,
      writer: new Uint8Array(8).fill(byte),
      sequence: 2 ** 32 - 1,
    }).sk;
  assert.ok(isWithin(range, at(1000, 0)) && isWithin(range, at(1000, 0xff)));
  assert.ok(!isWithin(range, at(1001, 0)));
});

test("ranges hold what is theirs", () => {
  const other = WRITER.with(7, 9);
  const range = keys.dictionaryRange("t", 5, SHARD, WRITER);
  for (const reference of [0, 1, 2 ** 32 - 1]) {
    assert.ok(isWithin(range, keys.dictionaryKey("t", 5, SHARD, WRITER, reference).sk));
    assert.ok(!isWithin(range, keys.dictionaryKey("t", 5, SHARD, other, reference).sk));
  }
  const days = keys.daysRange("t", -1, 1);
  assert.deepEqual(
    [-2, -1, 0, 1, 2].filter(
      (d) => isWithin(days, keys.dayKey("t", d, 0).sk) && isWithin(days, keys.dayKey("t", d, 4).sk),
    ),
    [-1, 0, 1],
  );
  const place = { tenant: "t", day: 5, bucket: 0, part: PART, shard: SHARD };
  const hashes = ["00", "7f", "80", "81", "ff"].map((byte) => byte.repeat(keys.HASH_BYTES));
  const span = partKeys.chunkSpanRange(place, hashes[1], hashes[3]);
  assert.deepEqual(
    hashes.map(
      (hash) => [0, 0xffff].filter((n) => isWithin(span, partKeys.chunkKey(place, hash, n, LINK).sk)).length,
    ),
    [0, 2, 2, 2, 0],
  );
  const index = { tenant: "t", day: 5, part: PART, section: "series", shard: SHARD } as const;
  const ofHashes = partKeys.indexSpanRange(index, 7, 9);
  assert.deepEqual(
    [6, 7, 8, 9, 10].map(
      (hash) =>
        [0, 2 ** 32 - 1].filter((n) => isWithin(ofHashes, partKeys.indexKey(index, hash, n).sk)).length,
    ),
    [0, 2, 2, 2, 0],
  );
  const marks = keys.marksRange(1000);
  assert.deepEqual(
    [999, 1000, 1001].filter((hourMs) => isWithin(marks, keys.markKey({ hourMs, day: 0, tenant: "t" }).sk)),
    [1000, 1001],
  );
});

test("no partition is another's, whatever tenants are called", () => {
  const names = ["a", "ab", "b", "\x01", "S", "SS", "aS\x80", "\x80\0\0\0", "a\x80\0\0\0up", "up"];
  const seen = new Map<string, string>();
  for (const tenant of names) {
    for (const d of [0, 1, -1, 0x61626364]) {
      const made = Object.entries({
        ...Object.fromEntries(
          SHARDS.flatMap((shard) => {
            const place = { tenant, day: d, part: PART, shard };
            return Object.entries({
              log: keys.logRange(tenant, d, shard, 0).pk,
              series: keys.seriesRecordsRange(tenant, d, shard, 0).pk,
              index: partKeys.indexRange({ ...place, section: "series" }).pk,
              values: partKeys.indexRange({ ...place, section: "values" }).pk,
              otherIndex: partKeys.indexRange({ ...place, part: "ff".repeat(8), section: "series" }).pk,
              dictionary: keys.dictionariesRange(tenant, d, shard).pk,
              run: partKeys.runRange(tenant, d, PART, shard).pk,
              otherRun: partKeys.runRange(tenant, d, "ff".repeat(8), shard).pk,
              chunks: partKeys.chunkRange({ ...place, bucket: 0 }).pk,
              nextChunks: partKeys.chunkRange({ ...place, bucket: 1 }).pk,
            }).map(([what, pk]) => [`${what} ${JSON.stringify(shard)}`, pk]);
          }),
        ),
        progress: keys.progressKey(tenant, d, 0).pk,
      });
      const ofTenant = { days: keys.dayKey(tenant, 0, 0).pk, manifests: keys.manifestKey(tenant, 0).pk };
      for (const [what, pk] of [...made, ...Object.entries(ofTenant)]) {
        const who = JSON.stringify(what in ofTenant ? [tenant, what] : [tenant, d, what]);
        assert.equal(seen.get(hex(pk)) ?? who, who);
        seen.set(hex(pk), who);
      }
    }
  }
});
