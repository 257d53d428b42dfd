/**
 * Deletions of a month's rows, kept as those of a day's samples are (lib/storage/deletion), beside the
 * month's manifest. Each has a number; a day's `deletedTo` says which of them its rows know. A day that has
 * others, and whose samples are kept, is read from these. Where the samples have expired, rows are hidden.
 *
 * A row cannot be divided: it is hidden if any of its hour's samples may lie in the deleted range.
 */
import type { Clock } from "../../model/time.ts";
import { DAY_MS } from "../../model/time.ts";
import { type DayDeletions, type Deletion, encodeDeletions, overlaps } from "../deletion/deletion.ts";
import { addDeletionTo, deletionsOf, type NewDeletion } from "../deletion/deletion-store.ts";
import { firstDayOf, rowDeletionsKey } from "../layout/rollup-keys.ts";
import type { Table } from "../table/table.ts";
import type { RowChoice } from "./assemble-rows.ts";
import type { RolledDay, RollupManifest, RowHiding } from "./rollup-manifest.ts";

/** Each stays for some days, until it is carried out. Queries read the item with the manifest. */
const MONTH_LIMITS = { count: 2_000, bytes: 128 * 1024 };
/** Whoever makes rows without knowing a deletion has ended by then. */
const MAKERS_MS = DAY_MS;

/** Stores a deletion of a month's rows. Throws "too large" where the month has too many, "unavailable". */
export async function addRowDeletion(
  place: {
    readonly table: Table;
    readonly tenant: string;
    readonly month: number;
    readonly clock: Clock;
  },
  deletion: NewDeletion,
): Promise<void> {
  const { table, tenant, month, clock } = place;
  const from = new Date(firstDayOf(month) * DAY_MS).toISOString().slice(0, 7);
  // Numbers in the manifest count from this item, so it stays, however small.
  await addDeletionTo(table, deletion, {
    key: rowDeletionsKey(tenant, month),
    of: `the hourly rows of ${from} of tenant ${tenant}`,
    limits: MONTH_LIMITS,
    expiresAtSeconds: undefined,
    clock,
  });
}

/** What is deleted of a day's rows and still in them. */
export function pendingDeletions(
  { all }: DayDeletions,
  { day, deletedTo = 0 }: RolledDay,
): readonly Deletion[] {
  if (all.length === 0) return all;
  const wholeDay = { minTime: day * DAY_MS, maxTime: (day + 1) * DAY_MS - 1 };
  return all.filter((one) => one.number > deletedTo && overlaps(one, wholeDay));
}

/** Whether a day's rows are those of its samples: nothing changed these since, and nothing was deleted. */
export function isFresh(day: RolledDay, deletions: DayDeletions): boolean {
  return !day.isStale && pendingDeletions(deletions, day).length === 0;
}

export const NOTHING_HIDDEN: RowHiding = { deletions: [], deletedTo: new Map() };

/** What deletions hide of the rows of some days. */
export function hidingOf(
  { days }: Pick<RollupManifest, "days">,
  deletions: DayDeletions,
  isWanted: (day: number) => boolean,
): RowHiding {
  if (deletions.all.length === 0) return NOTHING_HIDDEN;
  const wanted = days.filter(({ day }) => isWanted(day));
  const pending = new Set(wanted.flatMap((day) => pendingDeletions(deletions, day)));
  if (pending.size === 0) return NOTHING_HIDDEN;
  return {
    deletions: deletions.all.filter((one) => pending.has(one)),
    deletedTo: new Map(wanted.map(({ day, deletedTo = 0 }) => [day, deletedTo])),
  };
}

/** `RowChoice.isHidden` for a series that `deletions` mean. */
export function hidingBy(deletions: readonly Deletion[], { deletedTo }: RowHiding): RowChoice["isHidden"] {
  if (deletions.length === 0) return undefined;
  return (day, minTime, maxTime) => {
    const known = deletedTo.get(day) ?? 0;
    return deletions.some((one) => one.number > known && overlaps(one, { minTime, maxTime }));
  };
}

/** Deletions that no rows have anything of, so that nobody need know them. */
export function carriedOut(
  { days }: Pick<RollupManifest, "days">,
  deletions: DayDeletions,
  nowMs: number,
): readonly Deletion[] {
  const pending = new Set(days.flatMap((day) => pendingDeletions(deletions, day)));
  return deletions.all.filter((one) => !pending.has(one) && one.deletedMs < nowMs - MAKERS_MS);
}

/** Removes deletions, unless somebody adds one meanwhile. */
export async function forgetRowDeletions(
  table: Table,
  tenant: string,
  month: number,
  done: readonly Deletion[],
): Promise<void> {
  const key = rowDeletionsKey(tenant, month);
  const stored = await table.get(key, { consistent: true });
  if (stored === undefined) return;
  const { last, all } = deletionsOf(stored);
  const numbers = new Set(done.map(({ number }) => number));
  const value = encodeDeletions({ last, all: all.filter(({ number }) => !numbers.has(number)) });
  await table.putIfEqual({ ...key, value }, stored.value);
}
