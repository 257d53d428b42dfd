import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../../lib/model/time.ts";
import { compact } from "../../lib/storage/compactor.ts";
import { dayOf } from "../../lib/storage/keys.ts";
import { loadManifest } from "../../lib/storage/manifest-store.ts";
import { Engine, MIDNIGHT_MS } from "../helpers/engine.ts";
import { series } from "../helpers/write-requests.ts";

/** By how much a writer's clock is behind the compactor's, or its mark on the way. */
for (const lateMs of [0, 1, 29, 59].map((seconds) => seconds * SECOND_MS)) {
  test(`a mark of the hour before, ${lateMs} ms late, is not passed over`, async () => {
    const engine = new Engine();
    const options = { clock: engine.clock, retentionOf: () => 0, deadlineMs: Number.POSITIVE_INFINITY };
    const hourEnd = MIDNIGHT_MS + 10 * HOUR_MS;
    engine.nowMs = hourEnd - 100 + lateMs;
    await compact(engine.table, options);
    engine.nowMs = hourEnd - 100;
    await engine.append(engine.newWriters(), [series("up", {}, [MIDNIGHT_MS, 1])]);
    engine.nowMs = MIDNIGHT_MS + DAY_MS;
    const { days, failures } = await compact(engine.table, options);
    assert.deepEqual([days, failures], [1, 0]);
    const { manifest } = await loadManifest(engine.table, "t", dayOf(MIDNIGHT_MS));
    assert.ok(manifest.flushedToMs > hourEnd);
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
  const common = { clock: engine.clock, retentionOf: () => 0, deadlineMs: Number.POSITIVE_INFINITY };
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
  assert.ok(done.get("helper")!.length >= tenants.length - 6, "the helper did what was left");
  assert.deepEqual([...done.values()].flat().sort(), tenants.toSorted());
});
