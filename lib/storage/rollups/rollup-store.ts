/** Manifests of months of rows in the table, read whole and replaced whole. */
import { errorKind, errorMessage, HearthError } from "../../model/errors.ts";
import { type DayDeletions, NO_DELETIONS } from "../deletion/deletion.ts";
import { deletionsOf } from "../deletion/deletion-store.ts";
import {
  isRowDeletionsSortKey,
  monthOf,
  parseRollupManifestSortKey,
  rollupManifestKey,
  rollupMonthsRange,
} from "../layout/rollup-keys.ts";
import type { NoteDamage } from "../layout/verified-table.ts";
import { damaged } from "../layout/verified-table.ts";
import type { Item, KeyRange, Table } from "../table/table.ts";
import {
  decodeRollupManifest,
  EMPTY_ROLLUP_MANIFEST,
  encodeRollupManifest,
  type RollupManifest,
} from "./rollup-manifest.ts";

export interface StoredRollupManifest {
  readonly manifest: RollupManifest;
  readonly bytes: Uint8Array | undefined;
}

export async function loadRollupManifest(
  table: Table,
  tenant: string,
  month: number,
): Promise<StoredRollupManifest> {
  const item = await table.get(rollupManifestKey(tenant, month), { consistent: true });
  if (item === undefined) return { manifest: EMPTY_ROLLUP_MANIFEST, bytes: undefined };
  return { manifest: decode(item), bytes: item.value };
}

/** Throws "data", naming the tenant. */
function decode(item: Item): RollupManifest {
  try {
    return decodeRollupManifest(parseRollupManifestSortKey(item.sk), item.value);
  } catch (error) {
    throw errorKind(error) === "data" ? damaged(item, errorMessage(error)) : error;
  }
}

/** What the table says of a month's rows. */
export interface RollupMonth {
  readonly manifest: RollupManifest;
  /** What was deleted of them (lib/storage/rollups/row-deletions.ts). */
  readonly deletions: DayDeletions;
}

/** The months of days `first..last` (inclusive). One of which an item is damaged is noted, and left out. */
export function loadRollupMonths(
  table: Table,
  tenant: string,
  first: number,
  last: number,
  signal?: AbortSignal,
  note?: NoteDamage,
): Promise<Map<number, RollupMonth>> {
  return loadRange(table, rollupMonthsRange(tenant, monthOf(first), monthOf(last)), note, signal);
}

/** All months of a tenant, likewise. */
export function loadAllRollupMonths(
  table: Table,
  tenant: string,
  note?: NoteDamage,
): Promise<Map<number, RollupMonth>> {
  return loadRange(table, { pk: rollupManifestKey(tenant, 0).pk }, note);
}

/** One month; an empty one if there is none. Throws "data". */
export async function loadRollupMonth(table: Table, tenant: string, month: number): Promise<RollupMonth> {
  const found = await loadRange(table, rollupMonthsRange(tenant, month, month), undefined);
  return found.get(month) ?? { manifest: EMPTY_ROLLUP_MANIFEST, deletions: NO_DELETIONS };
}

async function loadRange(
  table: Table,
  range: KeyRange,
  note: NoteDamage | undefined,
  signal?: AbortSignal,
): Promise<Map<number, RollupMonth>> {
  const months = new Map<number, { manifest: RollupManifest; deletions: DayDeletions }>();
  const damagedMonths = new Set<number>();
  const onDamage =
    note &&
    ((item: Item, reason: string) => {
      damagedMonths.add(parseRollupManifestSortKey(item.sk));
      note(item, reason);
    });
  for await (const page of table.query(range, { consistent: true, signal, onDamage }))
    for (const item of page) {
      const month = parseRollupManifestSortKey(item.sk);
      const known = months.get(month) ?? { manifest: EMPTY_ROLLUP_MANIFEST, deletions: NO_DELETIONS };
      months.set(month, known);
      try {
        if (isRowDeletionsSortKey(item.sk)) known.deletions = deletionsOf(item);
        else known.manifest = decode(item);
      } catch (error) {
        if (onDamage === undefined || errorKind(error) !== "data") throw error;
        onDamage(item, errorMessage(error));
      }
    }
  // Answers must not show what a deletion hides that nobody can read.
  for (const month of damagedMonths) months.delete(month);
  return months;
}

/** Replaces a manifest if it is still `previous`. Returns the stored one, or undefined if another came first. */
export async function replaceRollupManifest(
  table: Table,
  tenant: string,
  month: number,
  previous: StoredRollupManifest,
  next: Omit<RollupManifest, "generation">,
): Promise<StoredRollupManifest | undefined> {
  const manifest = { ...next, generation: previous.manifest.generation + 1 };
  const value = encodeRollupManifest(month, manifest);
  const expires = next.expiresAtSeconds === 0 ? {} : { expiresAtSeconds: next.expiresAtSeconds };
  const item = { ...rollupManifestKey(tenant, month), value, ...expires };
  const isStored =
    previous.bytes === undefined
      ? await table.putIfAbsent(item)
      : await table.putIfEqual(item, previous.bytes);
  return isStored ? { manifest, bytes: value } : undefined;
}

/** Tries of a change that others come before. */
const MAX_TRIES = 20;

/**
 * Changes a month's manifest, again and again until nobody comes before. `change` returns undefined
 * where nothing is to be changed. Throws "unavailable" after `MAX_TRIES`.
 */
export async function changeRollupManifest(
  table: Table,
  tenant: string,
  month: number,
  change: (manifest: RollupManifest) => Omit<RollupManifest, "generation"> | undefined,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const stored = await loadRollupManifest(table, tenant, month);
    const next = change(stored.manifest);
    if (next === undefined) return;
    if ((await replaceRollupManifest(table, tenant, month, stored, next)) !== undefined) return;
  }
  throw new HearthError(
    "unavailable",
    `rollup manifest: ${MAX_TRIES} changes in a row came after another's; try again tenant=${tenant}`,
  );
}
