/** Usage of some days, grouped and priced, for the API and the command. */
import {
  DOLLARS_PER_GB_MONTH,
  DOLLARS_PER_READ_UNIT,
  DOLLARS_PER_WRITE_UNIT,
} from "../../model/quota/prices.ts";
import { printDay } from "../layout/key-place.ts";
import type { HeavyQuery } from "./heavy-queries.ts";
import { HeavyQueries } from "./heavy-queries.ts";
import type { DayUsage } from "./usage-items.ts";
import { COUNTS, type Counts, type UsageRow } from "./usage-rows.ts";

/** What usage can be grouped by; a metric only by itself and with tenant and day. */
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
  /** Series of the day that has most. */
  readonly series: number;
  readonly storedBytes: number;
  readonly dollars: Dollars;
}

export type UsageGroup = { readonly [Name in Dimension]?: string } & UsageTotals;

/** What is stored of a metric of a tenant's day. */
export interface StoredMetric {
  readonly tenant: string;
  readonly day: number;
  readonly metric: string;
  readonly samples: number;
  readonly series: number;
  readonly bytes: number;
}

export interface UsageReport {
  readonly total: UsageTotals;
  /** The most expensive first. */
  readonly groups: readonly UsageGroup[];
}

type MutableTotals = { -readonly [Name in keyof Counts]: number } & {
  storedBytes: number;
  /** By day: series of metrics add up, those of days do not. */
  readonly series: Map<number, number>;
};

/** Rows are of requests, `stored` is what lies in the table. */
export function reportUsage(
  days: ReadonlyMap<number, DayUsage>,
  stored: readonly StoredMetric[],
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
  const isByRequest = by.includes("key") || by.includes("route");
  for (const one of stored) {
    if (!isVisible(one.tenant)) continue;
    addStored(total, one);
    if (isByRequest) continue;
    const group = groupOf({ ...one, day: printDay(one.day), key: undefined, route: undefined });
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
  return { ...counts, storedBytes: 0, series: new Map() };
}

function addCounts(totals: MutableTotals, row: UsageRow): void {
  for (const name of COUNTS) totals[name] += row[name];
}

function addStored(totals: MutableTotals, { day, series, bytes }: StoredMetric): void {
  totals.storedBytes += bytes;
  totals.series.set(day, (totals.series.get(day) ?? 0) + series);
}

const GB = 1e9;

function priceOf({ series, ...totals }: MutableTotals): UsageTotals {
  const read = totals.readUnits * DOLLARS_PER_READ_UNIT;
  const write = totals.writeUnits * DOLLARS_PER_WRITE_UNIT;
  const storage = (totals.storedBytes / GB) * DOLLARS_PER_GB_MONTH;
  return {
    ...totals,
    series: Math.max(0, ...series.values()),
    dollars: { read, write, storage, total: read + write },
  };
}
