/** Usage of some days, grouped and priced, for the API and the command. */
import {
  DOLLARS_PER_GB_MONTH,
  DOLLARS_PER_READ_UNIT,
  DOLLARS_PER_WRITE_UNIT,
} from "../../model/quota/prices.ts";
import { printDay } from "../layout/key-place.ts";
import type { HeavyQuery } from "./heavy-queries.ts";
import { HeavyQueries } from "./heavy-queries.ts";
import type { StoredUsage } from "./stored-usage.ts";
import type { DayUsage } from "./usage-items.ts";
import { COUNTS, type Counts, type UsageRow } from "./usage-rows.ts";

/** What usage can be grouped by; a metric only by itself and with the tenant: it is of what is stored. */
export const DIMENSIONS = ["tenant", "key", "route", "day", "metric"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface Dollars {
  readonly read: number;
  readonly write: number;
  /** Of a month, at rest as now. */
  readonly storage: number;
  /** Reads and writes. */
  readonly total: number;
}

export interface UsageTotals extends Counts {
  /** Different series at rest, about, when that was measured last. */
  readonly series: number;
  readonly storedBytes: number;
  readonly dollars: Dollars;
}

export type UsageGroup = { readonly [Name in Dimension]?: string } & UsageTotals;

export interface UsageReport {
  readonly total: UsageTotals;
  /** The most expensive first. */
  readonly groups: readonly UsageGroup[];
}

type MutableTotals = { -readonly [Name in keyof Counts | "storedBytes" | "series"]: number };

/** Rows are of requests, `stored` is what lies in the table; samples by metric are those at rest. */
export function reportUsage(
  days: ReadonlyMap<number, DayUsage>,
  stored: StoredUsage,
  by: readonly Dimension[],
  isVisible: (tenant: string) => boolean,
): UsageReport {
  const total = newTotals();
  const groups = new Map<
    string,
    { readonly of: Readonly<Record<string, string>>; readonly totals: MutableTotals }
  >();
  const groupOf = (of: Readonly<Record<Dimension, string | undefined>>): MutableTotals => {
    const names = Object.fromEntries(by.map((name) => [name, of[name] ?? ""]));
    const key = JSON.stringify(names);
    let group = groups.get(key);
    if (group === undefined) {
      group = { of: names, totals: newTotals() };
      groups.set(key, group);
    }
    return group.totals;
  };
  for (const [day, { rows }] of days)
    for (const row of rows) {
      if (!isVisible(row.tenant)) continue;
      addCounts(total, row);
      if (!by.includes("metric")) addCounts(groupOf({ ...row, day: printDay(day), metric: undefined }), row);
    }
  // What lies in the table is of no key, route or day.
  const isByMore = by.some((name) => name !== "tenant" && name !== "metric");
  for (const one of stored.metrics) {
    if (!isVisible(one.tenant)) continue;
    addStored(total, one);
    if (isByMore) continue;
    const group = groupOf({ ...one, day: undefined, key: undefined, route: undefined });
    addStored(group, one);
    if (by.includes("metric")) group.samples += one.samples;
  }
  const priced = [...groups.values()].map(({ of, totals }) => ({ ...of, ...priceOf(totals) }));
  const cost = ({ dollars }: UsageTotals) => dollars.total + dollars.storage;
  return { total: priceOf(total), groups: priced.toSorted((a, b) => cost(b) - cost(a)) };
}

/** The queries of some days that cost or took the most. */
export function reportQueries(
  days: ReadonlyMap<number, DayUsage>,
  { order, limit }: { readonly order: "readUnits" | "maxDurationMs"; readonly limit: number },
  isVisible: (tenant: string) => boolean,
): readonly HeavyQuery[] {
  const all = new HeavyQueries(Number.POSITIVE_INFINITY);
  for (const { queries } of days.values())
    for (const query of queries) if (isVisible(query.tenant)) all.add(query);
  return all
    .list()
    .toSorted((a, b) => b[order] - a[order])
    .slice(0, limit);
}

function newTotals(): MutableTotals {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as { [Name in keyof Counts]: number };
  return { ...counts, storedBytes: 0, series: 0 };
}

function addCounts(totals: MutableTotals, row: UsageRow): void {
  for (const name of COUNTS) totals[name] += row[name];
}

function addStored(totals: MutableTotals, { series, bytes }: StoredUsage["metrics"][number]): void {
  totals.storedBytes += bytes;
  totals.series += series;
}

const GB = 1e9;

function priceOf(totals: MutableTotals): UsageTotals {
  const read = totals.readUnits * DOLLARS_PER_READ_UNIT;
  const write = totals.writeUnits * DOLLARS_PER_WRITE_UNIT;
  const storage = (totals.storedBytes / GB) * DOLLARS_PER_GB_MONTH;
  return {
    ...totals,
    dollars: { read, write, storage, total: read + write },
  };
}
