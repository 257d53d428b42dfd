/** Makes the hourly rows of a stored day, as the compactor does once the day is over. */
import { randomBytes } from "node:crypto";
import { compactDay } from "../../lib/storage/compact/compact-day.ts";
import { newDayContext } from "../../lib/storage/compact/day-context.ts";
import type { DayPlace } from "../query/store-day.ts";

export async function rollDay({ table, tenant, day }: DayPlace, nowMs: number): Promise<void> {
  const clock = () => nowMs;
  const context = newDayContext({ table, tenant, day, retentionMs: 0, clock, randomBytes });
  const marks = { lastHourMs: Number.POSITIVE_INFINITY, mayRetry: true };
  const { error } = await compactDay(context, { deadlineMs: Number.POSITIVE_INFINITY }, marks);
  if (error !== undefined) throw error;
}
