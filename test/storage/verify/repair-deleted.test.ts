/** Repair of an index beside deletions: what was deleted does not come back. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { LABELS_GONE_MS } from "../../../lib/storage/compact/erasing/plan-unindexing.ts";
import { loadDeletions } from "../../../lib/storage/deletion/deletion-store.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Finding } from "../../../lib/storage/verify/finding.ts";
import { repairDay } from "../../../lib/storage/verify/repair-day.ts";
import { verifyDay } from "../../../lib/storage/verify/verify-day.ts";
import { runCompactor } from "../../helpers/storage/compaction.ts";
import { itemsOf } from "../../helpers/storage/damage.ts";
import { DeletingEngine } from "../../helpers/storage/deletions.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { itemsWithText } from "../../helpers/storage/texts-in-table.ts";
import { series } from "../../helpers/write-requests.ts";

const SECRET = "alice@example.com";
const DAY = dayOf(MIDNIGHT_MS);
const OF_ALICE = { matchers: [newMatcher("=", "zone", SECRET)], ...ALL_TIME };

/** A day in chunks, with a series that is to go and one that stays. */
async function newDay(): Promise<DeletingEngine> {
  const store = new DeletingEngine(new Engine());
  const { engine } = store;
  for (let hour = 1; hour < 9; hour++) {
    engine.nowMs = MIDNIGHT_MS + hour * HOUR_MS;
    await store.append([
      series("cpu", { zone: SECRET }, [engine.nowMs, 1]),
      series("cpu", { zone: "x" }, [engine.nowMs, 2]),
    ]);
    await engine.compact();
  }
  for (let hour = 1; hour < 9; hour += 2) await compactAt(store, MIDNIGHT_MS + DAY_MS + hour * HOUR_MS);
  return store;
}

async function compactAt({ engine }: DeletingEngine, nowMs: number): Promise<void> {
  engine.nowMs = nowMs;
  // What was lost stands in the way of some of it.
  await runCompactor(engine);
}

async function loseIndex({ engine }: DeletingEngine): Promise<void> {
  for (const item of await itemsOf(engine.inner as MemoryTable, "I")) await engine.inner.delete(item);
}

async function verify({ engine: { table, nowMs } }: DeletingEngine): Promise<Finding[]> {
  const findings: Finding[] = [];
  await verifyDay(table, { tenant: "t", day: DAY, retentionMs: 0, nowMs }, (one) => findings.push(one));
  return findings;
}

/** As often as it takes for lost index parts to be stored again without what is lost. */
async function repair(store: DeletingEngine): Promise<string[]> {
  const { table, clock, nowMs } = store.engine;
  const options = { table, clock, randomBytes, acceptsLoss: true };
  const day = { tenant: "t", day: DAY, retentionMs: 0, nowMs };
  const repairs = await repairDay(options, day, await verify(store));
  return repairs
    .filter(({ finding }) => finding.problem === "unindexed series")
    .map(({ done, advice }) => done ?? advice);
}

async function indexItemsOfAlice({ engine }: DeletingEngine): Promise<string[]> {
  return itemsWithText(await itemsOf(engine.inner as MemoryTable, "I"), SECRET);
}

describe("repair of an index", () => {
  it("leaves out series that deletions have taken", async () => {
    const store = await newDay();
    await store.delete(OF_ALICE);
    for (let days = 1; days * DAY_MS <= LABELS_GONE_MS; days++)
      await compactAt(store, MIDNIGHT_MS + (days + 1) * DAY_MS + 9 * HOUR_MS);
    assert.deepEqual(await indexItemsOfAlice(store), []);
    assert.deepEqual((await loadDeletions(store.engine.table, "t", DAY)).all, []);
    await loseIndex(store);
    assert.deepEqual(await repair(store), ["1 series are indexed again, from their series records"]);
    assert.deepEqual(await indexItemsOfAlice(store), []);
    await store.check();
    assert.deepEqual(await verify(store), []);
  });

  it("carries out a deletion whose series were not found when it was", async () => {
    const store = await newDay();
    await store.delete(OF_ALICE);
    await loseIndex(store);
    await compactAt(store, store.engine.nowMs + HOUR_MS);
    assert.deepEqual(await repair(store), ["2 series are indexed again, from their series records"]);
    await store.check();
    for (let days = 1; days * DAY_MS <= LABELS_GONE_MS + 2 * DAY_MS; days++)
      await compactAt(store, MIDNIGHT_MS + (days + 1) * DAY_MS + 11 * HOUR_MS);
    await store.check();
    await store.checkItems();
    assert.deepEqual(await indexItemsOfAlice(store), []);
  });
});
