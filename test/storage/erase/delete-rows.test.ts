/** Deleted series leave hourly rows that outlived their samples: answers at once, the table later. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { type LabelSet, labelValue, printLabels } from "../../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, type TimeRange } from "../../../lib/model/time.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { deleteSeries } from "../../../lib/storage/erase/delete-series.ts";
import { DamageReports } from "../../../lib/storage/layout/damage-reports.ts";
import { dayOf, KIND } from "../../../lib/storage/layout/keys.ts";
import { firstDayOf, monthOf, rowDeletionsKey } from "../../../lib/storage/layout/rollup-keys.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { decodeInto } from "../../../lib/storage/rollups/read-rows.ts";
import { loadRollupMonth } from "../../../lib/storage/rollups/rollup-months.ts";
import { decodeSeriesBlock } from "../../../lib/storage/series/series-block.ts";
import { hashHex, seriesHash } from "../../../lib/storage/series/series-hash.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { describeItem } from "../../../lib/storage/verify/describe-item.ts";
import { verifyDay } from "../../../lib/storage/verify/verify-day.ts";
import { runCompactor } from "../../helpers/storage/compaction.ts";
import { itemsOf } from "../../helpers/storage/damage.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { type SentSeries, series } from "../../helpers/write-requests.ts";

const KEPT_MS = 2 * DAY_MS;
const MONTH = monthOf(dayOf(MIDNIGHT_MS)) + 1;
const START_MS = firstDayOf(MONTH) * DAY_MS;
const DAYS = 3;
const ZONES = ["x", "y", "z"];
const of = (name: string, value: string) => newMatcher("=", name, value);
const ALL = { matchers: [], ...ALL_TIME };

/** Samples at 1:10, 1:50, 9:10, 9:50, 17:10 and 17:50 of each day; retention has left their rows alone. */
async function newExpired({ isMonthOver = false } = {}): Promise<Engine> {
  const engine = new Engine();
  engine.tickMs = 0;
  const writers = engine.newWriters();
  for (let day = 0; day < DAYS; day++)
    for (const hour of [1, 9, 17]) {
      const timeMs = START_MS + day * DAY_MS + hour * HOUR_MS;
      engine.nowMs = timeMs + HOUR_MS;
      await engine.append(writers, request(timeMs));
      await compact(engine);
    }
  for (let day = 0; day < (isMonthOver ? 33 : 4); day++) {
    engine.nowMs += DAY_MS + MINUTE_MS;
    await compact(engine);
  }
  await expire(engine);
  return engine;
}

function request(timeMs: number): SentSeries[] {
  return ["cpu", "load"].flatMap((metric) =>
    ZONES.map((zone) => series(metric, { zone }, [timeMs + 10 * MINUTE_MS, 1], [timeMs + 50 * MINUTE_MS, 2])),
  );
}

async function compact(engine: Engine): Promise<void> {
  const { errors } = await runCompactor(engine, {
    isEager: true,
    retentionOf: () => KEPT_MS,
    rollupRetentionOf: () => 0,
  });
  assert.deepEqual(errors, []);
}

/** What TTL does. */
async function expire(engine: Engine): Promise<void> {
  for (const { pk, sk, expiresAtSeconds } of await itemsOf(engine.inner as MemoryTable))
    if (expiresAtSeconds !== undefined && expiresAtSeconds * 1000 < engine.nowMs)
      await engine.inner.delete({ pk, sk });
}

function readerOf({ table, clock }: Engine, memory?: ReaderMemory): Reader {
  const kept = { retentionMs: KEPT_MS, rollupRetentionMs: 0 };
  return new Reader(table, { tenant: "t", clock, limits: DEFAULT_LIMITS, ...kept, memory });
}

function erase({ table, clock }: Engine, selector: ReturnType<typeof of>[], range: TimeRange = ALL_TIME) {
  const options = { table, clock, randomBytes, tenant: "t", retentionMs: KEPT_MS, accessKeyId: "" };
  return deleteSeries(options, [selector], range);
}

/** Hours after the month's start of each series' rows. */
async function hoursOf(reader: Reader): Promise<Record<string, number[]>> {
  const hours: Record<string, number[]> = {};
  const range = { matchers: [], fromMs: START_MS, toMs: START_MS + DAYS * DAY_MS };
  for await (const { labels, floats } of reader.selectRows(range))
    hours[printLabels(labels)] = Array.from(floats.hours, (hour) => (hour - START_MS) / HOUR_MS);
  return hours;
}

/** Series of which the table has rows, and those that an index of rows names. */
async function seriesInTable(engine: Engine, known: readonly LabelSet[]) {
  const names = new Map(known.map((labels) => [hashHex(seriesHash(labels)), printLabels(labels)]));
  const [rows, index] = [new Set<string>(), new Set<string>()];
  for (const item of await itemsOf(engine.inner as MemoryTable)) {
    if (item.pk[0] === KIND.rows)
      decodeInto(
        item,
        undefined,
        () => true,
        (hash) => rows.add(names.get(hash)!),
      );
    if (item.pk[0] === KIND.rowIndex)
      for (const labels of decodeSeriesBlock(item.value)) index.add(printLabels(labels));
  }
  return { rows: [...rows].sort(), index: [...index].sort() };
}

async function expectVerified({ table, nowMs }: Engine): Promise<void> {
  const found: string[] = [];
  for (let day = firstDayOf(MONTH); day < firstDayOf(MONTH) + DAYS; day++)
    await verifyDay(table, { tenant: "t", day, retentionMs: 0, nowMs }, ({ detail }) => found.push(detail));
  assert.deepEqual(found, []);
}

for (const isMonthOver of [false, true])
  test(`a deleted series is in no answer at once${isMonthOver ? ", of a month that is one part" : ""}`, async () => {
    const engine = await newExpired({ isMonthOver });
    const memory = new ReaderMemory(2 ** 24);
    const before = await hoursOf(readerOf(engine, memory));
    assert.equal(Object.keys(before).length, 6);
    const known = await readerOf(engine).series(ALL);
    const first = firstDayOf(MONTH);
    assert.deepEqual(await erase(engine, [of("zone", "y")]), [first, first + 1, first + 2]);
    const left = Object.fromEntries(Object.entries(before).filter(([name]) => !name.includes("y")));
    const check = async () => {
      for (const used of [undefined, memory]) {
        const reader = readerOf(engine, used);
        assert.deepEqual(await hoursOf(reader), left);
        assert.deepEqual((await reader.series(ALL)).map(printLabels), Object.keys(left));
        assert.deepEqual(await reader.labelValues("zone", ALL), ["x", "z"]);
        assert.deepEqual(await reader.labelNames(ALL), ["__name__", "zone"]);
      }
    };
    await check();
    assert.deepEqual((await seriesInTable(engine, known)).rows, Object.keys(before));
    // Its daily sweep takes it out of rows and index, and what these were made of expires a day later.
    engine.nowMs += DAY_MS;
    await compact(engine);
    await check();
    engine.nowMs += DAY_MS + MINUTE_MS;
    await compact(engine);
    await expire(engine);
    await check();
    const names = Object.keys(left);
    assert.deepEqual(await seriesInTable(engine, known), { rows: names, index: names });
    await expectVerified(engine);
    // Nobody need know the deletion any more.
    assert.deepEqual((await loadRollupMonth(engine.table, "t", MONTH)).deletions, { last: 1, all: [] });
  });

test("a row goes as a whole if any sample of its hour may lie in the deleted range", async () => {
  const engine = await newExpired();
  const at = (day: number, hour: number, minute: number) =>
    START_MS + day * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS;
  const selector = [of("__name__", "cpu"), of("zone", "x")];
  // From a minute between the two samples of an hour to one before the first of another.
  await erase(engine, selector, { minTime: at(0, 9, 30), maxTime: at(1, 9, 5) });
  // Between two hours there is nothing to delete.
  await erase(engine, [of("__name__", "load")], { minTime: at(2, 2, 0), maxTime: at(2, 9, 9) });
  const all = [2, 10, 18, 26, 34, 42, 50, 58, 66];
  const check = async () => {
    const hours = await hoursOf(readerOf(engine));
    assert.deepEqual(hours['cpu{zone="x"}'], [2, 34, 42, 50, 58, 66]);
    for (const name of ['cpu{zone="y"}', 'load{zone="x"}']) assert.deepEqual(hours[name], all);
  };
  await check();
  engine.nowMs += DAY_MS;
  await compact(engine);
  await check();
  // A series of which rows are left stays in the index.
  const values = await readerOf(engine).series({ ...ALL, matchers: selector });
  assert.deepEqual(
    values.map((labels) => labelValue(labels, "zone")),
    ["x"],
  );
  await expectVerified(engine);
});

test("a day that expires before its rows are made again keeps the rows of other series", async () => {
  const engine = await newExpired();
  const options = { table: engine.table, clock: engine.clock, randomBytes, tenant: "t", accessKeyId: "" };
  const nowMs = engine.nowMs;
  // Somebody who still knows a longer retention: the days have their samples.
  engine.nowMs = START_MS + DAYS * DAY_MS;
  await deleteSeries({ ...options, retentionMs: 0 }, [[of("zone", "x")]], ALL_TIME);
  engine.nowMs = nowMs;
  const hours = await hoursOf(readerOf(engine));
  assert.deepEqual(
    Object.keys(hours),
    ZONES.slice(1)
      .flatMap((zone) => `cpu{zone="${zone}"}`)
      .concat(ZONES.slice(1).map((zone) => `load{zone="${zone}"}`)),
  );
});

test("what is written again after a deletion counts in rows, once they are made of it", async () => {
  const engine = new Engine();
  engine.tickMs = 0;
  const writers = engine.newWriters();
  engine.nowMs = START_MS + 2 * HOUR_MS;
  await engine.append(writers, request(START_MS + HOUR_MS));
  await compact(engine);
  engine.nowMs = START_MS + DAY_MS + HOUR_MS;
  await compact(engine);
  assert.equal((await loadRollupMonth(engine.table, "t", MONTH)).manifest.days.length, 1);
  await erase(engine, [of("zone", "x")]);
  engine.nowMs += MINUTE_MS;
  await engine.append(writers, [series("cpu", { zone: "x" }, [START_MS + 20 * HOUR_MS, 7])]);
  for (let hours = 0; hours < 30; hours += 6) {
    engine.nowMs += 6 * HOUR_MS;
    await compact(engine);
  }
  engine.nowMs += 3 * DAY_MS;
  await expire(engine);
  const hours = await hoursOf(readerOf(engine));
  assert.deepEqual(hours['cpu{zone="x"}'], [20]);
  assert.equal(hours['load{zone="x"}'], undefined);
  assert.deepEqual(hours['load{zone="y"}'], [2]);
});

test("damaged deletions of rows leave their month out, and inspect says what they are", async () => {
  const engine = await newExpired();
  await erase(engine, [of("zone", "x")]);
  const key = rowDeletionsKey("t", MONTH);
  const item = (await engine.inner.get(key))!;
  assert.match(JSON.stringify(await describeItem(engine.table, key)), /zone=/);
  await engine.inner.put({ ...item, value: Uint8Array.of(9, 9, 9, 9, 9, 9) });
  await assert.rejects(hoursOf(readerOf(engine)), { kind: "data" });
  const damage = new DamageReports();
  const { table, clock } = engine;
  const kept = { retentionMs: KEPT_MS, rollupRetentionMs: 0 };
  const reader = new Reader(table, { tenant: "t", clock, limits: DEFAULT_LIMITS, ...kept, damage });
  assert.deepEqual(await hoursOf(reader), {});
  assert.equal(reader.warnings.length, 1);
});
