/** Calls the compactor to the days that hold what deletions hide. */
import { DAY_MS } from "../../model/time.ts";
import { LABELS_GONE_MS } from "../compact/erasing/plan-unindexing.ts";
import { deletionsOf } from "../deletion/deletion-store.ts";
import { hidesSomething } from "../deletion/masks.ts";
import { EMPTY_MANIFEST } from "../layout/manifest.ts";
import { loadDayStates } from "../layout/manifest-store.ts";
import { isDayPast } from "../layout/retention.ts";
import { loadAllRollupMonths } from "../rollups/rollup-months.ts";
import { pendingDeletions } from "../rollups/row-deletions.ts";
import { type DeleteOptions, markDay } from "./delete-series.ts";

/** The days that keys can have. */
const [FIRST_DAY, LAST_DAY] = [-(2 ** 31), 2 ** 31 - 1];

type Place = Pick<DeleteOptions, "table" | "tenant" | "retentionMs" | "clock">;

/** The days of a tenant whose samples or hourly rows hold something that is deleted, ascending. */
export async function listPendingDays(place: Place): Promise<number[]> {
  const days = new Set([...(await listPendingSamples(place)), ...(await listPendingRows(place))]);
  return [...days].sort((a, b) => a - b);
}

async function listPendingSamples({ table, tenant, retentionMs, clock }: Place): Promise<number[]> {
  const { manifests, deletions } = await loadDayStates(table, tenant, FIRST_DAY, LAST_DAY);
  return [...deletions]
    .filter(([day, item]) => {
      const manifest = manifests.get(day) ?? EMPTY_MANIFEST;
      return !isDayPast(day, clock(), retentionMs) && hidesSomething(deletionsOf(item), manifest);
    })
    .map(([day]) => day);
}

/** When the labels of deleted series have left the table. */
export interface PendingLabels {
  /** Ascending. */
  readonly days: readonly number[];
  /** When the last of them are gone at the latest, in ms, if nothing hinders the compactor. */
  readonly goneMs: number;
}

/** The days of a tenant whose index, and whose deletions themselves, still hold labels of deleted series. */
export async function listPendingLabels({
  table,
  tenant,
  retentionMs,
  clock,
}: Place): Promise<PendingLabels> {
  const { deletions } = await loadDayStates(table, tenant, FIRST_DAY, LAST_DAY);
  const days: number[] = [];
  let goneMs = 0;
  for (const [day, item] of deletions) {
    const { all } = deletionsOf(item);
    if (all.length === 0 || isDayPast(day, clock(), retentionMs)) continue;
    days.push(day);
    for (const { deletedMs } of all) goneMs = Math.max(goneMs, labelsGoneMs(day, deletedMs));
  }
  return { days: days.sort((a, b) => a - b), goneMs };
}

/** When labels of what was deleted in a day leave the table at the latest, in ms. */
export function labelsGoneMs(day: number, deletedMs: number): number {
  return Math.max(deletedMs, (day + 1) * DAY_MS) + LABELS_GONE_MS;
}

async function listPendingRows({ table, tenant }: Place): Promise<number[]> {
  const months = [...(await loadAllRollupMonths(table, tenant)).values()];
  return months.flatMap(({ manifest, deletions }) =>
    manifest.days.filter((one) => pendingDeletions(deletions, one).length > 0).map(({ day }) => day),
  );
}

/** Marks the days whose samples wait; the compactor goes through rows once a day. Returns all that wait. */
export async function askForErasure(options: DeleteOptions): Promise<number[]> {
  const days = await listPendingDays(options);
  for (const day of days)
    if (!isDayPast(day, options.clock(), options.retentionMs)) await markDay(options, day);
  return days;
}
