/** The index: which series of a day pass a query's matchers. */
import { HearthError } from "../model/errors.ts";
import { type LabelSet, METRIC_NAME } from "../model/labels.ts";
import { type Matcher, matchesAll } from "../model/matcher.ts";
import { forEachBounded } from "./bounded.ts";
import { metricsRange, parseMetricSortKey, seriesRange } from "./keys.ts";
import { hashHex } from "./series-hash.ts";
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

/**
 * The series of a day by hash (hex), in no order. An equality on the metric name is one query; without one the day's
 * metric names are read first, and the series of those that pass. Throws "too large" past `maxSeries`.
 */
export async function findSeries(
  table: Table,
  query: SeriesQuery,
  signal?: AbortSignal,
): Promise<Map<string, LabelSet>> {
  const found = new Map<string, LabelSet>();
  const metrics = await findMetrics(table, query, signal);
  await forEachBounded(metrics, METRIC_CONCURRENCY, async (metric) => {
    const range = seriesRange(query.tenant, query.day, metric);
    for await (const page of table.query(range, { consistent: true, signal })) {
      for (const item of page) {
        const labels = decodeLabelSet(item.value);
        if (matchesAll(query.matchers, labels)) found.set(hashHex(item.sk), labels);
      }
      if (found.size > query.maxSeries) throw tooManySeries(query.maxSeries);
    }
  });
  return found;
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
