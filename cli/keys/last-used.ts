/** When access keys were last used, by the usage that functions record anyway: a day is as exact as that is. */
import type { Clock } from "../../lib/model/time.ts";
import { printDay } from "../../lib/storage/layout/key-place.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { readUsage } from "../../lib/storage/usage/collect-usage.ts";

/** Days that are looked through: a read unit or some for each. */
export const LAST_USED_DAYS = 30;

/** The latest day, `2026-11-30`, by the key's id; keys that were not used for a month are left out. */
export async function lastUsedDays(table: Table, clock: Clock): Promise<ReadonlyMap<string, string>> {
  const today = dayOf(clock());
  const latest = new Map<string, number>();
  for (const [day, { rows }] of await readUsage(table, today - LAST_USED_DAYS + 1, today, clock))
    for (const { key, requests } of rows)
      if (requests > 0) latest.set(key, Math.max(day, latest.get(key) ?? day));
  return new Map(Array.from(latest, ([key, day]) => [key, printDay(day)]));
}
