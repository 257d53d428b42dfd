/** A request costs what its samples cost, whatever the memory forgot before: counted in units, not in time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import {
  dayOf,
  dictionariesRange,
  parseDictionarySortKey,
  seriesRecordsRange,
} from "../../../lib/storage/layout/keys.ts";
import { type KeyRange, type Meter, newMeter, type Table } from "../../../lib/storage/table/table.ts";
import type { Writers } from "../../../lib/storage/write/writers.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { assertSame, NaiveStore } from "../../helpers/storage/naive-store.ts";
import { batchOf, type SentSeries, series } from "../../helpers/write-requests.ts";

const SCRAPE_MS = 15 * SECOND_MS;
const TENANTS = 20;

/** Series `first..first + count` of twenty metrics, a sample each. */
function scrape(first: number, count: number, timeMs: number, prefix = ""): SentSeries[] {
  return Array.from({ length: count }, (_, i) =>
    series(`metric_${(first + i) % 20}`, { instance: `${prefix}${first + i}` }, [timeMs, i]),
  );
}

async function append(
  engine: Engine,
  writers: Writers,
  request: readonly SentSeries[],
  tenant = "t",
): Promise<Meter> {
  const meter = newMeter();
  const place = { tenant, retentionMs: 0 };
  await writers.appender(place, engine.table.metered(meter)).append(batchOf(...request));
  return meter;
}

const unitsOf = (meters: readonly Meter[], unit: "readUnits" | "writeUnits") =>
  meters.reduce((sum, meter) => sum + meter[unit], 0);

/** Ids of the dictionaries of a day, at the levels that requests of these tests have. */
async function dictionaries(engine: Engine, tenant = "t"): Promise<Set<string>> {
  const found = new Set<string>();
  for (const bits of [0, 2, 4]) {
    for (let prefix = 0; prefix < 2 ** bits; prefix++) {
      const range = dictionariesRange(tenant, dayOf(MIDNIGHT_MS), { bits, prefix });
      for await (const page of engine.table.query(range))
        for (const { sk } of page)
          found.add(`${bits}/${prefix}/${Buffer.from(parseDictionarySortKey(sk).writer).toString("hex")}`);
    }
  }
  return found;
}

test("twenty tenants of 2,000 series in a memory for a third of them: no request costs more than a cold one, none grows", async () => {
  const engine = new Engine({ maxBytes: 1_000_000 });
  engine.tickMs = 0;
  const writers = engine.newWriters();
  const perScrape: Meter[][] = [];
  for (let i = 0; i < 8; i++) {
    engine.nowMs = MIDNIGHT_MS + i * SCRAPE_MS;
    const meters: Meter[] = [];
    for (let tenant = 0; tenant < TENANTS; tenant++)
      meters.push(await append(engine, writers, scrape(0, 2000, engine.nowMs, `${tenant}-`), `t${tenant}`));
    perScrape.push(meters);
  }
  for (const meters of perScrape.slice(1)) {
    for (const meter of meters)
      assert.ok(meter.writeUnits <= 10 && meter.readUnits <= 40, JSON.stringify(meter));
    assert.ok(unitsOf(meters, "writeUnits") <= TENANTS * 7, `${unitsOf(meters, "writeUnits")}`);
  }
  const last = perScrape.at(-1)!;
  assert.ok(unitsOf(last, "readUnits") <= unitsOf(perScrape[2], "readUnits") * 1.1);
  for (let tenant = 0; tenant < TENANTS; tenant++)
    assert.ok((await dictionaries(engine, `t${tenant}`)).size <= 8);
});

test("a tenant larger than the memory is written within ten times what it costs in a larger one, always", async () => {
  const model = new NaiveStore();
  const engine = new Engine({ maxBytes: 400_000 });
  engine.tickMs = 0;
  const writers = engine.newWriters();
  const perScrape: number[] = [];
  for (let i = 0; i < 8; i++) {
    engine.nowMs = MIDNIGHT_MS + i * SCRAPE_MS;
    const meters: Meter[] = [];
    for (let first = 0; first < 20_000; first += 2000) {
      const request = scrape(first, 2000, engine.nowMs);
      if (first === 4000) model.append(request);
      meters.push(await append(engine, writers, request));
    }
    perScrape.push(unitsOf(meters, "writeUnits") + unitsOf(meters, "readUnits") / 5);
  }
  for (const units of perScrape.slice(1)) assert.ok(units <= 20_000 * 0.06, `${units}`);
  assert.ok(perScrape.at(-1)! <= perScrape[2] * 1.2, `${perScrape}`);
});

test("what was forgotten and comes again is found by readers, sample by sample", async () => {
  for (const maxBytes of [0, 20_000, 60_000]) {
    const model = new NaiveStore();
    const engine = new Engine({ maxBytes });
    const writers = engine.newWriters();
    for (let i = 0; i < 6; i++) {
      for (let first = 0; first < 1000; first += 250) {
        const request = scrape(first + ((i * 50) % 200), 250, MIDNIGHT_MS + i * SCRAPE_MS);
        await append(engine, writers, request);
        model.append(request);
      }
    }
    await assertSame(engine.reader("t"), model);
    await engine.compact();
    await assertSame(engine.reader("t"), model);
  }
});

test("a cold writer adopts dictionaries and writes none", async () => {
  const model = new NaiveStore();
  const engine = new Engine();
  for (let i = 0; i < 5; i++) {
    const request = scrape(0, 2000, MIDNIGHT_MS + i * SCRAPE_MS);
    const { writeUnits } = await append(engine, engine.newWriters(), request);
    model.append(request);
    // Four log records and a mark.
    if (i > 0) assert.ok(writeUnits <= 10, `${writeUnits}`);
  }
  assert.equal((await dictionaries(engine)).size, 4);
  await assertSame(engine.reader("t"), model);
});

test("two processes that adopt one dictionary and store at one moment store two records", async () => {
  const engine = new Engine();
  engine.tickMs = 0;
  const first = [series("up", { job: "a" }, [MIDNIGHT_MS, 1])];
  await append(engine, engine.newWriters(), first);
  engine.nowMs += MINUTE_MS;
  const requests = [0, 1, 2, 3].map((i) => [series("up", { job: "a" }, [MIDNIGHT_MS + 1 + i, i])]);
  const all = requests.map(() => engine.newWriters());
  await Promise.all(requests.map((request, i) => append(engine, all[i], request)));
  assert.equal((await dictionaries(engine)).size, 1);
  const model = new NaiveStore();
  for (const request of [first, ...requests]) model.append(request);
  await assertSame(engine.reader("t"), model);
});

test("series that stand in dictionaries of many processes are gathered, for at most twice the better cost", async () => {
  const engine = new Engine();
  engine.tickMs = 0;
  // Twenty processes see forty new series each, then one process gets them all.
  for (let i = 0; i < 20; i++) await append(engine, engine.newWriters(), scrape(i * 40, 40, MIDNIGHT_MS));
  const writers = engine.newWriters();
  const units: number[] = [];
  for (let i = 1; i <= 30; i++) {
    engine.nowMs = MIDNIGHT_MS + i * SCRAPE_MS;
    units.push((await append(engine, writers, scrape(0, 800, engine.nowMs))).writeUnits);
  }
  const steady = units.at(-1)!;
  assert.ok(steady <= 2, `${units}`);
  const spent = unitsOf(
    units.map((writeUnits) => ({ ...newMeter(), writeUnits })),
    "writeUnits",
  );
  // Gathered at once it would have cost 800 * 20 bytes of hashes.
  assert.ok(spent - 30 * steady <= 2 * 16 + 20, `${units}`);
  await assertSame(
    engine.reader("t"),
    modelOf(
      ...Array.from({ length: 31 }, (_, i) => scrape(0, 800, MIDNIGHT_MS + i * SCRAPE_MS)).map((all, i) =>
        i > 0 ? all : Array.from({ length: 20 }, (_, k) => scrape(k * 40, 40, MIDNIGHT_MS)).flat(),
      ),
    ),
  );
});

test("churn costs its new series once, and no request of a warm process reads", async () => {
  const engine = new Engine();
  engine.tickMs = 0;
  const writers = engine.newWriters();
  await append(engine, writers, scrape(0, 2000, MIDNIGHT_MS));
  const quarters = [0, 0, 0, 0];
  for (let i = 1; i <= 100; i++) {
    engine.nowMs = MIDNIGHT_MS + i * SCRAPE_MS;
    const meter = await append(engine, writers, scrape(i * 20, 2000, engine.nowMs));
    assert.equal(meter.readUnits, 0);
    assert.ok(meter.writeUnits <= 20, `${meter.writeUnits}`);
    quarters[Math.floor((i - 1) / 25)] += meter.writeUnits;
  }
  assert.ok(quarters[3] <= quarters[0] * 1.1, `${quarters}`);
});

test("a day of more dictionaries than a load may read costs a bounded load", async () => {
  const engine = new Engine({ maxBytes: 1 });
  engine.tickMs = 0;
  // 60 MB of dictionaries of series that are gone.
  const range = dictionariesRange("t", dayOf(MIDNIGHT_MS), { bits: 0, prefix: 0 });
  const value = new Uint8Array(20_000 * 15).map((_, i) => i % 251);
  await append(engine, engine.newWriters(), scrape(0, 10, MIDNIGHT_MS));
  for (let i = 0; i < 200; i++) {
    const sk = Buffer.concat([Buffer.alloc(4, 0xf0), Buffer.alloc(4, i), Buffer.alloc(4)]);
    await engine.table.put({ pk: range.pk, sk, value });
  }
  const writers = engine.newWriters();
  const reads: number[] = [];
  for (let i = 0; i < 40; i++) {
    engine.nowMs = MIDNIGHT_MS + i * SCRAPE_MS;
    const { readUnits } = await append(engine, writers, scrape(0, 10, engine.nowMs));
    assert.ok(readUnits <= 400, `${readUnits}`);
    reads.push(readUnits);
  }
  const late = reads.slice(20).reduce((sum, units) => sum + units, 0);
  assert.ok(late <= 20 * 20, `${reads}`);
});

test("days that a request loads at once share one budget", async () => {
  const DAYS = 8;
  const engine = new Engine({ maxBytes: 16 * 1024 * 1024 });
  engine.tickMs = 0;
  engine.nowMs = MIDNIGHT_MS + DAYS * DAY_MS;
  const value = new Uint8Array(20_000 * 15).map((_, i) => i % 251);
  const times = Array.from({ length: DAYS }, (_, day): [number, number] => [MIDNIGHT_MS + day * DAY_MS, day]);
  const request = [series("up", {}, ...times)];
  await append(engine, engine.newWriters(), request);
  for (let day = 0; day < DAYS; day++) {
    // 6 MB; a load may read 4, and 8 are saved up.
    const range = dictionariesRange("t", dayOf(MIDNIGHT_MS) + day, { bits: 0, prefix: 0 });
    for (let i = 0; i < 20; i++) {
      const sk = Buffer.concat([Buffer.alloc(4, 0xf0), Buffer.alloc(4, i), Buffer.alloc(4)]);
      await engine.table.put({ pk: range.pk, sk, value });
    }
  }
  const { readUnits } = await append(engine, engine.newWriters(), request);
  // The budget, and a page of 1 MB that each day was reading.
  assert.ok(readUnits > 1000 && readUnits < ((8 + DAYS) * 1024 * 1024) / 8192 + 200, `${readUnits}`);
});

test("dictionaries of old days are not believed to have series records", async () => {
  const engine = new Engine();
  const old = MIDNIGHT_MS - 20 * DAY_MS;
  const request = [series("up", { job: "a" }, [old, 1])];
  await append(engine, engine.newWriters(), request);
  // The series record is gone, as after a transient item's time; the dictionary stays as long as the day.
  await remove(engine.table, seriesRecordsRange("t", dayOf(old), { bits: 0, prefix: 0 }, 0));
  await append(engine, engine.newWriters(), request);
  await engine.compact();
  await assertSame(engine.reader("t"), modelOf(request));
});

async function remove(table: Table, range: KeyRange): Promise<void> {
  let count = 0;
  for await (const page of table.query(range, { consistent: true }))
    for (const item of page) {
      await table.delete(item);
      count++;
    }
  assert.ok(count > 0);
}

function modelOf(...requests: (readonly SentSeries[])[]): NaiveStore {
  const model = new NaiveStore();
  for (const request of requests) model.append(request);
  return model;
}
