/** Makes the hourly rows of stored days, and of months that are over one part, as the compactor does. */
import { randomBytes } from "node:crypto";
import { compactDay } from "../../lib/storage/compact/compact-day.ts";
import { newDayContext } from "../../lib/storage/compact/day-context.ts";
import { compactMonth } from "../../lib/storage/compact/rollups/compact-month.ts";
import { monthOf } from "../../lib/storage/layout/rollup-keys.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import type { DayPlace } from "../query/store-day.ts";

export async function rollDay({ table, tenant, day }: DayPlace, nowMs: number): Promise<void> {
  const clock = () => nowMs;
  const context = newDayContext({ table, tenant, day, retentionMs: 0, clock, randomBytes });
  const marks = { lastHourMs: Number.POSITIVE_INFINITY, mayRetry: true };
  const { error } = await compactDay(context, { deadlineMs: Number.POSITIVE_INFINITY }, marks);
  if (error !== undefined) throw error;
}

/** `days`: all that have rows. */
export async function mergeMonths(table: Table, tenant: string, days: readonly number[], nowMs: number) {
  const place = { table, tenant, rollupRetentionMs: 0, clock: () => nowMs, randomBytes };
  for (const month of new Set(days.map(monthOf))) await compactMonth({ ...place, month }, () => false);
}
