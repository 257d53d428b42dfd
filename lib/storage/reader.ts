/**
 * A tenant's samples, as a reader gets them: the manifests of the range's days first, then in each day the series that match,
 * then what the day's plan says. The table is read consistently, so what was answered is seen; and what a manifest names is
 * never changed, so a compaction in between moves nothing out of sight.
 */
import type { ChunkedSeries } from "../chunk/cut.ts";
import { compareLabelSets, type LabelSet } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import type { Series } from "../model/samples.ts";
import type { Selection } from "../model/selection.ts";
import { type Clock, MAX_TIMESTAMP_MS } from "../model/time.ts";
import { forEachBounded } from "./bounded.ts";
import { listDays } from "./day-shards.ts";
import { findSeries, tooManySeries } from "./find-series.ts";
import type { Queryable } from "./interface.ts";
import { dayOf } from "./keys.ts";
import { EMPTY_MANIFEST } from "./manifest.ts";
import { loadManifests } from "./manifest-store.ts";
import { QueryBudget } from "./query-budget.ts";
import { readDay } from "./read-day.ts";
import { planDay } from "./read-plan.ts";
import { oldestKept, type RetentionMs } from "./retention.ts";
import { SeriesData, type TimeRange } from "./series-data.ts";
import type { Table } from "./table.ts";

/** Days read at once. */
const DAY_CONCURRENCY = 4;

export interface ReaderOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly retentionMs: RetentionMs;
}

interface FoundData {
  readonly labels: LabelSet;
  readonly data: SeriesData;
}

export class Reader implements Queryable {
  readonly #table: Table;
  readonly #options: ReaderOptions;

  constructor(table: Table, options: ReaderOptions) {
    this.#table = table;
    this.#options = options;
  }

  async *select(selection: Selection, signal?: AbortSignal): AsyncGenerator<Series, void, void> {
    const range = this.#kept(selection);
    for (const { labels, data } of await this.#read(selection, range, signal)) {
      const samples = data.samples(range);
      if (samples.timestamps.length > 0) yield { labels, ...samples };
    }
  }

  async *selectChunks(selection: Selection, signal?: AbortSignal): AsyncGenerator<ChunkedSeries, void, void> {
    const range = this.#kept(selection);
    for (const { labels, data } of await this.#read(selection, range, signal)) {
      yield { labels, chunks: data.toChunks(range) };
    }
  }

  /** The part of a range that retention keeps and timestamps can have; it may be empty (minTime after maxTime). */
  #kept({ minTime, maxTime }: Selection): TimeRange {
    const oldest = Math.max(oldestKept(this.#options.clock(), this.#options.retentionMs), -MAX_TIMESTAMP_MS);
    return { minTime: Math.max(minTime, oldest), maxTime: Math.min(maxTime, MAX_TIMESTAMP_MS) };
  }

  /** What was read of each series that may have samples, sorted by label set. */
  async #read(selection: Selection, range: TimeRange, signal?: AbortSignal): Promise<FoundData[]> {
    if (range.minTime > range.maxTime) return [];
    const { tenant, limits } = this.#options;
    const [first, last] = [dayOf(range.minTime), dayOf(range.maxTime)];
    const days = await listDays(this.#table, tenant, first, last, signal);
    if (days.size === 0) return [];
    const manifests = await loadManifests(this.#table, tenant, first, last, signal);
    const found = new Map<string, FoundData>();
    const budget = new QueryBudget(limits);
    await forEachBounded([...days], DAY_CONCURRENCY, async ([day, shards]) => {
      const series = { tenant, day, matchers: selection.matchers, maxSeries: limits.maxQuerySeries };
      const { metrics, labels } = await findSeries(this.#table, series, signal);
      if (metrics.length === 0) return;
      const data = new Map([...labels].map(([hash, set]) => [hash, dataOf(found, hash, set)]));
      if (found.size > limits.maxQuerySeries) throw tooManySeries(limits.maxQuerySeries);
      const query = { tenant, day, ...range, maxFutureMs: limits.maxFutureMs };
      const plan = planDay(query, manifests.get(day) ?? EMPTY_MANIFEST, shards, metrics);
      await readDay(this.#table, query, plan, data, budget, signal);
    });
    const withData = [...found.values()].filter(({ data }) => !data.isEmpty);
    return withData.sort((a, b) => compareLabelSets(a.labels, b.labels));
  }
}

function dataOf(found: Map<string, FoundData>, hash: string, labels: LabelSet): SeriesData {
  let entry = found.get(hash);
  if (entry === undefined) {
    entry = { labels, data: new SeriesData() };
    found.set(hash, entry);
  }
  return entry.data;
}
