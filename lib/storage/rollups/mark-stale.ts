/** Notes that a day's samples change, before they do. */
import { monthOf } from "../layout/rollup-keys.ts";
import type { Table } from "../table/table.ts";
import { changeRollupManifest, loadRollupManifest } from "./rollup-store.ts";

/**
 * Makes readers take a day from its samples until its rows are made again. Whoever adds or deletes
 * samples of a day that is over calls it before the change counts. It costs a read, and a write if the
 * day has rows. Throws "unavailable".
 */
export async function markStale(table: Table, tenant: string, day: number): Promise<void> {
  await changeRollupManifest(table, tenant, monthOf(day), (manifest) => {
    if (!manifest.days.some((one) => one.day === day && !one.isStale)) return undefined;
    const days = manifest.days.map((one) => (one.day === day ? { ...one, isStale: true } : one));
    return { ...manifest, days };
  });
}

/** Whether a day's rows are marked so. */
export async function isStale(table: Table, tenant: string, day: number): Promise<boolean> {
  const { manifest } = await loadRollupManifest(table, tenant, monthOf(day));
  return manifest.days.some((one) => one.day === day && one.isStale);
}
