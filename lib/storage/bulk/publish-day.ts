/**
 * What was stored of a day counts: a mark for the compactor, the day's item, then the manifest, replaced by compare and
 * swap. Readers see all of it or nothing.
 */
import { HearthError } from "../../model/errors.ts";
import type { DayContext } from "../compact/day-context.ts";
import { withIndexIds } from "../compact/day-manifest.ts";
import { dayExpiryOf, lastingFact } from "../compact/renewal.ts";
import { mayBeCleaned } from "../layout/index-ids.ts";
import { printDay } from "../layout/key-place.ts";
import { dayKey, hourOf, markKey, WRITER_ID_BYTES } from "../layout/keys.ts";
import { type Manifest, NO_LEASE, type Part } from "../layout/manifest.ts";
import { loadManifest, replaceManifest } from "../layout/manifest-store.ts";
import { expiry, markExpiry } from "../layout/retention.ts";
import { ALL_SERIES } from "../layout/shard.ts";
import { markStale } from "../rollups/mark-stale.ts";
import type { BulkDay } from "./bulk-day.ts";
import type { DayLease } from "./day-lease.ts";

/** A compactor replaces the manifest of a day once in some seconds. */
const MAX_ATTEMPTS = 20;

/** Tells the compactor of the day, before anything is stored of it and again once it counts. Throws "unavailable". */
export async function markDay({
  table,
  tenant,
  day,
  retentionMs,
  clock,
  randomBytes,
}: DayContext): Promise<void> {
  const nowMs = clock();
  const key = markKey({ hourMs: hourOf(nowMs), day, tenant });
  await table.put({ ...key, value: randomBytes(WRITER_ID_BYTES), ...markExpiry(nowMs, day, retentionMs) });
}

/** Stores the day's item, by which readers know the day. Throws "unavailable". */
export async function nameDay({ table, tenant, day, retentionMs }: DayContext): Promise<void> {
  await table.put({
    ...dayKey(tenant, day, ALL_SERIES.bits),
    value: new Uint8Array(0),
    ...expiry(day, retentionMs),
  });
}

/** What was stored of a day, and the number of the last deletion that does not concern it: all later ones do. */
export interface PublishedDay extends BulkDay {
  readonly deletedTo: number;
}

/** `digests`: what the day's samples were imported from; a manifest that has them all is left as it is. Gives `lease` back. */
export async function publishDay(
  context: DayContext,
  stored: PublishedDay,
  digests: readonly string[],
  lease: DayLease,
): Promise<void> {
  const { table, tenant, day } = context;
  await markStale(table, tenant, day);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const previous = await loadManifest(context.table, context.tenant, context.day);
    const { manifest } = previous;
    if (isImported(manifest, digests)) {
      // Perhaps by the attempt before, whose answer was lost.
      if (attempt > 0) await callCompactor(context);
      return;
    }
    expectKept(context.day, manifest, stored);
    expectNoChunks(context.day, manifest, stored);
    const isHeld = manifest.lease.owner === lease.owner;
    const added = {
      ...withDay(context, manifest, stored, digests),
      lease: isHeld ? NO_LEASE : manifest.lease,
    };
    const next = withIndexIds(manifest, added, context.clock());
    if ((await replaceManifest(context.table, context, previous, next)) !== undefined) {
      await callCompactor(context);
      return;
    }
  }
  throw new HearthError(
    "unavailable",
    `import: the manifest of ${printDay(context.day)} was replaced ${MAX_ATTEMPTS} times by others; run the import again`,
  );
}

/** Once a day's samples count: rows that were made meanwhile may lack them. */
async function callCompactor(context: DayContext): Promise<void> {
  await markStale(context.table, context.tenant, context.day);
  await markDay(context);
}

/** An import that slept for a day comes too late: throws "unavailable" where its index may have been cleaned away. */
function expectKept(day: number, { facts }: Manifest, { index }: BulkDay): void {
  if (!index.some(({ id }) => mayBeCleaned(facts.indexIds, facts.unindexed, id))) return;
  throw new HearthError(
    "unavailable",
    `import: deletions were carried out in ${printDay(day)} meanwhile, and took unfinished imports for dead; run the import again`,
  );
}

/** Readers put runs over chunks whatever their order: throws "unavailable" where a compactor, beside a lost lease, made chunks of a run's bucket. */
function expectNoChunks(day: number, manifest: Manifest, { parts }: BulkDay): void {
  const chunked = new Set(manifest.parts.filter(({ kind }) => kind === "chunks").map(({ bucket }) => bucket));
  if (!parts.some(({ kind, bucket }) => kind === "run" && chunked.has(bucket))) return;
  throw new HearthError(
    "unavailable",
    `import: ${printDay(day)} was compacted meanwhile, and what is stored must win; run the import again`,
  );
}

/** Whether a day has all of it already. */
export function isImported({ facts }: Pick<Manifest, "facts">, digests: readonly string[]): boolean {
  const known = new Set(facts.imported);
  return digests.every((digest) => known.has(digest));
}

function withDay(
  context: DayContext,
  manifest: Manifest,
  { deletedTo, ...stored }: PublishedDay,
  digests: readonly string[],
): Omit<Manifest, "generation"> {
  const createdMs = context.clock();
  const parts = stored.parts.map(
    (part): Part => ({ ...part, createdMs, ...(deletedTo > 0 && { deletedTo }) }),
  );
  return {
    ...manifest,
    // Of two parts of a bucket the later wins where both have a sample: what was written counts over what is imported.
    parts: [...parts, ...manifest.parts],
    index: [...manifest.index, ...stored.index],
    facts: {
      ...manifest.facts,
      settledMarks: undefined,
      imported: [...new Set([...manifest.facts.imported, ...digests])],
      ...lastingFact(manifest, dayExpiryOf(context)),
    },
  };
}
