/**
 * What a sweep looks at beside the marks, tenant by tenant: days whose marks have gone before they were settled, and all days
 * once retention has grown, since their items leave too early.
 */
import { errorKind } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { deletionsOf } from "../deletion/deletion-store.ts";
import {
  dayStatesRange,
  daysRange,
  isDeletionsSortKey,
  manifestsRange,
  parseDaySortKey,
  parseManifestSortKey,
} from "../layout/keys.ts";
import { decodeManifest, type Manifest } from "../layout/manifest.ts";
import { isDayPast, type RetentionMs } from "../layout/retention.ts";
import { parseSweptSortKey, sweptKey, sweptRange } from "../layout/tenant-keys.ts";
import { loadAllRollupMonths } from "../rollups/rollup-months.ts";
import { isFresh } from "../rollups/row-deletions.ts";
import type { Item, Key, Table } from "../table/table.ts";
import { planUnindexing } from "./erasing/plan-unindexing.ts";
import { canRoll, planRolling } from "./rollups/plan-rollups.ts";

/** The days that keys can have. */
const [FIRST_DAY, LAST_DAY] = [-(2 ** 31), 2 ** 31 - 1];

/** With which retention each tenant's days were looked at last. */
export async function loadSweptRetentions(table: Table): Promise<Map<string, RetentionMs>> {
  const swept = new Map<string, RetentionMs>();
  // Nothing is known of a tenant whose item is damaged: its days are looked at.
  const onDamage = () => {};
  for await (const page of table.query(sweptRange(), { consistent: true, onDamage }))
    for (const { sk, value } of page)
      swept.set(parseSweptSortKey(sk), new ByteReader(value, "swept tenant").readVarint());
  return swept;
}

export async function storeSweptRetention(table: Table, tenant: string, retentionMs: RetentionMs) {
  const value = new ByteWriter().writeVarint(retentionMs).finish();
  await table.put({ ...sweptKey(tenant), value });
}

/** Whether more is kept now; a retention of 0 is for ever. */
export function hasGrown(before: RetentionMs | undefined, now: RetentionMs): boolean {
  if (before === undefined) return true;
  return before !== 0 && (now === 0 || now > before);
}

/** Days of a tenant that are not past retention and have something left to do. */
export interface UnfinishedDays {
  /** They have samples or a manifest, and were never settled. */
  readonly unsettled: readonly number[];
  /** They are settled; their hourly rows are missing or stale. */
  readonly unrolled: readonly number[];
  /** They are settled; their index has series of which deletions have left nothing. */
  readonly undeleted: readonly number[];
}

export async function listUnfinishedDays(
  table: Table,
  tenant: string,
  retentionMs: RetentionMs,
  rollupRetentionMs: RetentionMs,
  nowMs: number,
): Promise<UnfinishedDays> {
  const unsettled = new Set<number>();
  const unrolled = new Set<number>();
  const undeleted = new Set<number>();
  const add = ({ sk }: Key) => unsettled.add(parseDaySortKey(sk).day);
  for await (const page of table.query(daysRange(tenant, FIRST_DAY, LAST_DAY), { onDamage: add }))
    page.forEach(add);
  // A damaged manifest says nothing of its day.
  const onDamage = () => {};
  const fresh = await listFreshDays(table, tenant);
  let latest: { readonly day: number; readonly manifest: Manifest | undefined } | undefined;
  for await (const page of table.query(dayStatesRange(tenant, FIRST_DAY, LAST_DAY), { onDamage }))
    for (const item of page) {
      const day = parseManifestSortKey(item.sk);
      if (isDeletionsSortKey(item.sk)) {
        const manifest = latest?.day === day ? latest.manifest : undefined;
        if (manifest && isUnindexingDue(manifest, item, day, nowMs)) undeleted.add(day);
        continue;
      }
      const manifest = decodeOrNone(item.value);
      latest = { day, manifest };
      if (manifest === undefined) continue;
      if (manifest.facts.settledMarks === undefined) {
        // TTL may have taken its item under a shorter retention.
        unsettled.add(day);
        continue;
      }
      unsettled.delete(day);
      const place = { day, retentionMs, rollupRetentionMs };
      const isDue = !fresh.has(day) || planRolling(manifest, place, nowMs) !== undefined;
      if (isDue && canRoll(manifest, place, nowMs)) unrolled.add(day);
    }
  const isKept = (day: number) => !isDayPast(day, nowMs, retentionMs);
  return {
    unsettled: [...unsettled].filter(isKept),
    unrolled: [...unrolled].filter(isKept),
    undeleted: [...undeleted].filter(isKept),
  };
}

/** Damaged deletions say nothing: whoever compacts the day reports them. */
function isUnindexingDue(manifest: Manifest, deletions: Item, day: number, nowMs: number): boolean {
  try {
    return planUnindexing(manifest, deletionsOf(deletions), day, nowMs) !== undefined;
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return false;
  }
}

/** Days whose hourly rows count. */
async function listFreshDays(table: Table, tenant: string): Promise<Set<number>> {
  const fresh = new Set<number>();
  const note = () => {};
  for (const { manifest, deletions } of (await loadAllRollupMonths(table, tenant, note)).values())
    for (const day of manifest.days) if (isFresh(day, deletions)) fresh.add(day.day);
  return fresh;
}

function decodeOrNone(value: Uint8Array): Manifest | undefined {
  try {
    return decodeManifest(value);
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return undefined;
  }
}

/** All compacted days of a tenant that are not past retention. */
export async function listCompactedDays(
  table: Table,
  tenant: string,
  retentionMs: RetentionMs,
  nowMs: number,
): Promise<number[]> {
  const days: number[] = [];
  const add = ({ sk }: Key) => days.push(parseManifestSortKey(sk));
  for await (const page of table.query(manifestsRange(tenant, FIRST_DAY, LAST_DAY), { onDamage: add }))
    page.forEach(add);
  return days.filter((day) => !isDayPast(day, nowMs, retentionMs));
}
