/** References that series records give out: what they cost, how long they are named, and who can read them. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { ByteWriter } from "../../../lib/storage/codec/bytes.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import { briefSince, givesReferences } from "../../../lib/storage/layout/brief-keys.ts";
import { DamageReports } from "../../../lib/storage/layout/damage-reports.ts";
import { cursorKey, dayOf, KIND, markKey, parseReceiveTime } from "../../../lib/storage/layout/keys.ts";
import { ALL_SERIES } from "../../../lib/storage/layout/shard.ts";
import { LogDecoder } from "../../../lib/storage/log/log-decoder.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { type Item, newMeter } from "../../../lib/storage/table/table.ts";
import type { Writers } from "../../../lib/storage/write/writers.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { assertSame, NaiveStore } from "../../helpers/storage/naive-store.ts";
import { batchOf, type SentSeries, series } from "../../helpers/write-requests.ts";

const SCRAPE_MS = 15 * SECOND_MS;
const METRICS = 20;
const BRIEF = { fewSeries: 100 };

/** Series `first..first + count` of twenty metrics, a sample each. */
function scrape(first: number, count: number, timeMs: number): SentSeries[] {
  return Array.from({ length: count }, (_, i) =>
    series(`metric_${(first + i) % METRICS}`, { pod: `pod-${first + i}` }, [timeMs, first + i]),
  );
}

/** A table, what it must have, and who wrote it. */
class Store {
  readonly inner = new MemoryTable();
  readonly engine: Engine;
  readonly model = new NaiveStore();

  constructor(options: object = BRIEF) {
    this.engine = new Engine({ table: this.inner, ...options });
    this.engine.nowMs = MIDNIGHT_MS + 10 * HOUR_MS;
    this.engine.tickMs = 0;
  }

  /** Sends a request at a later time. Returns what it cost. */
  async send(writers: Writers, request: readonly SentSeries[], laterMs = SCRAPE_MS) {
    this.engine.nowMs += laterMs;
    const meter = newMeter();
    const place = { tenant: "t", retentionMs: 0 };
    await writers.appender(place, this.engine.table.metered(meter)).append(batchOf(...request));
    this.model.append(request);
    return meter;
  }

  async items(kind: number): Promise<Item[]> {
    const items: Item[] = [];
    for await (const page of this.inner.scan()) items.push(...page.filter(({ pk }) => pk[0] === kind));
    return items;
  }

  async check(memory?: ReaderMemory): Promise<void> {
    await assertSame(this.engine.reader("t", memory), this.model);
  }
}

const now = ({ engine }: Store) => engine.nowMs + SCRAPE_MS;

test("a new series costs a series record and a log record, and nothing is read for it", async () => {
  const table = new FaultyTable();
  const engine = new Engine({ table, ...BRIEF });
  const writers = engine.newWriters();
  await engine.append(writers, scrape(0, 10, MIDNIGHT_MS));
  const before = table.calls.length;
  await engine.append(writers, scrape(5, 10, MIDNIGHT_MS + 1));
  assert.deepEqual(table.calls.slice(before), ["putIfAbsent S", "putAll L"]);
  const after = table.calls.length;
  await engine.append(writers, scrape(5, 10, MIDNIGHT_MS + 2));
  assert.deepEqual(table.calls.slice(after), ["putAll L"]);
});

test("churn: new series cost one write unit a scrape beside what none cost", async () => {
  const store = new Store();
  const writers = store.engine.newWriters();
  await store.send(writers, scrape(0, 2000, now(store)));
  const quiet = await store.send(writers, scrape(0, 2000, now(store)));
  let units = 0;
  const scrapes = 20;
  for (let i = 1; i <= scrapes; i++) {
    const { readUnits, writeUnits } = await store.send(writers, scrape(17 * i, 2000, now(store)));
    assert.equal(readUnits, 0);
    units += writeUnits;
  }
  // The first one names the level of one shard.
  const most = scrapes * (quiet.writeUnits + 1) + 1;
  assert.ok(units <= most, `${units} units, ${quiet.writeUnits} a quiet scrape`);
  await store.check();
});

describe("readers", () => {
  test("cold and warm ones see a new series in the next query, at any age of the others", async () => {
    const store = new Store({ ...BRIEF, shardBits: () => 2 });
    const writers = store.engine.newWriters();
    const memory = new ReaderMemory(50_000_000);
    await store.send(writers, scrape(0, 100, now(store)));
    for (let i = 1; i <= 50; i++) {
      await store.send(writers, scrape(3 * i, 100, now(store)), 3 * MINUTE_MS);
      if (i % 5 === 0) for (const one of [memory, undefined]) await store.check(one);
    }
  });

  test("a compaction in between changes nothing, and the log after it is read", async () => {
    const store = new Store();
    const writers = store.engine.newWriters();
    for (let i = 1; i <= 30; i++) {
      await store.send(writers, scrape(7 * i, 100, now(store)), MINUTE_MS);
      if (i % 10 === 0) await store.engine.compact();
      if (i % 10 < 2) await store.check();
    }
  });

  test("a series record that is damaged costs its own series alone, and the answer says so", async () => {
    const store = new Store();
    const writers = store.engine.newWriters();
    const lasting = scrape(0, 10, now(store));
    await store.send(writers, lasting);
    await store.send(writers, [...scrape(0, 10, now(store)), ...scrape(100, 10, now(store))]);
    await store.send(writers, [...scrape(0, 10, now(store)), ...scrape(200, 10, now(store))]);
    const records = await store.items(KIND.series);
    assert.equal(records.length, 3);
    await store.inner.put({ ...records[1], checksum: records[1].checksum! ^ 1 });
    await assert.rejects(store.check(), /damaged|checksum/);
    const quarantined: unknown[] = [];
    const { engine } = store;
    engine.nowMs += 20 * MINUTE_MS;
    const options = { clock: engine.clock, randomBytes, retentionOf: () => 0, sparseSamples: 0 };
    const onDamagedItem = (item: unknown) => quarantined.push(item);
    await compact(engine.table, {
      ...options,
      deadlineMs: Number.POSITIVE_INFINITY,
      isEager: true,
      onDamagedItem,
    });
    // Itself, and the log record that names its series: the other samples of that are in runs.
    assert.equal(quarantined.length, 2);
    const found = new Map<string, number>();
    for await (const { pod, count } of podsOf(store)) found.set(pod, count);
    assert.equal(found.get("pod-3"), 3);
    assert.equal(found.get("pod-203"), 1);
    assert.equal(found.get("pod-103"), undefined);
  });
});

/** How many samples each has. */
async function* podsOf({ engine }: Store) {
  const selection = { matchers: [], minTime: 0, maxTime: engine.nowMs };
  const damage = new DamageReports();
  const options = { clock: engine.clock, limits: DEFAULT_LIMITS, retentionMs: 0, tenant: "t", damage };
  const reader = new Reader(engine.table, options);
  for await (const { labels, timestamps } of reader.select(selection))
    yield { pod: labels.find(([name]) => name === "pod")![1], count: timestamps.length };
  assert.match(reader.warnings.join(), /quarantine/);
}

describe("after an hour", () => {
  test("series that live on stand in a dictionary, gathered, and those that ended never do", async () => {
    const store = new Store();
    const writers = store.engine.newWriters();
    for (let i = 0; i < 100; i++) await store.send(writers, scrape(i, 20, now(store)), MINUTE_MS / 2);
    const dictionaries = async () =>
      (await store.items(KIND.dictionary)).reduce((sum, { value }) => sum + value.length / 20, 0);
    assert.equal(await dictionaries(), 0);
    for (let i = 0; i < 100; i++) await store.send(writers, scrape(100, 20, now(store)), MINUTE_MS / 2);
    assert.equal(await dictionaries(), 20);
    assert.equal((await store.items(KIND.dictionary)).length, 1);
    await store.check();
    await store.engine.compact();
    await store.check();
  });

  test("no record names a reference for longer, and one that names none says so", async () => {
    const store = new Store();
    const writers = store.engine.newWriters();
    for (let i = 0; i < 30; i++) await store.send(writers, scrape(0, 20, now(store)), 5 * MINUTE_MS);
    const named = (await store.items(KIND.log)).filter(({ sk }) => briefSince(sk) !== undefined);
    assert.equal(named.length, 13);
    for (const { sk } of named) assert.ok(parseReceiveTime(sk) - briefSince(sk)! <= HOUR_MS);
  });
});

test("a record names a reference that another request ends meanwhile, and says so", async () => {
  const store = new Store();
  const writers = store.engine.newWriters();
  await store.send(writers, scrape(0, 10, now(store)));
  store.engine.nowMs += 61 * MINUTE_MS;
  const both = [...scrape(0, 10, now(store)), ...scrape(100, 10, now(store))];
  const later = scrape(100, 5, now(store) + 1);
  const putIfAbsent = store.inner.putIfAbsent.bind(store.inner);
  let other: Promise<unknown> | undefined;
  // Ten series have brief references then, and the ten of before get places in a dictionary.
  store.inner.putIfAbsent = async (item) => {
    if (item.pk[0] === KIND.dictionary && other === undefined) {
      store.engine.nowMs += 61 * MINUTE_MS;
      other = store.engine.append(writers, later);
    }
    return putIfAbsent(item);
  };
  await store.engine.append(writers, both);
  assert.ok(other);
  await other;
  for (const request of [both, later]) store.model.append(request);
  await store.check();
  await store.engine.compact();
  await store.check();
});

describe("a cold writer", () => {
  test("adopts what series records of the last hour give out", async () => {
    const store = new Store();
    await store.send(store.engine.newWriters(), scrape(0, 50, now(store)));
    await store.send(store.engine.newWriters(), scrape(0, 50, now(store)));
    assert.equal((await store.items(KIND.series)).length, 1);
    assert.equal((await store.items(KIND.dictionary)).length, 0);
    await store.send(store.engine.newWriters(), scrape(10, 50, now(store)));
    assert.equal((await store.items(KIND.series)).length, 2);
    await store.check();
  });

  test("records a series of an older record again", async () => {
    const store = new Store();
    await store.send(store.engine.newWriters(), scrape(0, 50, now(store)));
    await store.send(store.engine.newWriters(), scrape(0, 50, now(store)), 2 * HOUR_MS);
    assert.equal((await store.items(KIND.series)).length, 2);
    await store.check();
  });
});

describe("none is given out", () => {
  test("while the compactor is of a version that cannot read it", async () => {
    const store = new Store();
    const hourMs = MIDNIGHT_MS + 10 * HOUR_MS;
    const cursor = new ByteWriter().writeVarint(hourMs).writeVarint(0).writeVarint(hourMs).finish();
    await store.engine.table.put({ ...cursorKey(), value: cursor });
    const writers = store.engine.newWriters();
    await store.send(writers, scrape(0, 10, now(store)));
    assert.equal(
      (await store.items(KIND.series)).some(({ sk }) => givesReferences(sk)),
      false,
    );
    // This version's says that it can; a writer looks once an hour.
    await store.engine.compact();
    await store.send(writers, scrape(100, 10, now(store)), HOUR_MS);
    assert.equal(
      (await store.items(KIND.series)).some(({ sk }) => givesReferences(sk)),
      true,
    );
    await store.check();
  });

  test("from the look on that finds the compactor behind: a record that lasts needs no item that leaves", async () => {
    const store = new Store();
    const writers = store.engine.newWriters();
    await store.send(writers, scrape(0, 10, now(store)));
    await store.send(writers, scrape(100, 10, now(store)), 59 * MINUTE_MS);
    // The mark of an hour three days ago waits still.
    const hourMs = MIDNIGHT_MS - 3 * DAY_MS;
    const mark = markKey({ hourMs, day: dayOf(hourMs), tenant: "t" });
    await store.engine.table.put({ ...mark, value: new Uint8Array(6) });
    await store.send(writers, scrape(100, 10, now(store)), 2 * MINUTE_MS);
    const lasting = (await store.items(KIND.log)).filter(
      ({ expiresAtSeconds }) => expiresAtSeconds === undefined,
    );
    assert.equal(lasting.length, 1);
    assert.equal(briefSince(lasting[0].sk), undefined);
    for (const item of await store.items(KIND.series))
      if (item.expiresAtSeconds !== undefined) await store.inner.delete(item);
    const decoder = new LogDecoder({
      table: store.inner,
      tenant: "t",
      day: dayOf(MIDNIGHT_MS),
      columnsOf: () => null,
    });
    await decoder.append({ shard: ALL_SERIES, item: lasting[0] }, 0, store.engine.nowMs);
  });

  test("to many series: they fill items of their own", async () => {
    const store = new Store();
    await store.send(store.engine.newWriters(), scrape(0, 101, now(store)));
    assert.equal(
      (await store.items(KIND.series)).some(({ sk }) => givesReferences(sk)),
      false,
    );
  });
});
