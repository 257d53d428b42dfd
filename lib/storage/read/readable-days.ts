/** Which days a range has, and their manifests: what a reader reads before anything else of them. */
import type { Lookup } from "../../model/selection.ts";
import { type Clock, SECOND_MS, type TimeRange } from "../../model/time.ts";
import type { ReaderMemory } from "../cache/reader-memory.ts";
import { deletionsOf } from "../deletion/deletion-store.ts";
import type { DamageReports } from "../layout/damage-reports.ts";
import { listDays } from "../layout/day-shards.ts";
import { dayOf, QUARANTINE_HASH_BYTES, quarantineKey } from "../layout/keys.ts";
import { EMPTY_MANIFEST, type Manifest } from "../layout/manifest.ts";
import { loadDayStates } from "../layout/manifest-store.ts";
import { ALL_SHARDS, type Shard } from "../layout/shard.ts";
import { throwDamaged } from "../layout/verified-table.ts";
import type { Table } from "../table/table.ts";
import type { ReadableDay } from "./selected-series.ts";

export interface DaysOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly damage?: DamageReports | undefined;
  /** Default: nothing is remembered. */
  readonly memory?: Pick<ReaderMemory, "manifests"> | undefined;
}

export async function listReadableDays(
  table: Table,
  options: DaysOptions,
  range: TimeRange,
  signal?: AbortSignal,
  { maxDays = Number.POSITIVE_INFINITY, onOmittedDays }: Partial<Lookup> = {},
): Promise<ReadableDay[]> {
  if (range.minTime > range.maxTime) return [];
  const { tenant, memory } = options;
  const [earliest, last] = [dayOf(range.minTime), dayOf(range.maxTime)];
  const statesFrom = (first: number) =>
    loadDayStates(table, tenant, first, last, signal, memory?.manifests.decode);
  const listing = listDays(table, tenant, earliest, last, signal);
  // A user waits for calls in a row: the manifests of all days are asked for without knowing which there are.
  const early = Number.isFinite(maxDays) ? undefined : statesFrom(earliest);
  early?.catch(() => {});
  const listed = await listing;
  if (listed.size === 0) return [];
  const days = [...listed].slice(-maxDays);
  if (days.length < listed.size) onOmittedDays?.(listed.size - days.length);
  // Of a day without an item its manifest tells, so those of the whole range are asked for.
  const states = await (early ?? statesFrom(days.length < listed.size ? days[0][0] : earliest));
  const { manifests } = states;
  addHiddenDays(options, manifests, days);
  return days.map(([day, shards]) => {
    const stored = manifests.get(day) ?? EMPTY_MANIFEST;
    // TTL takes what it names in no order: of a day that leaves, none of it counts.
    const manifest = isLeaving(options, stored) ? EMPTY_MANIFEST : stored;
    noteQuarantine(options, day, manifest);
    return { day, shards, manifest, deletions: deletionsOf(states.deletions.get(day)) };
  });
}

/**
 * Adds days that have parts and no day item: it is gone, or has left after a retention that was shorter. Nothing is
 * missing: their records are looked for in every shard. Of a day whose parts leave by TTL too, nothing is left.
 */
function addHiddenDays(
  options: DaysOptions,
  manifests: ReadonlyMap<number, Manifest>,
  days: [number, readonly Shard[]][],
): void {
  const listed = new Set(days.map(([day]) => day));
  for (const [day, manifest] of manifests) {
    const hasParts = manifest.parts.length + manifest.index.length > 0;
    if (hasParts && !listed.has(day) && !isLeaving(options, manifest)) days.push([day, ALL_SHARDS]);
  }
  days.sort(([a], [b]) => a - b);
}

/** Whether the expiry has passed that a day was stored with, under a retention that was shorter. */
function isLeaving({ clock }: DaysOptions, { facts: { expiresAtSeconds = 0 } }: Manifest): boolean {
  return expiresAtSeconds !== 0 && expiresAtSeconds * SECOND_MS <= clock();
}

function noteQuarantine(
  { tenant, damage }: DaysOptions,
  day: number,
  { facts: { quarantined } }: Manifest,
): void {
  if (quarantined === 0) return;
  const key = quarantineKey(tenant, day, new Uint8Array(QUARANTINE_HASH_BYTES), 0);
  (damage?.note ?? throwDamaged)(key, `items in quarantine: ${quarantined}`);
}
