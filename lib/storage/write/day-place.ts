/** Whose day, and how long its items stay. */
import { DAY_MS } from "../../model/time.ts";
import { dayExpirySeconds, type RetentionMs } from "../layout/retention.ts";
import type { Item } from "../table/table.ts";

/**
 * The shortest that a day's index stays, from the start of the day: the day and a retention of one day.
 * A retention that was so short for a while leaves dictionaries behind whose series no index has.
 */
export const SHORTEST_STAY_MS = 2 * DAY_MS;

export interface DayPlace {
  readonly tenant: string;
  readonly day: number;
  readonly retentionMs: RetentionMs;
}

/**
 * Whether an item stays as long as its day does under the retention of now. One that was stored under a
 * shorter retention leaves before what needs it, so it counts as absent.
 */
export function staysWithDay({ expiresAtSeconds }: Item, { day, retentionMs }: DayPlace): boolean {
  if (expiresAtSeconds === undefined) return true;
  const dayExpiry = dayExpirySeconds(day, retentionMs);
  return dayExpiry !== undefined && expiresAtSeconds >= dayExpiry;
}
