/** Hourly rows through compaction: made, made again, merged by month, kept, given up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { printLabels } from "../../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import type { MonthReport } from "../../../lib/storage/compact/compactor.ts";
import { dayOf, KIND } from "../../../lib/storage/layout/keys.ts";
import { firstDayOf, monthOf } from "../../../lib/storage/layout/rollup-keys.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import { makeRows } from "../../../lib/storage/rollups/make-rows.ts";
import { markStale } from "../../../lib/storage/rollups/mark-stale.ts";
import { changeRollupManifest, loadRollupManifest } from "../../../lib/storage/rollups/rollup-store.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { runCompactor } from "../../helpers/storage/compaction.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { plainRows } from "../../helpers/storage/plain-rows.ts";
import { bitsOf, type SentSeries } from "../../helpers/write-requests.ts";

/** The first midnight of a month, so many days before its end. */
const MONTH = monthOf(dayOf(MIDNIGHT_MS)) + 1;
const MONTH_START = firstDayOf(MONTH) * DAY_MS;
const EVERY_MS = 8 * HOUR_MS;

function request(timeMs: number): SentSeries[] {
  return Array.from(
    { length: 5 },
    (_, i): SentSeries => ({
      labels: [
        ["__name__", `metric_${i % 2}`],
        ["instance", `${i}`],
      ],
      // The first at midnight, the others after it.
      samples: [[timeMs + i * MINUTE_MS, bitsOf(timeMs / 1e6 + i)]],
    }),
  );
}

/** A table with `days` days from a month's first on, compacted once a day. */
async function newMonth(days: number): Promise<Engine> {
  const engine = new Engine();
  engine.tickMs = 0;
  const writers = engine.newWriters();
  for (let timeMs = MONTH_START; timeMs < MONTH_START + days * DAY_MS; timeMs += EVERY_MS) {
    engine.nowMs = timeMs + 10 * MINUTE_MS;
    await engine.append(writers, request(timeMs));
    if (timeMs % DAY_MS === EVERY_MS) await compactAll(engine);
  }
  engine.nowMs = MONTH_START + days * DAY_MS + HOUR_MS;
  await compactAll(engine);
  return engine;
}

async function compactAll(engine: Engine): Promise<MonthReport[]> {
  const months: MonthReport[] = [];
  engine.nowMs += 2 * MINUTE_MS;
  const { errors } = await runCompactor(engine, { isEager: true, onMonth: (report) => months.push(report) });
  assert.deepEqual(errors, []);
  return months;
}

const ALL = [newMatcher("=~", "__name__", ".+")];
const HOURS = { matchers: ALL, fromMs: MONTH_START - DAY_MS, toMs: MONTH_START + 40 * DAY_MS };

async function rowsOf(reader: Reader) {
  const rows = new Map<string, unknown>();
  for await (const { labels, ...one } of reader.selectRows(HOURS))
    rows.set(printLabels(labels), plainRows(one));
  return rows;
}

async function expectedRows(reader: Reader) {
  const rows = new Map<string, unknown>();
  const range = { matchers: ALL, minTime: HOURS.fromMs + 1, maxTime: HOURS.toMs };
  for await (const { labels, ...one } of reader.select(range))
    rows.set(printLabels(labels), plainRows(makeRows(one)));
  return rows;
}

const manifestOf = async (engine: Engine) => (await loadRollupManifest(engine.table, "t", MONTH)).manifest;

/** Expiries, in seconds, of the items of rows and their indexes: those that never expire, and the others. */
async function expiriesOf(engine: Engine): Promise<readonly [number[], number[]]> {
  const all: number[] = [];
  for await (const page of (engine.inner as MemoryTable).scan())
    for (const { pk, expiresAtSeconds = 0 } of page)
      if (pk[0] === KIND.rows || pk[0] === KIND.rowIndex) all.push(expiresAtSeconds);
  return [all.filter((seconds) => seconds === 0), all.filter((seconds) => seconds > 0)];
}

const LENGTH = firstDayOf(MONTH + 1) - firstDayOf(MONTH);

test("a month becomes one part when it is over; what it was made of expires a day later", async () => {
  const engine = await newMonth(LENGTH + 2);
  const expected = await expectedRows(engine.reader());
  assert.equal(expected.size, 5);
  const merged = await manifestOf(engine);
  assert.equal(merged.parts.length, 1);
  assert.deepEqual(
    merged.parts[0].days,
    Array.from({ length: LENGTH }, (_, i) => firstDayOf(MONTH) + i),
  );
  assert.deepEqual(await rowsOf(engine.reader()), expected);
  const [kept, leaving] = await expiriesOf(engine);
  // Three times eight days became one part, and these and the other days the month's.
  assert.deepEqual([leaving.length, kept.length], [2 * (LENGTH + 3), 2 * 3]);
  const latestMs = engine.nowMs + DAY_MS + 1000;
  assert.ok(leaving.every((seconds) => seconds * 1000 <= latestMs));
  const young = leaving.filter((seconds) => seconds * 1000 > engine.nowMs);
  assert.equal(young.length, 2 * (3 + LENGTH - 24));
  assert.equal((await manifestOf(engine)).superseded.length, 0);
});

test("a late sample of a merged month replaces its day, and the rest of the month stays", async () => {
  const engine = await newMonth(LENGTH + 2);
  const late = MONTH_START + 10 * DAY_MS;
  await engine.append(engine.newWriters(), [
    {
      ...request(0)[1],
      samples: [
        [late, bitsOf(7)],
        [late + 90_000, bitsOf(8)],
      ],
    },
  ]);
  await compactAll(engine);
  const expected = await expectedRows(engine.reader());
  // In the log and in runs: the day is read from its samples.
  assert.deepEqual(await rowsOf(engine.reader()), expected);
  engine.nowMs += 5 * HOUR_MS;
  await compactAll(engine);
  const { parts, days } = await manifestOf(engine);
  assert.equal(parts.length, 2);
  assert.deepEqual(parts[1].days, [dayOf(late)]);
  assert.ok(!parts[0].days.includes(dayOf(late)));
  assert.ok(days.every(({ isStale }) => !isStale));
  assert.deepEqual(await rowsOf(engine.reader()), expected);
});

test("rows of a day that is marked are made again by the next sweep", async () => {
  const engine = await newMonth(3);
  const [before] = (await manifestOf(engine)).parts;
  await markStale(engine.table, "t", firstDayOf(MONTH));
  assert.deepEqual(await rowsOf(engine.reader()), await expectedRows(engine.reader()));
  engine.nowMs += DAY_MS;
  await compactAll(engine);
  const { parts, days } = await manifestOf(engine);
  assert.ok(days.every(({ isStale }) => !isStale));
  assert.ok(parts.every(({ id }) => id !== before.id));
});

test("rows of a day that expires while they are stale count, unless an earlier version withdrew them", async () => {
  const engine = await newMonth(3);
  const expected = await rowsOf(engine.reader());
  await markStale(engine.table, "t", firstDayOf(MONTH));
  const { clock } = engine;
  const reader = (retentionMs: number) =>
    new Reader(engine.table, {
      tenant: "t",
      clock,
      limits: DEFAULT_LIMITS,
      retentionMs,
      rollupRetentionMs: 0,
    });
  engine.nowMs += 10 * DAY_MS;
  assert.deepEqual(await rowsOf(reader(DAY_MS)), expected);
  await changeRollupManifest(engine.table, "t", MONTH, ({ days, ...manifest }) => ({
    ...manifest,
    days: days.map((one) => ({ ...one, isStale: true, isWithdrawn: true })),
  }));
  assert.equal((await rowsOf(reader(DAY_MS))).size, 0);
  assert.deepEqual(await rowsOf(reader(0)), expected);
});

test("rows that take longer than an invocation are finished by the next ones, item by item the same", async () => {
  const engine = await newMonth(2);
  const expected = await expectedRows(engine.reader());
  for (const day of [0, 1]) await markStale(engine.table, "t", firstDayOf(MONTH) + day);
  engine.nowMs += DAY_MS;
  // Each look at the clock moves it, and each run has a little more of it.
  engine.tickMs = 1;
  let [runs, stopped] = [0, 0];
  while (runs < 300 && (await manifestOf(engine)).days.some(({ isStale }) => isStale)) {
    const deadlineMs = engine.nowMs + 2 * runs++;
    const { reports } = await runCompactor(engine, { partitionBits: () => 3, deadlineMs });
    stopped += reports.filter(({ outcome }) => outcome?.state === "out of time").length;
  }
  assert.ok(stopped > 0, `${runs} runs, none was stopped`);
  assert.ok((await manifestOf(engine)).days.every(({ isStale }) => !isStale));
  assert.deepEqual(await rowsOf(engine.reader()), expected);
});

test("a day that has lost its samples has its rows, labels and series still", async () => {
  const engine = await newMonth(3);
  const expected = await rowsOf(engine.reader());
  const retention = { retentionMs: 2 * DAY_MS, rollupRetentionMs: 0 };
  engine.nowMs += 10 * DAY_MS;
  const options = {
    retentionOf: () => retention.retentionMs,
    rollupRetentionOf: () => retention.rollupRetentionMs,
  };
  assert.deepEqual((await runCompactor(engine, options)).errors, []);
  // What TTL would take: all that is of a day past retention, rows apart.
  const table = engine.inner as MemoryTable;
  const kept = new Set<number>([KIND.rows, KIND.rowIndex, KIND.rollupManifest]);
  for await (const page of table.scan())
    for (const item of page) if (!kept.has(item.pk[0])) await table.delete(item);
  const { clock } = engine;
  const reader = () => new Reader(engine.table, { tenant: "t", clock, limits: DEFAULT_LIMITS, ...retention });
  assert.deepEqual(await rowsOf(reader()), expected);
  const range = { matchers: ALL, minTime: MONTH_START, maxTime: MONTH_START + 5 * DAY_MS };
  assert.equal((await reader().series(range)).length, 5);
  assert.deepEqual(await reader().labelValues("instance", range), ["0", "1", "2", "3", "4"]);
  assert.deepEqual(await reader().labelNames(range), ["__name__", "instance"]);
  // Nobody finds them in a time before, nor once rows are past their own retention.
  const before = { ...range, minTime: MONTH_START - 3 * DAY_MS, maxTime: MONTH_START - DAY_MS };
  assert.deepEqual(await reader().series(before), []);
  retention.rollupRetentionMs = 5 * DAY_MS;
  assert.deepEqual(await reader().series(range), []);
  assert.equal((await rowsOf(reader())).size, 0);
});
