/** Notes that a day's samples change, before they do. */
import { errorKind } from "../../model/errors.ts";
import { monthOf } from "../layout/rollup-keys.ts";
import type { Table } from "../table/table.ts";
import { changeRollupManifest } from "./rollup-store.ts";

/**
 * Makes readers take a day from its samples until its rows are made again. Whoever adds or deletes
 * samples of a day that is over calls it before the change counts, and after. It costs a read, and a write
 * if the day has rows. Throws "unavailable".
 */
export async function markStale(table: Table, tenant: string, day: number): Promise<void> {
  try {
    await changeRollupManifest(table, tenant, monthOf(day), (manifest) => {
      const known = manifest.days.find((one) => one.day === day);
      if (known === undefined || known.isStale) return undefined;
      const days = manifest.days.map((one) => (one === known ? { ...one, isStale: true } : one));
      return { ...manifest, days };
    });
  } catch (error) {
    // Of a month whose manifest is damaged nobody reads rows.
    if (errorKind(error) !== "data") throw error;
  }
}
