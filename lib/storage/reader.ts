/**
 * A tenant's samples, as a reader gets them: the manifests of the range's days first, then in each day the series that match,
 * then what the day's plan says. The table is read consistently, so what was answered is seen; and what a manifest names is
 * never changed, so a compaction in between moves nothing out of sight.
 */
import type { ChunkedSeries } from "../chunk/cut.ts";
import { compareBytewise, compareLabelSets, type LabelSet, labelValue } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import type { Series } from "../model/samples.ts";
import type { Selection } from "../model/selection.ts";
import { type Clock, MAX_TIMESTAMP_MS } from "../model/time.ts";
import { forEachBounded } from "./bounded.ts";
import { listDays } from "./day-shards.ts";
import { findSeries, tooManySeries } from "./find-series.ts";
import { LABEL_NAMES } from "./index-part.ts";
import type { Queryable } from "./interface.ts";
import { dayOf } from "./keys.ts";
import { LimitedTable } from "./limited-table.ts";
import { EMPTY_MANIFEST, type Manifest } from "./manifest.ts";
import { loadManifests } from "./manifest-store.ts";
import { QueryBudget } from "./query-budget.ts";
import { readDay } from "./read-day.ts";
import { forEachSeries, forEachValue } from "./read-labels.ts";
import { planDay } from "./read-plan.ts";
import { oldestKept, type RetentionMs } from "./retention.ts";
import type { IndexQuery } from "./scan-index.ts";
import { SeriesData, type TimeRange } from "./series-data.ts";
import { type SeriesHash, seriesHash } from "./series-hash.ts";
import type { Shard } from "./shard.ts";
import type { Table } from "./table.ts";

/** Days read at once. */
const DAY_CONCURRENCY = 4;

export interface ReaderOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly retentionMs: RetentionMs;
  readonly hash?: SeriesHash;
}

/** A day of a query's range that has samples. */
interface ReadDay {
  readonly day: number;
  readonly shards: readonly Shard[];
  readonly manifest: Manifest;
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

  async labelNames(selection: Selection, signal?: AbortSignal): Promise<string[]> {
    return this.#values(selection, LABEL_NAMES, (labels) => labels.map(([name]) => name), signal);
  }

  async labelValues(name: string, selection: Selection, signal?: AbortSignal): Promise<string[]> {
    const valuesOf = (labels: LabelSet) => {
      const value = labelValue(labels, name);
      return value === "" ? [] : [value];
    };
    // No label has an empty name; asked for, it has no values.
    return name === "" ? [] : this.#values(selection, name, valuesOf, signal);
  }

  async series(selection: Selection, signal?: AbortSignal): Promise<LabelSet[]> {
    const { maxQuerySeries } = this.#options.limits;
    const found = new Map<string, LabelSet>();
    const onSeries = (labels: LabelSet) => {
      found.set(JSON.stringify(labels), labels);
      if (found.size > maxQuerySeries) throw tooManySeries(maxQuerySeries);
    };
    await this.#eachDay(selection, (table, query) => forEachSeries(table, query, onSeries, signal), signal);
    return [...found.values()].sort(compareLabelSets);
  }

  /** The part of a range that retention keeps and timestamps can have; it may be empty (minTime after maxTime). */
  #kept({ minTime, maxTime }: Selection): TimeRange {
    const oldest = Math.max(oldestKept(this.#options.clock(), this.#options.retentionMs), -MAX_TIMESTAMP_MS);
    return { minTime: Math.max(minTime, oldest), maxTime: Math.min(maxTime, MAX_TIMESTAMP_MS) };
  }

  async #values(
    selection: Selection,
    catalogued: string,
    valuesOf: (labels: LabelSet) => Iterable<string>,
    signal?: AbortSignal,
  ): Promise<string[]> {
    const found = new Set<string>();
    const onValue = (value: string) => found.add(value);
    await this.#eachDay(
      selection,
      (table, query) => forEachValue(table, query, catalogued, valuesOf, onValue, signal),
      signal,
    );
    return [...found].sort(compareBytewise);
  }

  /** Asks the index of each day of a selection. */
  async #eachDay(
    selection: Selection,
    ask: (table: Table, query: IndexQuery) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const { tenant, limits } = this.#options;
    const { matchers } = selection;
    const table = new LimitedTable(this.#table, limits.maxQueryReadUnits);
    const days = await this.#days(table, this.#kept(selection), signal);
    await forEachBounded(days, DAY_CONCURRENCY, (day) => ask(table, { tenant, matchers, ...day }));
  }

  /** Which days a range has, and their manifests, before anything else is read of them. */
  async #days(table: Table, range: TimeRange, signal?: AbortSignal): Promise<ReadDay[]> {
    if (range.minTime > range.maxTime) return [];
    const { tenant } = this.#options;
    const [first, last] = [dayOf(range.minTime), dayOf(range.maxTime)];
    const days = await listDays(table, tenant, first, last, signal);
    if (days.size === 0) return [];
    const manifests = await loadManifests(table, tenant, first, last, signal);
    return [...days].map(([day, shards]) => ({
      day,
      shards,
      manifest: manifests.get(day) ?? EMPTY_MANIFEST,
    }));
  }

  /** What was read of each series that may have samples, sorted by label set. */
  async #read(selection: Selection, range: TimeRange, signal?: AbortSignal): Promise<FoundData[]> {
    const { tenant, limits, hash = seriesHash } = this.#options;
    const table = new LimitedTable(this.#table, limits.maxQueryReadUnits);
    const found = new Map<string, FoundData>();
    const budget = new QueryBudget(limits);
    const days = await this.#days(table, range, signal);
    await forEachBounded(days, DAY_CONCURRENCY, async ({ day, shards, manifest }) => {
      const { matchers } = selection;
      const series = { tenant, day, matchers, maxSeries: limits.maxQuerySeries, manifest, shards, hash };
      const { metrics, labels } = await findSeries(table, series, signal);
      if (metrics.length === 0) return;
      const data = new Map([...labels].map(([hash, set]) => [hash, dataOf(found, hash, set)]));
      if (found.size > limits.maxQuerySeries) throw tooManySeries(limits.maxQuerySeries);
      const query = { tenant, day, ...range, maxFutureMs: limits.maxFutureMs };
      await readDay(table, query, planDay(query, manifest, shards, metrics), data, budget, signal);
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
