import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_TIMESTAMP_MS } from "../../lib/model/time.ts";
import { checkKey } from "../../lib/storage/item-size.ts";
import * as keys from "../../lib/storage/keys.ts";
import type { KeyRange } from "../../lib/storage/table.ts";

const SEED = 20261122;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const WRITER = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const HASH = new Uint8Array(16).fill(0xab);

test("where everything is, byte for byte: a change here loses what is stored", () => {
  const position = { receivedMs: 0x010203040506, writer: WRITER, sequence: 9 };
  const printed = [
    keys.logKey("ab", 20000, 3, position),
    keys.dictionaryKey("ab", 20000, WRITER, 1000),
    keys.seriesKey("ab", 20000, "up", HASH),
    keys.metricKey("ab", 20000, "up"),
    keys.dayKey("ab", 20000),
    keys.dayKey("ab", -1),
    keys.accessKeyKey("HK"),
  ].map(({ pk, sk }) => `${hex(pk)} ${hex(sk)}`);
  assert.deepEqual(printed, [
    "4c02616280004e200003 010203040506010203040506070800000009",
    "4402616280004e20 0102030405060708000003e8",
    `5302616280004e207570 ${"ab".repeat(16)}`,
    "4d02616280004e20 7570",
    "50026162 80004e20",
    "50026162 7fffffff",
    "4b 484b",
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
  const metric = "m".repeat(1024);
  for (const time of [MAX_TIMESTAMP_MS, -MAX_TIMESTAMP_MS]) {
    const day = keys.dayOf(time);
    checkKey(keys.seriesKey(tenant, day, metric, HASH));
    checkKey(keys.metricKey(tenant, day, metric));
    checkKey(keys.dayKey(tenant, day));
    assert.equal(keys.parseDaySortKey(keys.dayKey(tenant, day).sk), day);
  }
  checkKey(keys.accessKeyKey("k".repeat(128)));
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
      assert.equal(Buffer.compare(keys.dayKey("t", d1).sk, keys.dayKey("t", d2).sk), sign(d1, d2));
      const [a, b] = [keys.logKey("t", 0, 0, p1).sk, keys.logKey("t", 0, 0, p2).sk];
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
    fc.property(day, position, fc.string({ minLength: 1, unit: "grapheme" }), (d, p, metric) => {
      assert.deepEqual(keys.parseLogSortKey(keys.logKey("t", d, 1, p).sk), p);
      assert.equal(keys.parseDaySortKey(keys.dayKey("t", d).sk), d);
      const { sk } = keys.dictionaryKey("t", d, p.writer, p.sequence);
      assert.deepEqual(keys.parseDictionarySortKey(sk), { writer: p.writer, firstReference: p.sequence });
      assert.equal(keys.parseMetricSortKey(keys.metricKey("t", d, metric).sk), metric);
    }),
    { seed: SEED },
  );
});

test("a metric name keeps its byte order mark", () => {
  assert.equal(keys.parseMetricSortKey(keys.metricKey("t", 0, "\ufeffup").sk), "\ufeffup");
});

const isWithin = ({ first, last }: KeyRange, sk: Uint8Array) =>
  (first === undefined || Buffer.compare(first, sk) <= 0) &&
  (last === undefined || Buffer.compare(sk, last) <= 0);

test("a log's range begins with a receive time, whatever the time", () => {
  const at = (receivedMs: number) =>
    keys.logKey("t", 0, 0, { receivedMs, writer: new Uint8Array(8), sequence: 0 }).sk;
  assert.ok(isWithin(keys.logRange("t", 0, 0, 1000), at(1000)));
  assert.ok(!isWithin(keys.logRange("t", 0, 0, 1001), at(1000)));
  for (const from of [-(2 ** 63), -1, 0]) assert.ok(isWithin(keys.logRange("t", 0, 0, from), at(0)));
  for (const from of [2 ** 48, 2 ** 63]) assert.ok(!isWithin(keys.logRange("t", 0, 0, from), at(2 ** 47)));
});

test("ranges hold what is theirs", () => {
  const other = WRITER.with(7, 9);
  const range = keys.dictionaryRange("t", 5, WRITER);
  for (const reference of [0, 1, 2 ** 32 - 1]) {
    assert.ok(isWithin(range, keys.dictionaryKey("t", 5, WRITER, reference).sk));
    assert.ok(!isWithin(range, keys.dictionaryKey("t", 5, other, reference).sk));
  }
  const days = keys.daysRange("t", -1, 1);
  assert.deepEqual(
    [-2, -1, 0, 1, 2].filter((d) => isWithin(days, keys.dayKey("t", d).sk)),
    [-1, 0, 1],
  );
});

test("no partition is another's, whatever tenants and metrics are called", () => {
  const names = ["a", "ab", "b", "\x01", "S", "SS", "aS\x80", "\x80\0\0\0", "a\x80\0\0\0up", "up"];
  const seen = new Map<string, string>();
  for (const tenant of names) {
    for (const d of [0, 1, -1, 0x61626364]) {
      const made = Object.entries({
        log: keys.logPartition(tenant, d, 0),
        log1: keys.logPartition(tenant, d, 1),
        dictionary: keys.dictionariesRange(tenant, d).pk,
        metrics: keys.metricsRange(tenant, d).pk,
        ...Object.fromEntries(names.map((metric) => [`S${metric}`, keys.seriesRange(tenant, d, metric).pk])),
      });
      for (const [what, pk] of [...made, ["days", keys.dayKey(tenant, 0).pk] as const]) {
        const who = JSON.stringify(what === "days" ? [tenant, what] : [tenant, d, what]);
        assert.equal(seen.get(hex(pk)) ?? who, who);
        seen.set(hex(pk), who);
      }
    }
  }
});
