/** What a writer relies on stays for as long as what needs it; and what it announces is announced first. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { ByteWriter } from "../../../lib/storage/codec/bytes.ts";
import {
  cursorKey,
  dayKey,
  dayOf,
  dictionariesRange,
  KIND,
  logRange,
  marksRange,
  parseMarkSortKey,
  seriesRecordsRange,
} from "../../../lib/storage/layout/keys.ts";
import { dayExpirySeconds, TRANSIENT_MS } from "../../../lib/storage/layout/retention.ts";
import { MAX_HOLD_MS } from "../../../lib/storage/log/settling.ts";
import type { Item, KeyRange, Table } from "../../../lib/storage/table/table.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { assertSame, NaiveStore } from "../../helpers/storage/naive-store.ts";
import { batchOf, type SentSeries, series } from "../../helpers/write-requests.ts";

const NOON_MS = MIDNIGHT_MS + 12 * HOUR_MS;
const DAY = dayOf(NOON_MS);
const SHARD = { bits: 0, prefix: 0 };
const REQUEST = [series("up", { job: "a" }, [NOON_MS, 1])];

async function itemsOf(table: Table, range: KeyRange): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of table.query(range, { consistent: true })) items.push(...page);
  return items;
}

async function removeAll(table: Table, range: KeyRange): Promise<void> {
  const items = await itemsOf(table, range);
  assert.ok(items.length > 0);
  for (const item of items) await table.delete(item);
}

const logOf = (day: number) => logRange("t", day, SHARD, 0);
const recordsOf = (day: number) => seriesRecordsRange("t", day, SHARD, 0);
const dictionariesOf = (day: number) => dictionariesRange("t", day, SHARD);

function modelOf(...requests: (readonly SentSeries[])[]): NaiveStore {
  const model = new NaiveStore();
  for (const request of requests) model.append(request);
  return model;
}

describe("a day expires as a whole", () => {
  /** What leaves at a time, as TTL would take it: at once. */
  async function expire(engine: Engine, nowMs: number): Promise<void> {
    const ranges = [logOf(DAY), recordsOf(DAY), dictionariesOf(DAY)];
    for (const range of ranges)
      for (const item of await itemsOf(engine.table, range))
        if ((item.expiresAtSeconds ?? Number.POSITIVE_INFINITY) * 1000 <= nowMs)
          await engine.table.delete(item);
    const level = await engine.table.get(dayKey("t", DAY, 0));
    if (level !== undefined && (level.expiresAtSeconds ?? Number.POSITIVE_INFINITY) * 1000 <= nowMs)
      await engine.table.delete(level);
  }

  for (const isCold of [true, false]) {
    test(`retention that is lengthened at noon, and a ${isCold ? "cold" : "warm"} writer's afternoon is found for as long`, async () => {
      const engine = new Engine();
      engine.nowMs = NOON_MS;
      const morning = engine.newWriters();
      const append = (writers: typeof morning, retentionMs: number, request: readonly SentSeries[]) =>
        writers.appender({ tenant: "t", retentionMs }, engine.table).append(batchOf(...request));
      await append(morning, 2 * DAY_MS, REQUEST);
      const afternoon = [series("up", { job: "a" }, [NOON_MS + HOUR_MS, 2])];
      engine.nowMs = NOON_MS + HOUR_MS;
      await append(isCold ? engine.newWriters() : morning, 20 * DAY_MS, afternoon);
      const expiry = dayExpirySeconds(DAY, 20 * DAY_MS)!;
      assert.equal((await engine.table.get(dayKey("t", DAY, 0)))!.expiresAtSeconds, expiry);
      await expire(engine, NOON_MS + 5 * DAY_MS);
      assert.equal((await itemsOf(engine.table, dictionariesOf(DAY))).length, 1);
      await assertSame(engine.reader(), modelOf(afternoon));
    });
  }

  test("retention that is shortened changes nothing that is there", async () => {
    const table = new FaultyTable();
    const engine = new Engine({ table });
    engine.nowMs = NOON_MS;
    for (const retentionMs of [20 * DAY_MS, 5 * DAY_MS])
      await engine
        .newWriters()
        .appender({ tenant: "t", retentionMs }, engine.table)
        .append(batchOf(...REQUEST));
    assert.equal(table.calls.filter((call) => call === "putIfAbsent D").length, 1);
    assert.equal(table.calls.filter((call) => call === "put P").length, 1);
  });

  test("without retention, what has an expiry counts as absent", async () => {
    const engine = new Engine();
    engine.nowMs = NOON_MS;
    for (const retentionMs of [20 * DAY_MS, 0])
      await engine
        .newWriters()
        .appender({ tenant: "t", retentionMs }, engine.table)
        .append(batchOf(...REQUEST));
    const expiries = (await itemsOf(engine.table, dictionariesOf(DAY))).map((item) => item.expiresAtSeconds);
    assert.equal(expiries.filter((seconds) => seconds === undefined).length, 1);
    assert.equal((await engine.table.get(dayKey("t", DAY, 0)))!.expiresAtSeconds, undefined);
  });
});

describe("damage", () => {
  for (const [what, range] of [
    ["dictionary", dictionariesOf(DAY)],
    ["day item", { pk: dayKey("t", DAY, 0).pk }],
  ] as const) {
    test(`a ${what} whose checksum is wrong counts as absent for a cold writer`, async () => {
      const engine = new Engine();
      engine.nowMs = NOON_MS;
      await engine.append(engine.newWriters(), REQUEST);
      for (const item of await itemsOf(engine.inner, range))
        await engine.inner.put({ ...item, checksum: item.checksum! ^ 1 });
      const later = [series("up", { job: "a" }, [NOON_MS + 1, 2])];
      await engine.append(engine.newWriters(), later);
      if (what === "dictionary") {
        const intact: Item[] = [];
        for await (const page of engine.table.query(range, { onDamage: () => {} })) intact.push(...page);
        assert.equal(intact.length, 1);
        // Its record, and so the first sample, is damaged with it; what came later is found.
        await removeAll(engine.inner, {
          ...logOf(DAY),
          last: (await itemsOf(engine.inner, logOf(DAY)))[0].sk,
        });
        await assertSame(engine.reader(), modelOf(later));
        return;
      }
      await assertSame(engine.reader(), modelOf(REQUEST, later));
    });
  }

  test("a dictionary item that is gone costs its series, which are recorded again", async () => {
    const engine = new Engine();
    engine.nowMs = NOON_MS;
    await engine.append(engine.newWriters(), REQUEST);
    await removeAll(engine.table, dictionariesOf(DAY));
    await removeAll(engine.table, logOf(DAY));
    await engine.append(engine.newWriters(), REQUEST);
    await assertSame(engine.reader(), modelOf(REQUEST));
  });
});

describe("mark first", () => {
  test("each call that fails has left a mark of its hour before anything else", async () => {
    for (let k = 0; ; k++) {
      const table = new FaultyTable();
      const engine = new Engine({ table });
      table.failOnce(k);
      await engine.append(engine.newWriters(), REQUEST).catch(() => {});
      const puts = table.calls.filter((call) => call.startsWith("put"));
      if (puts.length > 0) assert.equal(puts[0], "put A");
      if (!table.hasFailed) return;
    }
  });

  test("a backfill that fails after its dictionary, and is repeated 16 days later, is found", async () => {
    const backfill = [series("up", { job: "old" }, [MIDNIGHT_MS - 40 * DAY_MS, 1])];
    const table = new FaultyTable();
    const engine = new Engine({ table });
    const putsBefore = ["get Z", "query A", "put A", "get o", "query P", "put P", "putAll S", "putIfAbsent D"]
      .length;
    table.failOnce(putsBefore);
    await assert.rejects(engine.append(engine.newWriters(), backfill));
    assert.equal(table.calls.at(-1), "putAll L");
    table.heal();
    await engine.compact();
    engine.nowMs += 16 * DAY_MS;
    await engine.append(engine.newWriters(), backfill);
    await engine.compact();
    await assertSame(engine.reader(), modelOf(backfill));
  });

  test("a record whose storing takes into the next hour is announced there too", async () => {
    const table = new FaultyTable();
    const engine = new Engine({ table });
    engine.nowMs = NOON_MS + HOUR_MS - 10_000;
    const writers = engine.newWriters();
    await engine.append(writers, REQUEST);
    table.beforeCall(0, () => {
      engine.nowMs += MAX_HOLD_MS + 1;
    });
    await engine.append(writers, REQUEST);
    const marks = await itemsOf(engine.table, marksRange(0));
    assert.deepEqual(
      marks.map(({ sk }) => parseMarkSortKey(sk).hourMs),
      [NOON_MS, NOON_MS + HOUR_MS],
    );
    const records = await itemsOf(engine.table, logOf(DAY));
    assert.equal(records.length, 3);
  });
});

describe("the only copy does not expire", () => {
  const RETENTION_MS = 400 * DAY_MS;
  /** Of what is stored a millisecond after noon. */
  const transient = Math.ceil((NOON_MS + 1 + TRANSIENT_MS) / 1000);

  /** The expiries of what a request at noon stores of the day, after a compactor and another tenant's writer. */
  async function expiriesAfter(cursorMs: number | undefined, markedMs: number | undefined) {
    const engine = new Engine();
    engine.nowMs = NOON_MS;
    engine.tickMs = 0;
    if (cursorMs !== undefined)
      await engine.table.put({ ...cursorKey(), value: new ByteWriter().writeVarint(cursorMs).finish() });
    if (markedMs !== undefined) {
      engine.nowMs = markedMs;
      const other = engine
        .newWriters()
        .appender({ tenant: "other", retentionMs: RETENTION_MS }, engine.table);
      await other.append(batchOf(...REQUEST.map((one) => ({ ...one, samples: [[markedMs, 0n]] as const }))));
      engine.nowMs = NOON_MS;
    }
    await engine
      .newWriters()
      .appender({ tenant: "t", retentionMs: RETENTION_MS }, engine.table)
      .append(batchOf(...REQUEST));
    const items = [
      ...(await itemsOf(engine.table, logOf(DAY))),
      ...(await itemsOf(engine.table, recordsOf(DAY))),
    ];
    assert.equal(items.length, 2);
    return new Set(items.map((item) => item.expiresAtSeconds));
  }

  for (const [what, cursorMs, markedMs] of [
    ["a table that was never written to", undefined, undefined],
    ["a compactor that never ran, for an hour", undefined, NOON_MS - HOUR_MS],
    ["a compactor that is a day behind", NOON_MS - 30 * HOUR_MS, NOON_MS - 30 * HOUR_MS],
    ["a cursor that stands still since nothing is written", NOON_MS - 9 * DAY_MS, undefined],
  ] as const) {
    test(`${what}: log and series records are transient`, async () => {
      assert.deepEqual([...(await expiriesAfter(cursorMs, markedMs))], [transient]);
    });
  }

  for (const [what, cursorMs, markedMs] of [
    ["a compactor that never ran, for three days", undefined, NOON_MS - 3 * DAY_MS],
    ["a compactor that is three days behind", NOON_MS - 3 * DAY_MS, NOON_MS - 3 * DAY_MS],
  ] as const) {
    test(`${what}: log and series records stay as long as the day`, async () => {
      const expected = dayExpirySeconds(DAY, RETENTION_MS);
      assert.deepEqual([...(await expiriesAfter(cursorMs, markedMs))], [expected]);
    });
  }

  test("is looked at once an hour, every ten minutes while the compactor is behind, once for all tenants", async () => {
    const table = new FaultyTable();
    const engine = new Engine({ table });
    engine.nowMs = NOON_MS;
    const writers = engine.newWriters();
    const looks = () => table.calls.filter((call) => call === "get Z").length;
    const after = async (minutes: number) => {
      engine.nowMs += minutes * MINUTE_MS;
      for (const tenant of ["t", "u"]) await engine.append(writers, REQUEST, tenant);
      return looks();
    };
    assert.deepEqual([await after(0), await after(30), await after(31), await after(30)], [1, 1, 2, 2]);
    const oldHour = NOON_MS - 5 * DAY_MS;
    await engine.table.put({ ...cursorKey(), value: new ByteWriter().writeVarint(oldHour).finish() });
    engine.nowMs = oldHour;
    await engine.append(engine.newWriters(), [series("up", {}, [oldHour, 1])], "old");
    const before = looks();
    engine.nowMs = NOON_MS + 3 * HOUR_MS;
    assert.deepEqual([await after(0), await after(5), await after(6)], [before + 1, before + 1, before + 2]);
  });
});

describe("the days of a request", () => {
  const days = (count: number) =>
    series("up", {}, ...Array.from({ length: count }, (_, i): [number, number] => [NOON_MS - i * DAY_MS, i]));

  test("beyond the hundredth are refused by name, and the others are stored", async () => {
    const engine = new Engine();
    engine.nowMs = NOON_MS;
    const { storedSamples, rejections } = await engine.append(engine.newWriters(), [
      days(103),
      series("down", {}, [NOON_MS, 1], [NOON_MS - 101 * DAY_MS, 2]),
    ]);
    assert.deepEqual([storedSamples, rejections.count], [101, 4]);
    assert.match(
      rejections.reasons[0],
      /^series up\{\}: timestamp \d+: UTC day \d{4}-\d\d-\d\d is one too many, a request may have samples of 100;/,
    );
    await assertSame(engine.reader(), modelOf([days(100), series("down", {}, [NOON_MS, 1])]));
  });

  test("are counted over all series of a request, however it is sliced", async () => {
    const engine = new Engine({ limits: { maxRequestDays: 2 } });
    engine.nowMs = NOON_MS;
    const request = Array.from({ length: 20_001 }, (_, i) =>
      series("up", { instance: `${i}` }, [NOON_MS - Math.floor(i / 10_000) * DAY_MS, i]),
    );
    const { storedSamples, rejections } = await engine.append(engine.newWriters(), request);
    assert.deepEqual([storedSamples, rejections.count], [20_000, 1]);
  });

  test("of a tenant are bounded within an hour, over all its requests, and free in the next one", async () => {
    const engine = new Engine({ limits: { maxHourDays: 3 } });
    engine.nowMs = NOON_MS;
    const writers = engine.newWriters();
    const onDay = (day: number) => [series("up", {}, [NOON_MS - day * DAY_MS, day])];
    for (let day = 0; day < 3; day++)
      assert.equal((await engine.append(writers, onDay(day))).storedSamples, 1);
    const { storedSamples, rejections } = await engine.append(writers, [
      series("up", {}, [NOON_MS - 3 * DAY_MS, 3], [NOON_MS + 1, 1]),
    ]);
    assert.deepEqual([storedSamples, rejections.count], [1, 1]);
    assert.match(
      rejections.reasons[0],
      /UTC day \d{4}-\d\d-\d\d is one too many, a tenant may write to 3 within an hour; send it in the next hour/,
    );
    // A day that it writes to already is not one too many.
    assert.equal((await engine.append(writers, onDay(2))).storedSamples, 1);
    engine.nowMs += HOUR_MS;
    assert.equal((await engine.append(writers, onDay(3))).storedSamples, 1);
  });

  test("are stored at the same time, eight of them", async () => {
    const table = new FaultyTable();
    const engine = new Engine({ table });
    engine.nowMs = NOON_MS;
    let [running, most] = [0, 0];
    table.putAll = async (items) => {
      if (items[0].pk[0] === KIND.log) most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      await FaultyTable.prototype.putAll.call(table, items);
      if (items[0].pk[0] === KIND.log) running--;
    };
    await engine.append(engine.newWriters(), [days(40)]);
    assert.equal(most, 8);
    await assertSame(engine.reader(), modelOf([days(40)]));
  });
});
