/** Usage of some days, grouped and priced, for the API and the command. */
import {
  DOLLARS_PER_GB_MONTH,
  DOLLARS_PER_READ_UNIT,
  DOLLARS_PER_WRITE_UNIT,
} from "../../model/quota/prices.ts";
import { printDay } from "../layout/key-place.ts";
import type { HeavyQuery } from "./heavy-queries.ts";
import { HeavyQueries } from "./heavy-queries.ts";
import { sharesByMetric } from "./metric-shares.ts";
import type { StoredUsage } from "./stored-usage.ts";
import type { DayUsage } from "./usage-items.ts";
import { COUNTS, type Counts } from "./usage-rows.ts";

/** What usage can be grouped by. */
export const DIMENSIONS = ["tenant", "key", "route", "day", "metric"] as const;
/** A request has samples of several metrics, so a metric has no key and no route. */
export const DIMENSIONS_OF_METRICS: readonly Dimension[] = ["tenant", "day", "metric"];
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
  /** Bytes of chunks that compaction stored in these days; only by metric. */
  readonly chunkBytes: number;
  /** Different series at rest, about, when that was measured last. */
  readonly series: number;
  readonly storedBytes: number;
  /** Samples at rest, when that was measured last; only by metric. */
  readonly storedSamples: number;
  readonly dollars: Dollars;
}

export type UsageGroup = { readonly [Name in Dimension]?: string } & UsageTotals;

export interface UsageReport {
  readonly total: UsageTotals;
  /** The most expensive first. */
  readonly groups: readonly UsageGroup[];
}

type MutableTotals = {
  -readonly [Name in keyof Counts | "storedBytes" | "storedSamples" | "chunkBytes" | "series"]: number;
};

/** Rows are of requests, `stored` is what lies in the table. */
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
  for (const [number, usage] of days) {
    const day = printDay(number);
    for (const row of usage.rows) {
      if (!isVisible(row.tenant)) continue;
      addCounts(total, row);
      if (!by.includes("metric")) addCounts(groupOf({ ...row, day, metric: undefined }), row);
    }
    if (!by.includes("metric")) continue;
    for (const { tenant, metric, counts } of sharesByMetric(usage)) {
      if (!isVisible(tenant)) continue;
      const group = groupOf({ tenant, metric, day, key: undefined, route: undefined });
      addCounts(group, counts);
      for (const totals of [total, group]) totals.chunkBytes += counts.chunkBytes;
    }
  }
  // What lies in the table is of no key, route or day.
  const isByMore = by.some((name) => name !== "tenant" && name !== "metric");
  for (const one of stored.metrics) {
    if (!isVisible(one.tenant)) continue;
    addStored(total, one);
    if (isByMore) continue;
    const group = groupOf({ ...one, day: undefined, key: undefined, route: undefined });
    addStored(group, one);
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
  return { ...counts, chunkBytes: 0, storedBytes: 0, storedSamples: 0, series: 0 };
}

function addCounts(totals: MutableTotals, counts: Counts): void {
  for (const name of COUNTS) totals[name] += counts[name];
}

function addStored(totals: MutableTotals, { samples, series, bytes }: StoredUsage["metrics"][number]): void {
  totals.storedSamples += samples;
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
