/** The index: which series of a day pass a query's matchers. */
import { HearthError } from "../model/errors.ts";
import { type LabelSet, METRIC_NAME } from "../model/labels.ts";
import { type Matcher, matchesAll } from "../model/matcher.ts";
import { forEachBounded } from "./bounded.ts";
import { metricsRange, parseMetricSortKey, seriesRange } from "./keys.ts";
import { hashHex, metricHash } from "./series-hash.ts";
import { decodeLabelSet } from "./series-item.ts";
import type { Table } from "./table.ts";

/** Queries for the series of different metric names under way at once. */
const METRIC_CONCURRENCY = 16;

export interface SeriesQuery {
  readonly tenant: string;
  readonly day: number;
  readonly matchers: readonly Matcher[];
  readonly maxSeries: number;
}

/** The selected series of one metric. */
export interface FoundMetric {
  /** What the hashes of its series begin with. */
  readonly hash: Uint8Array;
  /** Series that it has in the day, selected or not. */
  readonly total: number;
  /** Hashes in hex; at least one. */
  readonly series: readonly string[];
}

export interface FoundSeries {
  readonly metrics: readonly FoundMetric[];
  /** By hash in hex. */
  readonly labels: ReadonlyMap<string, LabelSet>;
}

/**
 * The series of a day, in no order. An equality on the metric name is one query; without one the day's metric names are read
 * first, and the series of those that pass. Throws "too large" past `maxSeries`.
 */
export async function findSeries(
  table: Table,
  query: SeriesQuery,
  signal?: AbortSignal,
): Promise<FoundSeries> {
  const labels = new Map<string, LabelSet>();
  const found: FoundMetric[] = [];
  const metrics = await findMetrics(table, query, signal);
  await forEachBounded(metrics, METRIC_CONCURRENCY, async (metric) => {
    const series: string[] = [];
    let total = 0;
    const range = seriesRange(query.tenant, query.day, metric);
    for await (const page of table.query(range, { consistent: true, signal })) {
      total += page.length;
      for (const item of page) {
        const set = decodeLabelSet(item.value);
        if (!matchesAll(query.matchers, set)) continue;
        const hash = hashHex(item.sk);
        if (labels.has(hash)) throw new HearthError("data", `index: two label sets have the hash ${hash}`);
        series.push(hash);
        labels.set(hash, set);
      }
      if (labels.size > query.maxSeries) throw tooManySeries(query.maxSeries);
    }
    if (series.length > 0) found.push({ hash: metricHash(metric), total, series });
  });
  return { metrics: found, labels };
}

/** What the caller can do about too many series. */
export function tooManySeries(maxSeries: number): HearthError {
  return new HearthError(
    "too large",
    `query: more than ${maxSeries} series match; add matchers or shorten the time range limit=maxQuerySeries`,
  );
}

/** The metric names of the day that can have matching series. */
async function findMetrics(table: Table, query: SeriesQuery, signal?: AbortSignal): Promise<string[]> {
  const nameMatchers = query.matchers.filter((matcher) => matcher.name === METRIC_NAME);
  const equality = nameMatchers.find((matcher) => matcher.type === "=");
  const matching = (name: string) => nameMatchers.every((matcher) => matcher.matches(name));
  // Every stored series has a name, so `__name__=""` selects none.
  if (equality !== undefined)
    return equality.value !== "" && matching(equality.value) ? [equality.value] : [];
  const names: string[] = [];
  const range = metricsRange(query.tenant, query.day);
  for await (const page of table.query(range, { consistent: true, signal })) {
    for (const item of page) {
      const name = parseMetricSortKey(item.sk);
      if (matching(name)) names.push(name);
    }
  }
  return names;
}
