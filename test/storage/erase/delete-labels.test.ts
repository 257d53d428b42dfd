/** Labels of series of which nothing is left leave the table, whoever dies or writes meanwhile. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { newMatcher } from "../../../lib/model/matcher.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { markDay } from "../../../lib/storage/bulk/publish-day.ts";
import { ReaderMemory } from "../../../lib/storage/cache/reader-memory.ts";
import { compact } from "../../../lib/storage/compact/compactor.ts";
import { newDayContext } from "../../../lib/storage/compact/day-context.ts";
import {
  LABELS_GONE_MS,
  READERS_MS,
  UNKNOWN_MS,
} from "../../../lib/storage/compact/erasing/plan-unindexing.ts";
import { loadDeletions } from "../../../lib/storage/deletion/deletion-store.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import { loadManifest, replaceManifest } from "../../../lib/storage/layout/manifest-store.ts";
import type { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { runCompactor } from "../../helpers/storage/compaction.ts";
import { itemsOf } from "../../helpers/storage/damage.ts";
import { DeletingEngine } from "../../helpers/storage/deletions.ts";
import { dyingTable } from "../../helpers/storage/dying-table.ts";
import { Engine, MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { itemsWithText } from "../../helpers/storage/texts-in-table.ts";
import { series } from "../../helpers/write-requests.ts";

const SECRET = "alice@example.com";
const DAY = dayOf(MIDNIGHT_MS);
const OF_ALICE = { matchers: [newMatcher("=", "zone", SECRET)], ...ALL_TIME };

/** A day with several index parts, merged some times, and a series that is to go. */
async function newDay(flushes = 7): Promise<DeletingEngine> {
  const store = new DeletingEngine(new Engine(), new ReaderMemory(2 ** 24));
  const { engine } = store;
  for (let flush = 0; flush < flushes; flush++) {
    engine.nowMs = MIDNIGHT_MS + (flush + 1) * HOUR_MS;
    await store.append([
      series("cpu", { zone: SECRET, core: `${flush % 4}` }, [engine.nowMs, 1]),
      series("cpu", { zone: "x", core: `${flush % 4}` }, [engine.nowMs, 2]),
    ]);
    await engine.compact();
  }
  for (let hour = 1; hour < 9; hour += 2) await pass(store, MIDNIGHT_MS + DAY_MS + hour * HOUR_MS);
  return store;
}

/** The compactor runs now and then until a time; TTL works. */
async function pass({ engine }: DeletingEngine, untilMs: number, stepMs = DAY_MS + HOUR_MS): Promise<void> {
  while (engine.nowMs < untilMs) {
    engine.nowMs = Math.min(engine.nowMs + stepMs, untilMs);
    const { errors } = await runCompactor(engine);
    assert.deepEqual(errors, []);
    await expire(engine);
  }
}

async function expire({ inner, nowMs }: Engine): Promise<void> {
  for (const item of await itemsOf(inner as MemoryTable))
    if ((item.expiresAtSeconds ?? Number.POSITIVE_INFINITY) * 1000 < nowMs) await inner.delete(item);
}

async function holdersOf({ engine }: DeletingEngine, text = SECRET): Promise<string[]> {
  return itemsWithText(await itemsOf(engine.inner as MemoryTable), text);
}

/** Without series records, which expire in their own time. */
async function lastingHolders(store: DeletingEngine): Promise<string[]> {
  return (await holdersOf(store)).filter((line) => !line.startsWith("kind=series "));
}

describe("labels of deleted series, kept for ever", () => {
  test("are gone from the table within the stated time, and the deletion with them", async () => {
    const store = await newDay();
    assert.ok((await holdersOf(store)).length > 5, "several items have the label");
    await store.delete(OF_ALICE);
    await store.check();
    await pass(store, store.engine.nowMs + LABELS_GONE_MS);
    assert.deepEqual(await lastingHolders(store), []);
    assert.deepEqual((await loadDeletions(store.engine.table, "t", DAY)).all, []);
    await store.check();
    await store.checkItems();
    await pass(store, MIDNIGHT_MS + 40 * DAY_MS);
    assert.deepEqual(await holdersOf(store), []);
  });

  test("stay gone where a call of before the deletion takes effect once the deletion is forgotten", async () => {
    const store = await newDay();
    const { engine } = store;
    const records = await itemsOf(engine.inner as MemoryTable, "S");
    await store.delete(OF_ALICE);
    await pass(store, engine.nowMs + LABELS_GONE_MS);
    const { last, all } = await loadDeletions(engine.table, "t", DAY);
    assert.deepEqual([last, all], [1, []]);
    const { pk, sk, value, expiresAtSeconds } = records[0];
    const late = new Uint8Array(sk);
    late[late.length - 1] ^= 1;
    await engine.table.put({ pk, sk: late, value, ...(expiresAtSeconds && { expiresAtSeconds }) });
    const context = { tenant: "t", day: DAY, retentionMs: 0, clock: engine.clock, randomBytes };
    await markDay(newDayContext({ ...context, table: engine.table }));
    await pass(store, engine.nowMs + 3 * DAY_MS);
    await store.check();
  });

  test("stay in the index while a younger deletion means them too, which warm memories hide them by", async () => {
    const store = await newDay();
    const { engine } = store;
    const indexed = async () =>
      (await loadManifest(engine.table, "t", DAY)).manifest.index.reduce((sum, part) => sum + part.series, 0);
    const before = await indexed();
    const morning = { minTime: MIDNIGHT_MS, maxTime: MIDNIGHT_MS + 3 * HOUR_MS };
    await store.delete({ matchers: [newMatcher("=~", "zone", "alice.+")], ...morning });
    engine.nowMs += UNKNOWN_MS + HOUR_MS;
    await store.delete(OF_ALICE);
    await pass(store, engine.nowMs + 3 * HOUR_MS, HOUR_MS);
    assert.equal(await indexed(), before);
    await pass(store, engine.nowMs + LABELS_GONE_MS);
    assert.ok((await indexed()) < before);
    assert.deepEqual(await lastingHolders(store), []);
  });

  test("stay where a range of the samples was deleted, and these stay hidden, in warm memories too", async () => {
    const store = await newDay();
    await store.check();
    await store.delete({ ...OF_ALICE, minTime: MIDNIGHT_MS, maxTime: MIDNIGHT_MS + 3 * HOUR_MS });
    await pass(store, store.engine.nowMs + LABELS_GONE_MS);
    assert.deepEqual((await loadDeletions(store.engine.table, "t", DAY)).all, []);
    // The memory has what it read before the deletion.
    await store.check();
    assert.notDeepEqual(await lastingHolders(store), []);
  });

  test("stay and count where a writer that knows the series writes it again, at any time", async () => {
    // Around every time at which something is due, with a writer that wrote some days before.
    for (const days of [0, 9.9, 10.5, 13])
      for (const before of [0.1, 6.9]) {
        const store = await newDay();
        await store.delete(OF_ALICE);
        const deletedMs = store.engine.nowMs;
        const append = async (atMs: number, value: number) => {
          await pass(store, atMs);
          await store.append([
            series("cpu", { zone: SECRET, core: "3" }, [MIDNIGHT_MS + 20 * HOUR_MS + value, value]),
          ]);
        };
        await append(deletedMs + days * DAY_MS, 7);
        // Deleted again by another deletion, then written once more with what the writer remembers.
        const evening = { minTime: MIDNIGHT_MS + 20 * HOUR_MS, maxTime: MIDNIGHT_MS + 21 * HOUR_MS };
        await store.delete({ ...OF_ALICE, ...evening });
        await append(deletedMs + (days + before) * DAY_MS, 8);
        await store.check();
        await pass(store, store.engine.nowMs + LABELS_GONE_MS);
        await store.check();
        await store.checkItems();
      }
  });

  test("are gone from an index part that was stored beside one of which nothing was left", async () => {
    const store = new DeletingEngine(new Engine());
    const { engine } = store;
    engine.nowMs += HOUR_MS;
    const secret = (core: string) => series("cpu", { zone: SECRET, core }, [engine.nowMs, 1]);
    await store.append([secret("0")]);
    await engine.compact();
    await store.append([secret("1"), secret("2"), series("cpu", { zone: "x" }, [engine.nowMs, 2])]);
    await engine.compact();
    // As if either were as large as a part may be.
    const stored = await loadManifest(engine.table, "t", DAY);
    assert.equal(stored.manifest.index.length, 2);
    const index = stored.manifest.index.map((part) => ({ ...part, isFull: true as const }));
    const place = { tenant: "t", day: DAY, retentionMs: 0 };
    await replaceManifest(engine.table, place, stored, { ...stored.manifest, index });
    const deleteCores = (cores: string) =>
      store.delete({ matchers: [...OF_ALICE.matchers, newMatcher("=~", "core", cores)], ...ALL_TIME });
    await deleteCores("0|1");
    await pass(store, engine.nowMs + LABELS_GONE_MS);
    await deleteCores("2");
    await pass(store, engine.nowMs + LABELS_GONE_MS);
    assert.deepEqual(await lastingHolders(store), []);
    await store.check();
    await store.checkItems();
  });

  test("are gone whatever call the compactor dies at", async () => {
    const due = [UNKNOWN_MS, READERS_MS + HOUR_MS];
    let died = true;
    for (let call = 1; died; call++) {
      const store = await newDay(2);
      const { engine } = store;
      await store.delete(OF_ALICE);
      await pass(store, engine.nowMs + 2 * HOUR_MS);
      died = false;
      let calls = 0;
      for (const ms of due) {
        engine.nowMs += ms;
        const table = dyingTable(engine.table, () => ++calls === call);
        await compact(table, { ...optionsOf(engine), deadlineMs: Number.POSITIVE_INFINITY }).catch(() => {});
        died ||= calls >= call;
        engine.nowMs += 10 * MINUTE_MS;
      }
      await pass(store, engine.nowMs + LABELS_GONE_MS);
      assert.deepEqual(await lastingHolders(store), [], `died at call ${call}`);
      await store.check();
      await store.checkItems();
    }
  });
});

function optionsOf({ clock }: Engine) {
  return { clock, randomBytes, retentionOf: () => 0, sparseSamples: 0 };
}
