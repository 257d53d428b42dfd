/** Calls the compactor to the days that hold what deletions hide. */
import { deletionsOf } from "../deletion/deletion-store.ts";
import { hidesSomething } from "../deletion/masks.ts";
import { EMPTY_MANIFEST } from "../layout/manifest.ts";
import { loadDayStates } from "../layout/manifest-store.ts";
import { isDayPast } from "../layout/retention.ts";
import { type DeleteOptions, markDay } from "./delete-series.ts";

/** The days that keys can have. */
const [FIRST_DAY, LAST_DAY] = [-(2 ** 31), 2 ** 31 - 1];

/** The days of a tenant with parts that deletions are not carried out in yet, ascending. */
export async function listPendingDays({
  table,
  tenant,
  retentionMs,
  clock,
}: Pick<DeleteOptions, "table" | "tenant" | "retentionMs" | "clock">): Promise<number[]> {
  const { manifests, deletions } = await loadDayStates(table, tenant, FIRST_DAY, LAST_DAY);
  return [...deletions]
    .filter(([day, item]) => {
      const manifest = manifests.get(day) ?? EMPTY_MANIFEST;
      return !isDayPast(day, clock(), retentionMs) && hidesSomething(deletionsOf(item), manifest);
    })
    .map(([day]) => day)
    .sort((a, b) => a - b);
}

/** Marks these days. Returns them. */
export async function askForErasure(options: DeleteOptions): Promise<number[]> {
  const days = await listPendingDays(options);
  for (const day of days) await markDay(options, day);
  return days;
}
