/** Deleted samples are in no answer, others stay, and what is written again counts: in log, runs and chunks. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import { printLabels } from "../../../lib/model/labels.ts";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { loadDeletions, MAX_DAY_DELETIONS } from "../../../lib/storage/deletion/deletion-store.ts";
import { deleteSeries } from "../../../lib/storage/erase/delete-series.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { runCompactor } from "../../helpers/compaction.ts";
import { itemsOf } from "../../helpers/damage.ts";
import { DeletingEngine } from "../../helpers/deletions.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/engine.ts";
import { ALL_TIME } from "../../helpers/naive-store.ts";
import { type SentSeries, series } from "../../helpers/write-requests.ts";

const SEED = 20261130;
const DAY = dayOf(MIDNIGHT_MS);
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
