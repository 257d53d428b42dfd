/** Adds flushes into the item of their day, each once; and reads days, with what is not collected yet. */
import { type Clock, DAY_MS, HOUR_MS, SECOND_MS } from "../../model/time.ts";
import { dayOf } from "../layout/keys.ts";
import type { Item, Table } from "../table/table.ts";
import { HeavyQueries } from "./heavy-queries.ts";
import { MetricTable } from "./metric-usage.ts";
import {
  type DayUsage,
  dayUsageKey,
  dayUsageRange,
  decodeUsage,
  encodeDayUsage,
  flushRange,
  NO_USAGE,
  parseDayUsageSortKey,
  parseFlushSortKey,
} from "./usage-items.ts";
import { UsageTable } from "./usage-rows.ts";

/** A flush is stored within this time of the one that is newest. */
const LATE_MS = HOUR_MS;
/** Queries of a day that are kept, by cost and by duration each. */
const DAY_QUERIES = 100;
const MAX_TRIES = 5;
/** How long days stay. */
const DAY_USAGE_TTL_MS = 400 * DAY_MS;

/** Collects yesterday and today. Returns both, the earlier first. Throws "unavailable". */
export async function collectUsage(table: Table, clock: Clock): Promise<Map<number, DayUsage>> {
  const today = dayOf(clock());
  const days = new Map<number, DayUsage>();
  for (const day of [today - 1, today]) days.set(day, await collectDay(table, day));
  return days;
}

async function collectDay(table: Table, day: number): Promise<DayUsage> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const stored = await table.get(dayUsageKey(day), { consistent: true });
    const before = stored === undefined ? NO_USAGE : decodeUsage(stored.value);
    const usage = await addFlushes(table, day, before);
    if (usage === before) return usage;
    const expiresAtSeconds = Math.ceil(((day + 1) * DAY_MS + DAY_USAGE_TTL_MS) / SECOND_MS);
    const item: Item = { ...dayUsageKey(day), value: encodeDayUsage(usage), expiresAtSeconds };
    const isStored =
      stored === undefined ? await table.putIfAbsent(item) : await table.putIfEqual(item, stored.value);
    if (isStored) return usage;
  }
  // Others collect the same; what they leave, the next run adds.
  return readDay(table, day);
}

async function readDay(table: Table, day: number): Promise<DayUsage> {
  const stored = await table.get(dayUsageKey(day), { consistent: true });
  return addFlushes(table, day, stored === undefined ? NO_USAGE : decodeUsage(stored.value));
}

/** `before` itself if there is nothing to add. */
async function addFlushes(table: Table, day: number, before: DayUsage): Promise<DayUsage> {
  const rows = new UsageTable(before.rows);
  const queries = new HeavyQueries(DAY_QUERIES);
  for (const query of before.queries) queries.add(query);
  const metrics = new MetricTable(before.metrics);
  const merged = { ...before.merged };
  let { mergedToMs } = before;
  let added = 0;
  const range = flushRange(day, before.mergedToMs - LATE_MS);
  for await (const page of table.query(range, { consistent: true, onDamage: () => {} })) {
    for (const { sk, value } of page) {
      const { atMs, instance, sequence } = parseFlushSortKey(sk);
      if (sequence <= (merged[instance] ?? -1)) continue;
      merged[instance] = sequence;
      mergedToMs = Math.max(mergedToMs, atMs);
      const flush = decodeUsage(value);
      for (const row of flush.rows) rows.add(row, row);
      for (const query of flush.queries) queries.add(query);
      for (const metric of flush.metrics) metrics.add(metric);
      added++;
    }
  }
  if (added === 0) return before;
  return { rows: rows.rows, queries: queries.list(), metrics: metrics.rows, merged, mergedToMs };
}

/** Usage of the days `first..last`, both included; days without any are left out. Throws "unavailable". */
export async function readUsage(
  table: Table,
  first: number,
  last: number,
  clock: Clock,
): Promise<Map<number, DayUsage>> {
  const days = new Map<number, DayUsage>();
  for await (const page of table.query(dayUsageRange(first, last), { onDamage: () => {} }))
    for (const { sk, value } of page) days.set(parseDayUsageSortKey(sk), decodeUsage(value));
  const today = dayOf(clock());
  for (const day of [today - 1, today]) {
    if (day < first || day > last) continue;
    const usage = await addFlushes(table, day, days.get(day) ?? NO_USAGE);
    if (usage !== NO_USAGE) days.set(day, usage);
  }
  return days;
}
