/** The order of a day's parts: what was written counts over what is imported. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { DayLease } from "../../../lib/storage/bulk/day-lease.ts";
import { publishDay } from "../../../lib/storage/bulk/publish-day.ts";
import { newDayContext } from "../../../lib/storage/compact/day-context.ts";
import { DayManifest } from "../../../lib/storage/compact/day-manifest.ts";
import { dayOf } from "../../../lib/storage/layout/keys.ts";
import type { Part } from "../../../lib/storage/layout/manifest.ts";
import { loadManifest } from "../../../lib/storage/layout/manifest-store.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";

const DAY = dayOf(MIDNIGHT_MS);

test("an imported run comes before a run of its bucket, though another bucket has chunks by now", async () => {
  const table = new MemoryTable();
  const place = { table, tenant: "t", day: DAY, retentionMs: 0, clock: () => MIDNIGHT_MS, randomBytes };
  const context = newDayContext(place);
  const published = new DayManifest(context, await loadManifest(table, "t", DAY));
  assert.ok(await published.lease());
  const written = [part("run", 2), part("chunks", 1)];
  assert.equal(await published.publish({ parts: written }), "published");
  await published.endLease();
  const imported = [part("run", 2), part("run", 0)];
  const stored = { parts: imported, index: [], series: 1, samples: 2, deletedTo: 0 };
  await publishDay(context, stored, ["00".repeat(8)], new DayLease(context));
  const { parts } = (await loadManifest(table, "t", DAY)).manifest;
  const inBucket = parts.filter(({ bucket }) => bucket === 2).map(({ id }) => id);
  assert.deepEqual(inBucket, [imported[0].id, written[0].id]);
});

function part(kind: Part["kind"], bucket: number): Part {
  const id = randomBytes(8).toString("hex");
  const times = { createdMs: MIDNIGHT_MS, minTime: MIDNIGHT_MS, maxTime: MIDNIGHT_MS };
  return { kind, id, bucket, shardBits: 0, samples: 1, ...times };
}
