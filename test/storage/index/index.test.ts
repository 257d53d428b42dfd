/** The index against a plain filter over label sets: while writers write, and before, during and after flushes and merges. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HearthError } from "../../../lib/model/errors.ts";
import {
  compareBytewise,
  compareLabelSets,
  type Label,
  type LabelSet,
  labelValue,
} from "../../../lib/model/labels.ts";
import { type Matcher, type MatcherType, matchesAll, newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { MAX_INDEX_PARTS } from "../../../lib/storage/compact/plan-compaction.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { loadManifest } from "../../../lib/storage/layout/manifest-store.ts";
import { MAX_HOLD_MS } from "../../../lib/storage/log/settling.ts";
import type { Writers } from "../../../lib/storage/write/writers.ts";
import { assertSameLines } from "../../helpers/same-lines.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { FaultyTable } from "../../helpers/storage/faulty-table.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { bitsOf, labelSetOf, type SentSeries, series } from "../../helpers/write-requests.ts";

const SEED = 20261122;
const DAY = dayOf(MIDNIGHT_MS);
const kindIs = (kind: string) => (error: unknown) => error instanceof HearthError && error.kind === kind;

const print = (sets: Iterable<LabelSet>) => [...sets].map((labels) => JSON.stringify(labels));

/** All that the reader says of labels is what a filter over `sets` says. */
async function assertAnswers(
  engine: Engine,
  sets: readonly LabelSet[],
  matchers: readonly Matcher[],
  range = {},
) {
  const selection = { matchers, ...ALL_TIME, ...range };
  const reader = engine.reader();
  const passing = sets.filter((labels) => matchesAll(matchers, labels)).sort(compareLabelSets);
  const what = matchers.map(({ name, type, value }) => `${name}${type}"${value}"`).join();
  assertSameLines(print(await reader.series(selection)), print(passing), `series of {${what}}`);
  const names = new Set(passing.flatMap((labels) => labels.map(([name]) => name)));
  const sorted = (texts: Iterable<string>) => [...texts].sort(compareBytewise);
  assertSameLines(await reader.labelNames(selection), sorted(names), `names of {${what}}`);
  for (const name of ["__name__", "job", "none", ""]) {
    const values = new Set(passing.map((labels) => labelValue(labels, name)));
    values.delete("");
    assertSameLines(await reader.labelValues(name, selection), sorted(values), `${name} of {${what}}`);
  }
}

const metric = fc.constantFrom("up", "load", "a:b", "\ufeffé", "m1", "m2");
const labelSet = fc
  .record({
    metric,
    job: fc.constantFrom("", "a", "b", "ab"),
    zone: fc.constantFrom("", "x", "\u{1f600}", "\uffee"),
  })
  .map(({ metric, job, zone }): Label[] => [
    ["__name__", metric],
    ["job", job],
    ["zone", zone],
  ]);
const matcher = fc
  .tuple(
    fc.constantFrom<MatcherType>("=", "!=", "=~", "!~"),
    fc.constantFrom("__name__", "__name__", "job", "zone", "other"),
    fc.constantFrom("", "up", "load", "a", "b", "a|b", "up|m1", ".*", ".+", "\ufeffé"),
  )
  .map(([type, name, value]) => newMatcher(type, name, value));
/** Requests of one of three processes, which may have just started; late by some days; and compaction at times. */
const step = fc.record({
  process: fc.nat(2),
  isCold: fc.boolean(),
  daysLate: fc.constantFrom(0, 0, 1, 3),
  sets: fc.array(labelSet, { maxLength: 5 }),
  compacts: fc.nat(2).map((n) => n === 0),
});

test("answers what a filter over all label sets does, at every step", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 14 }),
      fc.array(fc.array(matcher, { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      async (steps, queries) => {
        const engine = new Engine();
        const written = new Map<number, Map<string, LabelSet>>();
        const processes: Writers[] = [];
        for (const { process, isCold, daysLate, sets, compacts } of steps) {
          if (isCold || processes[process] === undefined) processes[process] = engine.newWriters();
          const time = MIDNIGHT_MS - daysLate * DAY_MS + 1;
          const request = sets.map((labels): SentSeries => ({ labels, samples: [[time, bitsOf(1)]] }));
          await engine.append(processes[process], request);
          const ofDay = written.get(daysLate) ?? new Map<string, LabelSet>();
          written.set(daysLate, ofDay);
          for (const labels of sets) ofDay.set(JSON.stringify(labelSetOf(labels)), labelSetOf(labels));
          if (compacts) await engine.compact();
          const all = new Map([...written.values()].flatMap((one) => [...one]));
          await assertAnswers(engine, [...all.values()], queries[0]);
        }
        for (const matchers of [[], ...queries]) {
          const today = [...(written.get(0)?.values() ?? [])];
          await assertAnswers(engine, today, matchers, { minTime: MIDNIGHT_MS + HOUR_MS });
        }
        engine.nowMs += 9 * DAY_MS;
        await engine.compact();
        await engine.compact();
        const all = new Map([...written.values()].flatMap((one) => [...one]));
        for (const matchers of [[], ...queries]) await assertAnswers(engine, [...all.values()], matchers);
        const { manifest } = await loadManifest(engine.table, "t", DAY);
        assert.ok(manifest.index.length <= 1, `${manifest.index.length} index parts of a settled day`);
      },
    ),
    { seed: SEED, numRuns: 60 },
  );
});

describe("parts", () => {
  /** A request of new series each time, flushed. */
  async function grow(engine: Engine, times: number): Promise<void> {
    const writers = engine.newWriters();
    for (let i = 0; i < times; i++) {
      await engine.append(writers, [series("up", { n: `${i}` }, [MIDNIGHT_MS + i, i])]);
      await engine.compact();
    }
  }

  test("stay few, and hold each series once", async () => {
    const engine = new Engine();
    await grow(engine, 40);
    const { manifest } = await loadManifest(engine.table, "t", DAY);
    assert.ok(manifest.index.length <= MAX_INDEX_PARTS, `${manifest.index.length}`);
    assert.equal(
      manifest.index.reduce((sum, part) => sum + part.series, 0),
      40,
    );
    assert.equal((await engine.reader().series({ matchers: [], ...ALL_TIME })).length, 40);
  });

  test("none where no series is new", async () => {
    const engine = new Engine();
    const writers = engine.newWriters();
    for (let i = 0; i < 5; i++) {
      await engine.append(i % 2 === 0 ? writers : engine.newWriters(), [
        series("up", {}, [MIDNIGHT_MS + i, i]),
      ]);
      await engine.compact();
    }
    assert.equal((await loadManifest(engine.table, "t", DAY)).manifest.index.length, 1);
  });

  test("a merge killed at any call leaves the index as it was", async () => {
    for (let k = 0, failed = true; failed; k++) {
      assert.ok(k < 100);
      const table = new FaultyTable();
      const engine = new Engine({ table });
      await grow(engine, MAX_INDEX_PARTS);
      await engine.append(engine.newWriters(), [series("up", { n: "last" }, [MIDNIGHT_MS, 1])]);
      table.failOnce(k, "half stored");
      await engine.compact().catch(() => {});
      failed = table.hasFailed;
      table.heal();
      const found = await engine.reader().series({ matchers: [], ...ALL_TIME });
      assert.equal(found.length, MAX_INDEX_PARTS + 1, `call ${k}`);
    }
  });
});

describe("series records", () => {
  test("one that a flush may have passed by is stored again before the request is answered", async () => {
    const table = new FaultyTable();
    const engine = new Engine({ table });
    const request = [series("up", {}, [MIDNIGHT_MS, 1])];
    await engine.append(engine.newWriters(), request);
    const at = table.calls.indexOf("putAll S");
    assert.ok(at >= 0);
    const other = new FaultyTable();
    const slow = new Engine({ table: other });
    // The record is on its way for longer than a writer may hold it, and a compactor comes before it lands.
    other.beforeCall(at, () => {
      slow.nowMs += MAX_HOLD_MS + 1;
    });
    await slow.append(slow.newWriters(), request);
    assert.equal(other.calls.filter((call) => call === "putAll S").length, 2);
    assert.equal(other.calls.lastIndexOf("putAll S") < other.calls.indexOf("putIfAbsent D"), true);
  });

  test("one received before the first log record of a flush is not left behind", async () => {
    const table = new FaultyTable();
    const engine = new Engine({ table });
    const writers = engine.newWriters();
    const request = [series("up", {}, [MIDNIGHT_MS, 1])];
    // Its dictionary fails, and the sender repeats an hour later.
    const before = ["get Z", "query A", "put A", "query P", "put P", "putAll S"].length;
    table.failOnce(before);
    await assert.rejects(engine.append(writers, request), kindIs("unavailable"));
    assert.deepEqual(table.calls.at(-1), "putIfAbsent D");
    engine.nowMs += HOUR_MS;
    await engine.append(writers, request);
    // Only a dictionary says that a record is there.
    assert.equal(table.calls.filter((call) => call === "putAll S").length, 2);
    await engine.compact();
    assert.equal((await engine.reader().series({ matchers: [], ...ALL_TIME })).length, 1);
    for await (const { timestamps } of engine.reader().select({ matchers: [], ...ALL_TIME }))
      assert.deepEqual([...timestamps], [MIDNIGHT_MS]);
  });
});

test("labels of days beyond retention are not answered", async () => {
  const engine = new Engine({ retentionMs: 2 * DAY_MS });
  engine.tickMs = 0;
  const writers = engine.newWriters();
  await engine.append(writers, [
    series("old", {}, [MIDNIGHT_MS - 2 * DAY_MS, 1]),
    series("new", {}, [MIDNIGHT_MS, 2]),
  ]);
  const names = () => engine.reader().labelValues("__name__", { matchers: [], ...ALL_TIME });
  assert.deepEqual(await names(), ["new", "old"]);
  engine.nowMs += DAY_MS;
  assert.deepEqual(await names(), ["new"]);
});

test("labels come from the index alone, end when given up, and keep the limits", async () => {
  const table = new FaultyTable();
  const engine = new Engine({ table, limits: { maxQuerySeries: 2 } });
  const request = ["a", "b", "c"].map((job) => series("up", { job }, [MIDNIGHT_MS, 1]));
  await engine.append(engine.newWriters(), request);
  await engine.compact();
  const all = { matchers: [newMatcher("=", "__name__", "up")], ...ALL_TIME };
  for (const ask of [
    (signal?: AbortSignal) => engine.reader().labelNames(all, signal),
    (signal?: AbortSignal) => engine.reader().labelValues("job", all, signal),
    (signal?: AbortSignal) => engine.reader().labelValues("job", { ...all, matchers: [] }, signal),
  ]) {
    const before = table.calls.length;
    await ask();
    assert.deepEqual(table.calls.slice(before), ["query P", "query X", "query S", "query I"]);
    await assert.rejects(ask(AbortSignal.abort()), kindIs("unavailable"));
  }
  await assert.rejects(engine.reader().series(all), /more than 2 series match.*limit=maxQuerySeries/);
});
