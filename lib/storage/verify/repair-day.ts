/**
 * Mends what a walk through a day has found. Nothing is thrown away without `acceptsLoss`: then parts are stored again
 * without what is damaged or missing in them, and what is in quarantine is no longer warned of.
 */
import { HearthError } from "../../model/errors.ts";
import type { RandomBytes } from "../../model/random-bytes.ts";
import type { Clock } from "../../model/time.ts";
import { newDayContext, newId } from "../compact/day-context.ts";
import { LEASE_MS, withIndexIds } from "../compact/day-manifest.ts";
import { storeIndexPart } from "../compact/store-index.ts";
import { IndexEntries } from "../index/index-entry.ts";
import { placeOfKey } from "../layout/key-place.ts";
import { dayKey } from "../layout/keys.ts";
import { type Manifest, NO_LEASE, type Part } from "../layout/manifest.ts";
import { loadManifest, replaceManifest } from "../layout/manifest-store.ts";
import { expiry, isDayPast } from "../layout/retention.ts";
import { monthOf } from "../layout/rollup-keys.ts";
import { markStale } from "../rollups/mark-stale.ts";
import { loadRollupManifest } from "../rollups/rollup-store.ts";
import type { Key, Table } from "../table/table.ts";
import type { Finding, VerifiedDay } from "./finding.ts";
import { findSeriesToIndex, withoutErasure } from "./index-again.ts";
import { rewritePart } from "./rewrite-part.ts";
import { hasRecords, LEVELS_BITS } from "./verify-day.ts";
import { readIndexSeries } from "./verify-index.ts";

export interface RepairOptions {
  readonly table: Table;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly acceptsLoss: boolean;
}

export interface Repair {
  readonly finding: Finding;
  /** What was done; undefined: nothing could be. */
  readonly done: string | undefined;
  /** What would mend it. */
  readonly advice: string;
}

const ACCEPT = "--accept-loss stores the part again without it";
const NOTHING = "nothing can bring it back";

/** `findings`: of this day, just made. Throws "unavailable" when a compaction came between; it should run again. */
export async function repairDay(
  options: RepairOptions,
  day: VerifiedDay,
  findings: readonly Finding[],
): Promise<Repair[]> {
  const repairs: Repair[] = [];
  const note = (finding: Finding, done: string | undefined, advice = "") =>
    repairs.push({ finding, done, advice });
  const brokenParts = new Set<string>();
  let isSetAside = false;
  for (const finding of findings) {
    switch (finding.problem) {
      case "early expiry":
      case "no expiry":
        note(finding, await recordExpiry(options.table, day, finding.key!));
        break;
      case "missing day item":
        note(finding, await putDayItems(options.table, day));
        break;
      case "unindexed series":
        repairs.push({ finding, ...(await indexRecordedSeries(options, day, finding.series ?? [])) });
        break;
      case "damaged item":
      case "missing item":
      case "wrong count":
        if (finding.part === undefined) note(finding, await removeDamaged(options, day, finding), NOTHING);
        else {
          brokenParts.add(finding.part);
          note(finding, options.acceptsLoss ? "its part is stored again without it" : undefined, ACCEPT);
        }
        break;
      case "damaged rows":
        note(finding, await remakeRows(options.table, day, finding.part), "their samples are past retention");
        break;
      case "quarantine":
      case "held bucket":
        isSetAside = true;
        note(
          finding,
          options.acceptsLoss ? "no longer warned of" : undefined,
          "--accept-loss ends the warning",
        );
        break;
      case "damaged manifest":
        note(finding, undefined, "restore its item from a backup (docs/operate.md), or wait for TTL");
    }
  }
  if (options.acceptsLoss && (isSetAside || brokenParts.size > 0))
    await acceptLoss(options, day, brokenParts);
  return repairs;
}

/** The compactor makes rows again of samples that are kept. */
async function remakeRows(
  table: Table,
  { tenant, day, retentionMs, nowMs }: VerifiedDay,
  id: string | undefined,
): Promise<string | undefined> {
  if (id === undefined) return undefined;
  const { manifest } = await loadRollupManifest(table, tenant, monthOf(day));
  const days = manifest.parts.find((part) => part.id === id)?.days ?? [];
  const kept = days.filter((one) => !isDayPast(one, nowMs, retentionMs));
  for (const one of kept) await markStale(table, tenant, one);
  return kept.length === 0 ? undefined : `the next sweep makes the rows of ${kept.length} days again`;
}

/** Items of parts are immutable, so one can be stored again as it is. Manifests get theirs with the next compaction. */
async function recordExpiry(
  table: Table,
  { day, retentionMs }: VerifiedDay,
  key: Key,
): Promise<string | undefined> {
  const { kind } = placeOfKey(key);
  if (kind === "manifest") return undefined;
  const item = await table.get(key, { consistent: true });
  if (item === undefined) return undefined;
  const { pk, sk, value } = item;
  await table.put({ pk, sk, value, ...expiry(day, retentionMs) });
  return "its expiry is that of the day";
}

async function putDayItems(table: Table, { tenant, day, retentionMs }: VerifiedDay): Promise<string> {
  const levels: number[] = [];
  for (const bits of LEVELS_BITS) {
    for (let prefix = 0; prefix < 2 ** bits; prefix++) {
      if (!(await hasRecords(table, tenant, day, { bits, prefix }))) continue;
      levels.push(bits);
      break;
    }
  }
  // A day whose log is gone is found by any.
  if (levels.length === 0) levels.push(LEVELS_BITS[0]);
  for (const bits of levels)
    await table.put({ ...dayKey(tenant, day, bits), value: new Uint8Array(0), ...expiry(day, retentionMs) });
  return `stored again, of ${levels.map((bits) => 2 ** bits).join(", ")} shards`;
}

/** Puts series into an index part of their own, as far as their series records are left and no deletion has taken them. */
async function indexRecordedSeries(
  options: RepairOptions,
  day: VerifiedDay,
  hashes: readonly string[],
): Promise<Omit<Repair, "finding">> {
  const entries = new IndexEntries();
  const context = newDayContext({ ...options, ...day });
  const { manifest } = await loadManifest(options.table, day.tenant, day.day);
  const { labels, deleted, deletions } = await findSeriesToIndex(options.table, day, manifest.parts, hashes);
  const left = deleted === 0 ? "" : `; ${deleted} stay out, since they were deleted`;
  if (labels.length === 0) return { done: undefined, advice: `${NOTHING}${left}` };
  await changeManifest(options, day, async (current) => {
    const added = await storeIndexPart(
      context,
      labels.map((one) => entries.entryOf(one)),
    );
    const parts = withoutErasure(current.parts, deletions);
    return { ...current, parts, index: [...current.index, ...added] };
  });
  return { done: `${labels.length} series are indexed again, from their series records${left}`, advice: "" };
}

/** A damaged record or day item: a copy goes to quarantine, so that nothing is lost, and the item goes. */
async function removeDamaged(
  options: RepairOptions,
  day: VerifiedDay,
  { key, problem }: Finding,
): Promise<string | undefined> {
  if (key === undefined || problem !== "damaged item") return undefined;
  const { kind } = placeOfKey(key);
  const context = newDayContext({ ...options, ...day });
  let isDamaged = false;
  const range = { pk: key.pk, first: key.sk, last: key.sk };
  const onDamage = (item: Parameters<typeof context.quarantine.add>[0], reason: string) => {
    isDamaged = true;
    context.quarantine.add(item, reason);
  };
  for await (const _page of options.table.query(range, { consistent: true, onDamage }));
  if (!isDamaged) return undefined;
  await context.quarantine.store();
  if (kind === "day") {
    const { pk, sk } = key;
    await options.table.put({ pk, sk, value: new Uint8Array(0), ...expiry(day.day, day.retentionMs) });
    return "stored again";
  }
  await options.table.delete(key);
  const stored = context.quarantine.stored;
  if (stored > 0)
    await changeManifest(options, day, async (manifest) => ({
      ...manifest,
      facts: { ...manifest.facts, quarantined: manifest.facts.quarantined + stored },
    }));
  return "moved to quarantine; answers warn of it";
}

async function acceptLoss(
  options: RepairOptions,
  day: VerifiedDay,
  broken: ReadonlySet<string>,
): Promise<void> {
  await changeManifest(options, day, async (manifest) => {
    const parts: Part[] = [];
    for (const part of manifest.parts) {
      const next = broken.has(part.id)
        ? await rewritePart(options.table, day, part, newId(options.randomBytes))
        : part;
      if (next !== undefined) parts.push(next);
    }
    const index = manifest.index.some(({ id }) => broken.has(id))
      ? await rewrittenIndex(options, day, manifest, broken)
      : manifest.index;
    return { ...manifest, parts, index, facts: { ...manifest.facts, quarantined: 0, held: [] } };
  });
}

/** The index with what can be read of broken parts, as parts in their place. */
async function rewrittenIndex(
  options: RepairOptions,
  day: VerifiedDay,
  { index }: Manifest,
  broken: ReadonlySet<string>,
): Promise<Manifest["index"]> {
  const entries = new IndexEntries();
  const found = [];
  for (const part of index.filter(({ id }) => broken.has(id)))
    for (const labels of await readIndexSeries(options.table, day, part)) found.push(entries.entryOf(labels));
  const parts = await storeIndexPart(newDayContext({ ...options, ...day }), found);
  return [...index.filter(({ id }) => !broken.has(id)), ...parts];
}

/**
 * Replaces the manifest. Meanwhile the day has a lease: compaction waits, and gc leaves alone the parts that `change` stores before
 * a manifest names them. Throws "unavailable".
 */
async function changeManifest(
  { table, clock, randomBytes }: RepairOptions,
  day: VerifiedDay,
  change: (manifest: Manifest) => Promise<Manifest>,
): Promise<void> {
  const stored = await loadManifest(table, day.tenant, day.day);
  if (stored.manifest.lease.untilMs > day.nowMs)
    throw new HearthError(
      "unavailable",
      "repair: a compaction works on this day; try again in a few minutes",
    );
  const lease = { owner: newId(randomBytes), untilMs: clock() + LEASE_MS };
  const leased = await replaceManifest(table, day, stored, { ...stored.manifest, lease });
  if (leased === undefined) throw cameBetween();
  const end = (manifest: Manifest) => replaceManifest(table, day, leased, { ...manifest, lease: NO_LEASE });
  let next: Manifest;
  try {
    next = await change(leased.manifest);
  } catch (error) {
    await end(leased.manifest);
    throw error;
  }
  if ((await end(withIndexIds(leased.manifest, next, clock()))) === undefined) throw cameBetween();
}

function cameBetween(): HearthError {
  return new HearthError("unavailable", "repair: a compaction came between; run it again");
}
