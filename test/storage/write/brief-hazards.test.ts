/** What must not happen to references that series records give out, whatever comes between two steps of a request. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { briefSince, givesReferences } from "../../../lib/storage/layout/brief-keys.ts";
import { dayOf, KIND, markKey, parseReceiveTime, receiveTime } from "../../../lib/storage/layout/keys.ts";
import { ALL_SERIES } from "../../../lib/storage/layout/shard.ts";
import { LogDecoder } from "../../../lib/storage/log/log-decoder.ts";
import { newHashFactors } from "../../../lib/storage/series/hash-index.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item } from "../../../lib/storage/table/table.ts";
import { BriefSpans } from "../../../lib/storage/write/brief-spans.ts";
import { LevelDictionary, MAX_DICTIONARY_SERIES } from "../../../lib/storage/write/own-dictionary.ts";
import { dictionaryOf } from "../../../lib/storage/write/reference-table.ts";
import { ShardWriter } from "../../../lib/storage/write/shard-writer.ts";
import { Writers } from "../../../lib/storage/write/writers.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { assertSame, NaiveStore } from "../../helpers/storage/naive-store.ts";
import { batchOf, type SentSeries, series } from "../../helpers/write-requests.ts";

const TEN_MS = MIDNIGHT_MS + 10 * HOUR_MS;

function newEngine(table = new MemoryTable()): Engine {
  const engine = new Engine({ table, fewSeries: 100 });
  engine.nowMs = TEN_MS;
  engine.tickMs = 0;
  return engine;
}

/** Series `first..first + count`, a sample each. */
function scrape(first: number, count: number, timeMs: number): SentSeries[] {
  return Array.from({ length: count }, (_, i) => series("up", { pod: `pod-${first + i}` }, [timeMs, 1]));
}

async function itemsOf(table: MemoryTable, kind: number): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of table.scan()) items.push(...page.filter(({ pk }) => pk[0] === kind));
  return items;
}

function decode(table: MemoryTable, item: Item): Promise<number> {
  const day = dayOf(MIDNIGHT_MS);
  const decoder = new LogDecoder({ table, tenant: "t", day, columnsOf: () => null });
  return Promise.resolve(decoder.append({ shard: ALL_SERIES, item }, 0, MIDNIGHT_MS + DAY_MS));
}

test("references stay of their dictionary while another request begins the next one", async () => {
  const place = { tenant: "t", day: dayOf(MIDNIGHT_MS), retentionMs: 0 };
  const level = new LevelDictionary(() => randomBytes(8));
  const writer = new ShardWriter(ALL_SERIES, { place, factors: newHashFactors(randomBytes), level });
  const registrationOf = (count: number) => {
    const hashes = new Int32Array(5 * count).map(() => randomBytes(4).readInt32LE());
    const hash = (number: number) => new Uint8Array(hashes.buffer, 20 * number, 20);
    // What a shard's writer asks of a batch.
    const series = { hashes, hash } as unknown as Parameters<ShardWriter["noteBrief"]>[0]["series"];
    return { series, places: new Int32Array(count).fill(-1) };
  };
  writer.takeBrief(MAX_DICTIONARY_SERIES - 5);
  const taken = writer.takeBrief(2);
  const { id } = level;
  // While the series record is on its way.
  const others = registrationOf(10);
  await writer.store(
    new MemoryTable(),
    others,
    Array.from({ length: 10 }, (_, i) => [i]),
  );
  const registration = registrationOf(2);
  writer.noteBrief(registration, [[0], [1]], taken, TEN_MS);
  const named = Array.from(registration.places, (one) => writer.dictionaryId(dictionaryOf(one)));
  assert.deepEqual(named, [id, id]);
  assert.notDeepEqual(writer.dictionaryId(dictionaryOf(others.places[0])), id);
});

test("a record that lasts needs no item that leaves, though a look finds the compactor behind meanwhile", async () => {
  const inner = new MemoryTable();
  const engine = newEngine(inner);
  const writers = engine.newWriters();
  await engine.append(writers, scrape(0, 10, engine.nowMs));
  const hourMs = MIDNIGHT_MS - 3 * DAY_MS;
  await engine.table.put({ ...markKey({ hourMs, day: dayOf(hourMs), tenant: "t" }), value: randomBytes(6) });
  // The next look is due one ms after the request begins, when its known series have their places.
  engine.nowMs += HOUR_MS - 1;
  const put = inner.put.bind(inner);
  inner.put = (item) => {
    engine.nowMs += 1;
    return put(item);
  };
  await engine.append(writers, [...scrape(0, 10, engine.nowMs), ...scrape(100, 1, engine.nowMs)]);
  const lasting = (await itemsOf(inner, KIND.log)).filter(
    ({ expiresAtSeconds }) => expiresAtSeconds === undefined,
  );
  assert.ok(lasting.length > 0);
  for (const item of await itemsOf(inner, KIND.series))
    if (item.expiresAtSeconds !== undefined) await inner.delete(item);
  for (const item of lasting) await decode(inner, item);
});

test("a series record stays as long as the last log record that names it", async () => {
  const inner = new MemoryTable();
  const engine = newEngine(inner);
  const writers = engine.newWriters();
  for (let i = 0; i < 20; i++) {
    await engine.append(writers, scrape(0, 10, engine.nowMs));
    engine.nowMs += 3 * MINUTE_MS;
  }
  const [record] = await itemsOf(inner, KIND.series);
  const named = (await itemsOf(inner, KIND.log)).filter(({ sk }) => briefSince(sk) !== undefined);
  assert.equal(named.length, 20);
  for (const { expiresAtSeconds } of named) assert.ok(record.expiresAtSeconds! >= expiresAtSeconds!);
});

test("a call that stored a series record and takes effect again leaves a later expiry alone", async () => {
  const inner = new MemoryTable();
  const engine = newEngine(inner);
  const again: (() => Promise<unknown>)[] = [];
  const { putAll, putIfAbsent } = inner;
  inner.putAll = (items) => {
    if (items[0].pk[0] === KIND.series) again.push(() => putAll.call(inner, items));
    return putAll.call(inner, items);
  };
  inner.putIfAbsent = (item) => {
    again.push(() => putIfAbsent.call(inner, item));
    return putIfAbsent.call(inner, item);
  };
  await engine.append(engine.newWriters(), scrape(0, 10, engine.nowMs));
  const [record] = await itemsOf(inner, KIND.series);
  assert.ok(givesReferences(record.sk));
  const expiresAtSeconds = record.expiresAtSeconds! + 1000;
  await inner.put({ ...record, expiresAtSeconds });
  assert.equal(again.length, 1);
  await again[0]();
  assert.equal((await itemsOf(inner, KIND.series))[0].expiresAtSeconds, expiresAtSeconds);
});

test("a cold writer whose clock is hours behind at first names nothing older than compaction keeps", async () => {
  const inner = new MemoryTable();
  const engine = newEngine(inner);
  await engine.append(engine.newWriters(), scrape(0, 10, engine.nowMs));
  engine.nowMs += 5 * HOUR_MS;
  let behindMs = 4.5 * HOUR_MS;
  const clock = () => engine.nowMs - behindMs;
  const options = { clock, randomBytes, limits: DEFAULT_LIMITS, maxBytes: 2 ** 26, fewSeries: 100 };
  const cold = new Writers(options).appender({ tenant: "t", retentionMs: 0 }, engine.table);
  const query = inner.query.bind(inner);
  // The clock is right once the first responses have come.
  inner.query = async function* (range, how) {
    yield* query(range, how);
    if (range.pk[0] === KIND.series) behindMs = 0;
  };
  const late = scrape(0, 10, TEN_MS + 1);
  await cold.append(batchOf(...late));
  const ages = (await itemsOf(inner, KIND.log)).map(
    ({ sk }) => parseReceiveTime(sk) - (briefSince(sk) ?? Infinity),
  );
  assert.ok(Math.max(...ages) <= HOUR_MS, `${ages}`);
  const model = new NaiveStore();
  model.append(scrape(0, 10, TEN_MS));
  model.append(late);
  await assertSame(engine.reader(), model);
});

test("a writer names nothing of a series record that leaves before its log record", async () => {
  const inner = new MemoryTable();
  const append = (retentionMs: number, clock: () => number) => {
    const options = { clock, randomBytes, limits: DEFAULT_LIMITS, maxBytes: 2 ** 26, fewSeries: 100 };
    const writers = new Writers(options);
    return writers.appender({ tenant: "t", retentionMs }, inner).append(batchOf(...scrape(0, 10, TEN_MS)));
  };
  await append(DAY_MS, () => TEN_MS);
  // Retention is longer now, and the writer starts cold.
  await append(0, () => TEN_MS + MINUTE_MS);
  const last = (await itemsOf(inner, KIND.log)).find(({ sk }) => parseReceiveTime(sk) > TEN_MS + SECOND_MS)!;
  for (const item of await itemsOf(inner, KIND.series))
    if (item.expiresAtSeconds! < last.expiresAtSeconds!) await inner.delete(item);
  await decode(inner, last);
});

test("what a series record gives out is noted once, however often it is read", () => {
  const spans = new BriefSpans();
  for (let i = 0; i < 100; i++) {
    spans.add(0, 0, 10, TEN_MS);
    spans.add(0, 10, 20, TEN_MS + 5 * MINUTE_MS);
  }
  const { sizeBytes } = spans;
  assert.equal(spans.sinceMs, TEN_MS);
  const isOver = spans.takeOld(TEN_MS + 61 * MINUTE_MS, false);
  assert.equal(isOver?.(0, 19), true);
  assert.equal(spans.sizeBytes, 0);
  assert.ok(sizeBytes > 0 && sizeBytes < 1000, `${sizeBytes}`);
});

test("a record whose series record is dated much later needs no other writer's records", async () => {
  const inner = new MemoryTable();
  const engine = newEngine(inner);
  await engine.append(engine.newWriters(), scrape(0, 10, engine.nowMs));
  const [record] = await itemsOf(inner, KIND.series);
  const [logged] = await itemsOf(inner, KIND.log);
  const dated = (sk: Uint8Array, ms: number) =>
    Uint8Array.from([...receiveTime(ms).finish(), ...sk.subarray(6)]);
  await inner.delete(record);
  await inner.put({ ...record, sk: dated(record.sk, TEN_MS + 5 * MINUTE_MS) });
  // Another dictionary, and nothing that can be read.
  const others = dated(record.sk, TEN_MS + 30 * SECOND_MS);
  others[10] ^= 1;
  await inner.put({ ...record, sk: others, value: Uint8Array.of(255) });
  await decode(inner, logged);
});
