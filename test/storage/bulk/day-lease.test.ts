/** Ids of index parts that an import reserves with a day's lease, while others work on the day. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { DayLease } from "../../../lib/storage/bulk/day-lease.ts";
import { publishDay } from "../../../lib/storage/bulk/publish-day.ts";
import { type DayContext, newDayContext } from "../../../lib/storage/compact/day-context.ts";
import { DayManifest } from "../../../lib/storage/compact/day-manifest.ts";
import { storeIndexPart } from "../../../lib/storage/compact/store-index.ts";
import { IndexEntries } from "../../../lib/storage/index/index-entry.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import type { IndexPart } from "../../../lib/storage/layout/manifest.ts";
import { loadManifest } from "../../../lib/storage/layout/manifest-store.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item } from "../../../lib/storage/table/table.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";

const DAY = dayOf(MIDNIGHT_MS);

/** Others have their turn once, before a manifest is replaced. */
class SharedTable extends MemoryTable {
  othersTurn: (() => Promise<void>) | undefined;

  override async putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    const turn = this.othersTurn;
    this.othersTurn = undefined;
    await turn?.();
    return super.putIfEqual(item, expected);
  }
}

function newContext(table: SharedTable): DayContext {
  const place = { table, tenant: "t", day: DAY, retentionMs: 0 };
  return newDayContext({ ...place, clock: () => MIDNIGHT_MS, randomBytes });
}

function storeSeries(context: DayContext, name: string): Promise<IndexPart[]> {
  return storeIndexPart(context, [new IndexEntries().entryOf([["__name__", name]])]);
}

/** What a compactor does with an index part. */
async function compact(table: SharedTable, name: string, facts = {}): Promise<void> {
  const context = newContext(table);
  const published = new DayManifest(context, await loadManifest(table, "t", DAY));
  assert.ok(await published.lease());
  const stored = await storeSeries(context, name);
  assert.equal(
    await published.publish({ index: [...published.current.index, ...stored], facts }),
    "published",
  );
  await published.endLease();
}

async function publish(context: DayContext, lease: DayLease, index: readonly IndexPart[]): Promise<void> {
  await publishDay(
    context,
    { parts: [], index, series: 1, samples: 0, deletedTo: 0 },
    ["00".repeat(8)],
    lease,
  );
}

test("no two parts have the same id where another takes the day between a look and a lease", async () => {
  const table = new SharedTable();
  await compact(table, "first");
  const context = newContext(table);
  const lease = new DayLease(context);
  table.othersTurn = () => compact(table, "second");
  assert.ok(await lease.hold());
  await publish(context, lease, await storeSeries(context, "imported"));
  const { manifest } = await loadManifest(table, "t", DAY);
  const ids = manifest.index.map(({ id }) => id);
  assert.equal(ids.length, 3);
  assert.equal(new Set(ids).size, 3, ids.join(" "));
});

test("an import that took so long that its index parts may be cleaned away is not published", async () => {
  for (const facts of [
    (before: number) => ({ unindexed: { deletedTo: 1, atMs: MIDNIGHT_MS, before } }),
    (before: number, indexIds: object) => ({ indexIds: { ...indexIds, cleanedTo: before } }),
  ]) {
    const table = new SharedTable();
    await compact(table, "first");
    const context = newContext(table);
    const lease = new DayLease(context);
    assert.ok(await lease.hold());
    const index = await storeSeries(context, "imported");
    // The computer slept, and the lease ran out.
    await lease.release();
    const { indexIds } = (await loadManifest(table, "t", DAY)).manifest.facts;
    const compacted = { ...indexIds!, next: indexIds!.next + 1 };
    await compact(table, "second", facts(compacted.next, compacted));
    const before = await loadManifest(table, "t", DAY);
    await assert.rejects(publish(context, lease, index), {
      kind: "unavailable",
      message: /run the import again/,
    });
    assert.deepEqual(await loadManifest(table, "t", DAY), before);
    // One that is stored afterwards is.
    const later = newContext(table);
    const laterLease = new DayLease(later);
    assert.ok(await laterLease.hold());
    await publish(later, laterLease, await storeSeries(later, "imported"));
  }
});
