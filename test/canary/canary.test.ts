/** The canary on a table in memory, with the real compactor, over days; then samples are taken away. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { runCanary, runCanaryAndLog } from "../../lib/canary/canary.ts";
import { CANARY_TENANT } from "../../lib/canary/canary-series.ts";
import { loadState } from "../../lib/canary/canary-state.ts";
import { findHoles } from "../../lib/canary/holes.ts";
import { CANARY_INTERVAL_MS, placesOf } from "../../lib/canary/places.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import type { MetricValues } from "../../lib/model/metrics.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { compact } from "../../lib/storage/compact/compactor.ts";
import { KIND } from "../../lib/storage/layout/keys.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import type { Item, KeyRange, QueryOptions, Table } from "../../lib/storage/table/table.ts";
import { Writers } from "../../lib/storage/write/writers.ts";

const START_MS = Date.UTC(2026, 10, 20, 3);

/** A table whose items of some kinds can be made to vanish from what is read. */
function losing(inner: Table, isLost: (item: Item) => boolean): Table {
  return new Proxy(inner, {
    get(target, name) {
      if (name === "metered") return () => losing(target, isLost);
      if (name === "query")
        return async function* (range: KeyRange, options?: QueryOptions) {
          for await (const page of target.query(range, options)) yield page.filter((item) => !isLost(item));
        };
      const member = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

function world(retentionMs = 0) {
  const table = new MemoryTable();
  const time = { nowMs: START_MS };
  const clock = () => time.nowMs;
  let writers = new Writers({ clock, randomBytes, limits: DEFAULT_LIMITS, maxBytes: 2 ** 26 });
  const options = (from: Table = table) => ({
    table: from,
    clock,
    limits: DEFAULT_LIMITS,
    writers,
    retentionMs,
  });
  /** Runs compactor and canary every five minutes until a time. */
  const runUntil = async (endMs: number) => {
    const reports = [];
    for (; time.nowMs < endMs; time.nowMs += CANARY_INTERVAL_MS) {
      await compact(table, {
        clock,
        randomBytes,
        retentionOf: () => retentionMs,
        deadlineMs: Number.POSITIVE_INFINITY,
      });
      reports.push(await runCanary(options()));
      if (reports.length % 50 === 0)
        writers = new Writers({ clock, randomBytes, limits: DEFAULT_LIMITS, maxBytes: 2 ** 26 });
    }
    return reports;
  };
  return { table, time, clock, options, runUntil };
}

test("over three days the canary finds all that it wrote, in every place", async () => {
  const { runUntil } = world();
  const reports = await runUntil(START_MS + 54 * HOUR_MS);
  assert.deepEqual(
    reports.flatMap(({ samples, missing }) => (samples > 0 ? [missing] : [])),
    [],
  );
  assert.equal(reports.at(-1)?.sequence, reports.length);
  const checked = new Set(reports.flatMap((report) => report.checked));
  assert.deepEqual([...checked].sort(), ["2026-11-20", "2026-11-21", "chunks", "log", "run"]);
});

test("a stack that was away for two days has no hole", async () => {
  const { runUntil, time } = world();
  await runUntil(START_MS + 6 * HOUR_MS);
  time.nowMs += 2 * DAY_MS;
  const reports = await runUntil(time.nowMs + 26 * HOUR_MS);
  assert.deepEqual(
    reports.flatMap(({ samples, missing }) => (samples > 0 ? [missing] : [])),
    [],
  );
});

/** Buckets that are over: the canary's are sparse, so that they stay runs. */
const COMPACTED: readonly number[] = [KIND.chunk, KIND.run];

for (const [kinds, place] of [
  [[KIND.log] as readonly number[], "log"],
  [COMPACTED, "2026-11-20"],
  [COMPACTED, "chunks"],
] as const) {
  test(`samples of kinds ${String.fromCharCode(...kinds)} that vanish are missed in the place ${place}`, async () => {
    const { table, time, options, runUntil } = world();
    await runUntil(START_MS + 30 * HOUR_MS);
    let isLosing = true;
    const lossy = losing(table, ({ pk }) => isLosing && kinds.includes(pk[0]));
    let report = await runCanary(options(lossy));
    for (let i = 0; i < 12; i++) {
      time.nowMs += CANARY_INTERVAL_MS;
      report = await runCanary(options(lossy));
    }
    assert.ok(report.missing[place]?.samples > 0, JSON.stringify(report.missing));
    // It is remembered while other places are looked at, and forgotten once all is there again.
    isLosing = false;
    for (let i = 0; i < 24; i++) {
      time.nowMs += CANARY_INTERVAL_MS;
      report = await runCanary(options(lossy));
    }
    assert.equal(report.samples, 0, JSON.stringify(report.missing));
  });
}

test("a write that fails is not counted, and is told as a failure", async () => {
  const { table, options, runUntil, time } = world();
  await runUntil(START_MS + HOUR_MS);
  const before = await loadState(table);
  const values: MetricValues[] = [];
  const failing = new Proxy(table, {
    get: (target, name) =>
      name === "putAll" || name === "put"
        ? () => Promise.reject(new Error("no"))
        : name === "metered"
          ? () => failing
          : Reflect.get(target, name).bind(target),
  }) as Table;
  const lines: string[] = [];
  const log = (_level: string, message: string) => void lines.push(message);
  assert.equal(await runCanaryAndLog(options(failing), log, (some) => values.push(some)), undefined);
  assert.deepEqual(values, [{ CanaryFailures: 1 }]);
  assert.deepEqual(lines, ["canary"]);
  assert.deepEqual(await loadState(table), before);
  time.nowMs += CANARY_INTERVAL_MS;
  assert.equal((await runCanary(options())).samples, 0);
});

test("holes", () => {
  const samples = (...values: number[]) => ({
    timestamps: Float64Array.from(values.keys(), (i) => i * 1000),
    values: Float64Array.from(values),
  });
  assert.deepEqual(findHoles(samples()), { samples: 0, gapMs: 0 });
  assert.deepEqual(findHoles(samples(), { last: 7 }), { samples: 1, gapMs: 0 });
  assert.deepEqual(findHoles(samples(4, 5, 5, 6)), { samples: 0, gapMs: 0 });
  assert.deepEqual(findHoles(samples(4, 6, 5, 9)), { samples: 2, gapMs: 2000 });
  assert.deepEqual(findHoles(samples(4, 5), { first: 3, last: 7 }), { samples: 3, gapMs: 0 });
  assert.deepEqual(findHoles(samples(), { first: 3, last: 7 }), { samples: 5, gapMs: 0 });
});

test("every older day has its turn, and none before the canary", () => {
  const oldestMs = START_MS;
  const nowMs = START_MS + 90 * DAY_MS;
  const names = new Set<string>();
  for (let i = 0; i < 3 * 91; i++)
    for (const { name, fromMs } of placesOf(nowMs + i * CANARY_INTERVAL_MS, oldestMs)) {
      names.add(name);
      assert.ok(fromMs >= oldestMs);
    }
  assert.ok(names.has("2026-11-20") && names.has("2027-02-17"), [...names].join());
  assert.deepEqual(placesOf(oldestMs, oldestMs), [{ name: "log", fromMs: oldestMs, toMs: oldestMs }]);
});

test("the canary's tenant is one that keys can be made for, to look at it", async () => {
  const { parseTenant } = await import("../../lib/model/tenant.ts");
  assert.equal(parseTenant(CANARY_TENANT), CANARY_TENANT);
});
