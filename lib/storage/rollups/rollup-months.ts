/** Months of rows as readers need them: manifests with what is deleted of their rows. */
import { errorKind, errorMessage } from "../../model/errors.ts";
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
import type { Item, KeyRange, Table } from "../table/table.ts";
import { EMPTY_ROLLUP_MANIFEST, type RollupManifest } from "./rollup-manifest.ts";
import { manifestOf } from "./rollup-store.ts";
import { isFresh } from "./row-deletions.ts";

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
        else known.manifest = manifestOf(item);
      } catch (error) {
        if (onDamage === undefined || errorKind(error) !== "data") throw error;
        onDamage(item, errorMessage(error));
      }
    }
  // Answers must not show what a deletion hides that nobody can read.
  for (const month of damagedMonths) months.delete(month);
  return months;
}

/** Whether a day has rows that are those of its samples. */
export async function hasFreshRows(table: Table, tenant: string, day: number): Promise<boolean> {
  const { manifest, deletions } = await loadRollupMonth(table, tenant, monthOf(day));
  return manifest.days.some((one) => one.day === day && isFresh(one, deletions));
}
