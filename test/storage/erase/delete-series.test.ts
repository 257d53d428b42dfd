/** Deleted samples are in no answer, others stay, and what is written again counts: in log, runs and chunks. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { printLabels } from "../../../lib/model/labels.ts";
import { DEFAULT_LIMITS } from "../../../lib/model/limits.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { DayLease } from "../../../lib/storage/bulk/day-lease.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { newDayContext } from "../../../lib/storage/compact/day-context.ts";
import {
  addDeletion,
  loadDeletions,
  MAX_DAY_DELETIONS,
} from "../../../lib/storage/deletion/deletion-store.ts";
import { askForErasure } from "../../../lib/storage/erase/ask-for-erasure.ts";
import { deleteSeries } from "../../../lib/storage/erase/delete-series.ts";
import {
  dayOf,
  deletionsKey,
  hourOf,
  marksRange,
  parseMarkSortKey,
} from "../../../lib/storage/layout/keys.ts";
import { Reader } from "../../../lib/storage/read/reader.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import { describeDay } from "../../../lib/storage/verify/describe-day.ts";
import { describeItem } from "../../../lib/storage/verify/describe-item.ts";
import { verifyDay } from "../../../lib/storage/verify/verify-day.ts";
import { runCompactor } from "../../helpers/storage/compaction.ts";
import { itemsOf } from "../../helpers/storage/damage.ts";
import { DeletingEngine } from "../../helpers/storage/deletions.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME, selectAll } from "../../helpers/storage/naive-store.ts";
import { type SentSeries, series } from "../../helpers/write-requests.ts";

const SEED = 20261130;
const DAY = dayOf(MIDNIGHT_MS);
const ALL_DAY = { minTime: MIDNIGHT_MS, maxTime: MIDNIGHT_MS + DAY_MS - 1 };
const METRICS = ["cpu", "load"];
const ZONES = ["x", "y", "z"];
const of = (name: string, value: string) => newMatcher("=", name, value);

function request(timeMs: number, value = 1): SentSeries[] {
  return METRICS.flatMap((metric) => ZONES.map((zone) => series(metric, { zone }, [timeMs, value])));
}

/** Yesterday in chunks, today in runs, the last minutes in the log. */
async function newForms(): Promise<DeletingEngine> {
  const store = new DeletingEngine(new Engine(), new ReaderMemory(2 ** 24));
  const { engine } = store;
  for (const hour of [1, 9, 17]) {
    engine.nowMs = MIDNIGHT_MS - DAY_MS + hour * HOUR_MS;
    for (let i = 0; i < 3; i++) await store.append(request(engine.nowMs + i * MINUTE_MS));
    await engine.compact();
  }
  engine.nowMs = MIDNIGHT_MS + HOUR_MS;
  await engine.compact();
  await store.append(request(engine.nowMs));
  await engine.compact();
  await store.append(request(engine.nowMs));
  await store.check();
  return store;
}

test("a deletion by a clock that was weeks ahead for a moment hides nothing that is sent afterwards", async () => {
  const { table } = new Engine();
  const looks = [20 * DAY_MS, 0];
  const clock = () => MIDNIGHT_MS + (looks.shift() ?? 0);
  const selectors = [[of("__name__", "cpu")]];
  const deletion = { selectors, ...ALL_DAY, accessKeyId: "" };
  const added = await addDeletion({ table, tenant: "a", day: DAY, retentionMs: 0, clock }, deletion);
  assert.deepEqual([added.number, added.deletedMs], [2, MIDNIGHT_MS]);
  const { last, all } = await loadDeletions(table, "a", DAY);
  assert.deepEqual([last, all.map(({ deletedMs }) => deletedMs)], [2, [MIDNIGHT_MS]]);
});

test("a try that is stored again takes no other deletion with it", async () => {
  const { table } = new Engine();
  const place = { table, tenant: "a", day: DAY, retentionMs: 0 };
  const selectors = [[of("__name__", "cpu")]];
  const deletion = { selectors, ...ALL_DAY, accessKeyId: "" };
  const aheadMs = MIDNIGHT_MS + 20 * DAY_MS;
  await addDeletion({ ...place, clock: () => aheadMs }, deletion);
  const looks = [20 * DAY_MS + 1, 0];
  await addDeletion(
    { ...place, clock: () => MIDNIGHT_MS + (looks.shift() ?? 0) },
    {
      ...deletion,
      minTime: MIDNIGHT_MS + 1,
    },
  );
  const { all } = await loadDeletions(table, "a", DAY);
  assert.deepEqual(
    all.map(({ number, deletedMs }) => [number, deletedMs]),
    [
      [1, aheadMs],
      [3, MIDNIGHT_MS],
    ],
  );
});

describe("a deletion hides in every form of answer", () => {
  const CASES: readonly (readonly [what: string, range: { minTime: number; maxTime: number }])[] = [
    ["of all time", ALL_TIME],
    ["of yesterday", { minTime: MIDNIGHT_MS - DAY_MS, maxTime: MIDNIGHT_MS - 1 }],
    [
      "of some hours of yesterday",
      { minTime: MIDNIGHT_MS - 16 * HOUR_MS, maxTime: MIDNIGHT_MS - 3 * HOUR_MS },
    ],
    ["of a single ms", { minTime: MIDNIGHT_MS - 23 * HOUR_MS, maxTime: MIDNIGHT_MS - 23 * HOUR_MS }],
    ["of today until some minutes ago", { minTime: MIDNIGHT_MS, maxTime: MIDNIGHT_MS + HOUR_MS + MINUTE_MS }],
  ];
  for (const [what, range] of CASES)
    test(`${what}, before and after compaction, and what is written again counts`, async () => {
      const store = await newForms();
      const { engine } = store;
      await store.delete({ matchers: [of("__name__", "cpu"), of("zone", "x")], ...range });
      await store.check({ minTime: MIDNIGHT_MS - DAY_MS, maxTime: MIDNIGHT_MS - 1 });
      // The same samples with another value, and one between.
      engine.nowMs += 1000;
      await store.append(request(MIDNIGHT_MS - DAY_MS + HOUR_MS, 2));
      await store.append(request(MIDNIGHT_MS + HOUR_MS, 2));
      await store.check();
      await engine.compact();
      await store.check();
      engine.nowMs = MIDNIGHT_MS + 2 * DAY_MS;
      await engine.compact();
      await store.check();
      await store.checkItems();
    });
});

test("a series of which nothing is left is in no lookup, until it is written again", async () => {
  const store = await newForms();
  const matchers = [of("zone", "y")];
  assert.deepEqual(await store.delete({ matchers, ...ALL_TIME }), [DAY - 1, DAY]);
  assert.deepEqual(await store.engine.reader().labelValues("zone", { matchers: [], ...ALL_TIME }), [
    "x",
    "z",
  ]);
  await store.append([series("cpu", { zone: "y" }, [MIDNIGHT_MS + HOUR_MS, 5])]);
  await store.check();
  assert.equal((await store.engine.reader().series({ matchers, ...ALL_TIME })).length, 1);
});

test("days without such series get no deletion", async () => {
  const store = await newForms();
  await store.append([series("late", {}, [MIDNIGHT_MS + HOUR_MS, 1])]);
  assert.deepEqual(await store.delete({ matchers: [of("__name__", "late")], ...ALL_TIME }), [DAY]);
  assert.deepEqual(await store.delete({ matchers: [of("__name__", "none")], ...ALL_TIME }), []);
  assert.deepEqual((await loadDeletions(store.engine.table, "t", DAY - 1)).all, []);
  assert.equal((await loadDeletions(store.engine.table, "t", DAY)).all.length, 1);
});

test("a deletion stays as long as its day when retention grows, whoever knows of that last", async () => {
  const SHORT = 3 * DAY_MS;
  const { engine } = await newForms();
  const { table, clock } = engine;
  const options = { table, clock, randomBytes, tenant: "t", retentionMs: SHORT, accessKeyId: "" };
  await deleteSeries(options, [[of("__name__", "cpu")]], ALL_TIME);
  const compact = () => runCompactor(engine, { retentionOf: () => 30 * DAY_MS });
  await compact();
  // A function that still knows the shorter one.
  await deleteSeries(options, [[of("zone", "x")]], ALL_TIME);
  await compact();
  engine.nowMs += 10 * DAY_MS;
  for (const item of await itemsOf(engine.inner as MemoryTable))
    if ((item.expiresAtSeconds ?? Number.POSITIVE_INFINITY) * 1000 < engine.nowMs)
      await engine.inner.delete(item);
  const all = { matchers: [], ...ALL_TIME };
  const names = (await engine.reader().series(all)).map(printLabels);
  assert.deepEqual(names.sort(), ['load{zone="y"}', 'load{zone="z"}']);
});

test("damaged deletions are never passed over: reads fail, and verify and inspect say so", async () => {
  const store = await newForms();
  const { table, inner, nowMs } = store.engine;
  await store.delete({ matchers: [of("zone", "x")], ...ALL_TIME });
  const place = { tenant: "t", day: DAY, retentionMs: 0, nowMs };
  const { deletions } = (await describeDay(table, "t", DAY)) as { deletions: { selectors: string[] }[] };
  assert.deepEqual(
    deletions.map(({ selectors }) => selectors),
    [['{zone="x"}']],
  );
  const key = deletionsKey("t", DAY);
  const described = (await describeItem(inner, key)) as { content: unknown };
  assert.deepEqual(described.content, deletions);
  const item = (await inner.get(key))!;
  await inner.put({ ...item, value: item.value.with(item.value.length - 1, 0x7a) });
  const problems: string[] = [];
  await verifyDay(table, place, ({ problem, loss }) => problems.push(`${problem}: ${loss}`));
  assert.deepEqual(problems, ["damaged manifest: queries of the day fail: what is deleted is not known"]);
  await assert.rejects(store.engine.reader().series({ matchers: [], ...ALL_TIME }), { kind: "data" });
});

test("many deletions are compared only with the series that a query selects", async () => {
  const { engine } = await newForms();
  const { table, clock } = engine;
  const options = { table, clock, randomBytes, tenant: "t", retentionMs: 0, accessKeyId: "" };
  // No series is meant twice, and most deletions are of other metrics.
  for (let i = 0; i < 100; i++)
    await addDeletion(
      { ...options, day: DAY },
      { selectors: [[of("__name__", `m${i}`)]], ...ALL_DAY, accessKeyId: "" },
    );
  const meter = newMeter();
  const limits = DEFAULT_LIMITS;
  const reader = new Reader(table.metered(meter), { tenant: "t", clock, limits, retentionMs: 0 });
  const selection = {
    matchers: [of("__name__", "cpu")],
    minTime: MIDNIGHT_MS,
    maxTime: MIDNIGHT_MS + DAY_MS,
  };
  const found = await selectAll(reader, selection);
  assert.equal(found.length, 3);
  const cold = newMeter();
  await selectAll(
    new Reader((await newForms()).engine.table.metered(cold), { tenant: "t", clock, limits, retentionMs: 0 }),
    selection,
  );
  // They are read with the manifest: no call more, and their bytes.
  assert.equal(meter.calls, cold.calls);
  assert.ok(
    meter.readUnits - cold.readUnits <= 2,
    `${meter.readUnits} read units, ${cold.readUnits} without`,
  );
});

test("days of which an import has left a manifest alone are not looked into", async () => {
  const { engine } = await newForms();
  const selectors = [[of("__name__", "cpu")]];
  const callsOfDeletion = async () => {
    const meter = newMeter();
    const options = { table: engine.table.metered(meter), clock: engine.clock, randomBytes };
    const place = { ...options, tenant: "t", retentionMs: 0, accessKeyId: "" };
    const days = await deleteSeries(place, selectors, ALL_TIME);
    return { days, calls: meter.calls };
  };
  await callsOfDeletion();
  const expected = await callsOfDeletion();
  for (let day = DAY - 40; day < DAY - 20; day++) {
    const context = { tenant: "t", day, retentionMs: 0, clock: engine.clock, randomBytes };
    const lease = new DayLease(newDayContext({ ...context, table: engine.table }));
    assert.ok(await lease.hold());
    await lease.release();
  }
  assert.deepEqual(await callsOfDeletion(), expected);
});

test("the same deletion again takes the place of the first", async () => {
  const store = await newForms();
  const selection = { matchers: [of("__name__", "cpu")], ...ALL_TIME };
  await store.delete(selection);
  await store.append(request(MIDNIGHT_MS + HOUR_MS, 3));
  await store.delete(selection);
  await store.check();
  const { last, all } = await loadDeletions(store.engine.table, "t", DAY);
  assert.deepEqual([last, all.map(({ number }) => number)], [2, [2]]);
});

test("clean_tombstones calls the compactor to the days that wait for it, and to no other", async () => {
  const store = await newForms();
  const { engine } = store;
  const { table, clock } = engine;
  const options = { table, clock, randomBytes, tenant: "t", retentionMs: 0, accessKeyId: "" };
  await store.delete({
    matchers: [of("__name__", "cpu")],
    minTime: ALL_TIME.minTime,
    maxTime: MIDNIGHT_MS - 1,
  });
  const marksSince = async (fromMs: number) => {
    const days: number[] = [];
    for await (const items of table.query(marksRange(hourOf(fromMs))))
      days.push(...items.map(({ sk }) => parseMarkSortKey(sk).day));
    return days;
  };
  engine.nowMs += 3 * HOUR_MS;
  const askedMs = engine.nowMs;
  assert.deepEqual(await marksSince(askedMs), []);
  assert.deepEqual(await askForErasure(options), [DAY - 1]);
  assert.deepEqual(await marksSince(askedMs), [DAY - 1]);
  // Samples leave at once, hourly rows with the daily sweep.
  for (let i = 0; i < 2; i++) {
    await engine.compact();
    engine.nowMs += DAY_MS;
  }
  const laterMs = engine.nowMs;
  assert.deepEqual(await askForErasure(options), []);
  assert.deepEqual(await marksSince(laterMs), []);
  await store.check();
});

test("a day takes so many different deletions and then says what to do", async () => {
  const { engine } = await newForms();
  const { table, clock } = engine;
  const options = { table, clock, randomBytes, tenant: "t", retentionMs: 0, accessKeyId: "" };
  const deleteMs = (ms: number) =>
    deleteSeries(options, [[of("__name__", "cpu")]], {
      minTime: MIDNIGHT_MS + ms,
      maxTime: MIDNIGHT_MS + ms,
    });
  for (let ms = 0; ms < MAX_DAY_DELETIONS; ms++) await deleteMs(ms);
  await assert.rejects(deleteMs(MAX_DAY_DELETIONS), {
    kind: "too large",
    message: /^deletion: 129 deletions of \d+ bytes in 2026-11-23 of tenant t, the limit is 128 .* =~"a\|b"$/,
  });
});

test(`any schedule of writes, deletions and compactions answers what a map does (seed ${SEED})`, async () => {
  const zone = fc.constantFrom(...ZONES);
  const metric = fc.constantFrom(...METRICS);
  const time = fc.integer({ min: -30, max: 2 }).map((hours) => hours * HOUR_MS);
  const step = fc.oneof(
    fc.record({ kind: fc.constant("write" as const), metric, zone, time, value: fc.nat(9) }),
    fc.record({ kind: fc.constant("delete" as const), metric, zone: fc.option(zone), from: time, to: time }),
    fc.record({ kind: fc.constant("compact" as const), hours: fc.constantFrom(0, 1, 9, 30) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(0, 3),
      fc.array(step, { minLength: 4, maxLength: 14 }),
      async (sparseSamples, steps) => {
        const store = new DeletingEngine(new Engine({ sparseSamples }), new ReaderMemory(2 ** 24));
        store.engine.nowMs = MIDNIGHT_MS + 3 * HOUR_MS;
        for (const one of steps) {
          if (one.kind === "write")
            await store.append([series(one.metric, { zone: one.zone }, [MIDNIGHT_MS + one.time, one.value])]);
          else if (one.kind === "compact") {
            store.engine.nowMs += one.hours * HOUR_MS;
            await store.engine.compact();
          } else {
            const matchers = [
              of("__name__", one.metric),
              ...(one.zone === null ? [] : [of("zone", one.zone)]),
            ];
            const [minTime, maxTime] = [one.from, one.to].sort((a, b) => a - b).map((ms) => MIDNIGHT_MS + ms);
            await store.delete({ matchers, minTime, maxTime });
          }
        }
        await store.check();
        store.engine.nowMs += 2 * DAY_MS;
        for (let run = 0; run < 2; run++) await store.engine.compact();
        await store.checkItems();
        await store.check();
      },
    ),
    { seed: SEED, numRuns: 20 },
  );
});
