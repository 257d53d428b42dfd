import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import { dayOf, dictionariesRange } from "../../../lib/storage/layout/keys.ts";
import { isOpenRun } from "../../../lib/storage/layout/manifest.ts";
import { loadManifest } from "../../../lib/storage/layout/manifest-store.ts";
import { runRange } from "../../../lib/storage/layout/part-keys.ts";
import { ALL_SERIES } from "../../../lib/storage/layout/shard.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { KeyRange, Table } from "../../../lib/storage/table/table.ts";
import { itemsOf } from "../../helpers/storage/damage.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { series } from "../../helpers/write-requests.ts";

/** By how much a writer's clock is behind the compactor's, or its mark on the way. */
for (const lateMs of [0, 1, 29, 59].map((seconds) => seconds * SECOND_MS)) {
  test(`a mark of the hour before, ${lateMs} ms late, is not passed over`, async () => {
    const engine = new Engine();
    const options = {
      clock: engine.clock,
      randomBytes,
      retentionOf: () => 0,
      deadlineMs: Number.POSITIVE_INFINITY,
    };
    const hourEnd = MIDNIGHT_MS + 10 * HOUR_MS;
    engine.nowMs = hourEnd - 100 + lateMs;
    await compact(engine.table, options);
    engine.nowMs = hourEnd - 100;
    await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1])]);
    engine.nowMs = MIDNIGHT_MS + DAY_MS;
    const { days, failures } = await compact(engine.table, options);
    assert.deepEqual([days, failures], [1, 0]);
    const { manifest } = await loadManifest(engine.table, "t", dayOf(MIDNIGHT_MS));
    assert.equal(
      manifest.parts.reduce((total, { samples }) => total + samples, 0),
      1,
    );
  });
}

test("a compactor asks for help once, when days still wait after a minute, and both together do all of it", async () => {
  const engine = new Engine();
  const tenants = Array.from({ length: 12 }, (_, i) => `t${i}`);
  engine.nowMs = MIDNIGHT_MS + HOUR_MS;
  for (const tenant of tenants) {
    await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1])], tenant);
  }
  engine.nowMs += HOUR_MS;
  const done = new Map<string, string[]>();
  const common = {
    clock: engine.clock,
    randomBytes,
    retentionOf: () => 0,
    deadlineMs: Number.POSITIVE_INFINITY,
  };
  const compactAs = (name: string, secondsPerDay: number, fanOut?: () => Promise<void>) =>
    compact(engine.table, {
      ...common,
      fanOut,
      onDay: ({ tenant, outcome }) => {
        engine.nowMs += secondsPerDay * SECOND_MS;
        if (outcome !== undefined && outcome.flushes > 0) done.set(name, [...(done.get(name) ?? []), tenant]);
      },
    });
  let asked = 0;
  const first = await compactAs("quick", 1, async () => {
    asked++;
  });
  assert.deepEqual([asked, first.failures, done.get("quick")?.length], [0, 0, tenants.length]);

  done.clear();
  engine.nowMs = MIDNIGHT_MS + 3 * HOUR_MS;
  for (const tenant of tenants) {
    await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 2])], tenant);
  }
  engine.nowMs += HOUR_MS;
  await compactAs("slow", 20, async () => {
    asked++;
    await compactAs("helper", 0);
  });
  assert.equal(asked, 1);
  // Who takes which day depends on how their calls interleave; the slow one has done three before it asks.
  assert.ok(
    done.get("helper")!.length >= (tenants.length - 3) / 2,
    "the helper did its share of what was left",
  );
  assert.deepEqual([...done.values()].flat().sort(), tenants.toSorted());
});

test("a day past retention, of which TTL has taken some, is passed over", async () => {
  const retentionMs = DAY_MS;
  const engine = new Engine({ retentionMs });
  await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1])]);
  await remove(engine.table, dictionariesRange("t", dayOf(MIDNIGHT_MS), ALL_SERIES));
  const options = {
    clock: engine.clock,
    randomBytes,
    retentionOf: () => retentionMs,
    deadlineMs: Number.POSITIVE_INFINITY,
  };
  engine.nowMs = MIDNIGHT_MS + 2 * DAY_MS - MINUTE_MS;
  const { failures, quarantined } = await compact(engine.table, options);
  assert.deepEqual([failures, quarantined], [0, 1]);
  engine.nowMs = MIDNIGHT_MS + 2 * DAY_MS;
  const nothing = { days: 0, failures: 0, quarantined: 0, lagMs: 0, deletionAgeMs: 0 };
  assert.deepEqual(await compact(engine.table, options), nothing);
});

test("runs that have gone are an error, not a part without samples", async () => {
  const engine = new Engine();
  const options = {
    clock: engine.clock,
    randomBytes,
    retentionOf: () => 0,
    deadlineMs: Number.POSITIVE_INFINITY,
  };
  await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1])]);
  engine.nowMs = MIDNIGHT_MS + HOUR_MS;
  await compact(engine.table, options);
  const { manifest } = await loadManifest(engine.table, "t", dayOf(MIDNIGHT_MS));
  const [run] = manifest.parts;
  await remove(engine.table, runRange("t", dayOf(MIDNIGHT_MS), run.id, ALL_SERIES));
  engine.nowMs = MIDNIGHT_MS + DAY_MS;
  const errors: unknown[] = [];
  await compact(engine.table, { ...options, onDay: ({ error }) => errors.push(error) });
  assert.equal(errors.length, 1);
  assert.match(
    String(errors[0]),
    /: compaction: run \w+ of bucket 0 has 0 samples, expected 1; .* tenant=t day=2026-11-23/,
  );
});

/** What TTL may do. */
async function remove(table: Table, range: KeyRange): Promise<void> {
  let removed = 0;
  for await (const page of table.query(range, { consistent: true })) {
    for (const item of page) {
      await table.delete(item);
      removed++;
    }
  }
  assert.equal(removed, 1);
}

test("a sweep finishes a day of which TTL has taken the marks and the day's item", async () => {
  const engine = new Engine();
  engine.nowMs = MIDNIGHT_MS + HOUR_MS;
  await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1])]);
  engine.nowMs += HOUR_MS;
  await engine.compact();
  for (const item of await itemsOf(engine.inner as MemoryTable, "PA")) await engine.inner.delete(item);
  for (let day = 1; day <= 3; day++) {
    engine.nowMs = MIDNIGHT_MS + day * (DAY_MS + HOUR_MS);
    await engine.compact();
  }
  const { manifest } = await loadManifest(engine.table, "t", dayOf(MIDNIGHT_MS));
  assert.deepEqual(
    manifest.parts.map((part) => isOpenRun(part)),
    [false],
  );
});
