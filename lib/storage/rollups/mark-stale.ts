/** Notes that a day's samples change, before they do. */
import { errorKind } from "../../model/errors.ts";
import { monthOf } from "../layout/rollup-keys.ts";
import type { Table } from "../table/table.ts";
import { changeRollupManifest, loadRollupManifest } from "./rollup-store.ts";

/**
 * Makes readers take a day from its samples until its rows are made again. Whoever adds or deletes
 * samples of a day that is over calls it before the change counts, and after. It costs a read, and a write
 * if the day has rows. `isDeletion`: nobody may read the rows any more, even if the samples expire before
 * there are others. Throws "unavailable".
 */
export async function markStale(
  table: Table,
  tenant: string,
  day: number,
  isDeletion = false,
): Promise<void> {
  try {
    await changeRollupManifest(table, tenant, monthOf(day), (manifest) => {
      const known = manifest.days.find((one) => one.day === day);
      const isMarked = known?.isStale === true && (!isDeletion || known.isWithdrawn === true);
      if (known === undefined || isMarked) return undefined;
      const withdrawn = isDeletion ? { isWithdrawn: true as const } : {};
      const days = manifest.days.map((one) =>
        one === known ? { ...one, isStale: true, ...withdrawn } : one,
      );
      return { ...manifest, days };
    });
  } catch (error) {
    // Of a month whose manifest is damaged nobody reads rows.
    if (errorKind(error) !== "data") throw error;
  }
}

/** Whether a day has rows that are not marked so. */
export async function hasFreshRows(table: Table, tenant: string, day: number): Promise<boolean> {
  const { manifest } = await loadRollupManifest(table, tenant, monthOf(day));
  return manifest.days.some((one) => one.day === day && !one.isStale);
}
