/**
 * A tenant's samples, as a reader gets them: the days of the range, in each the series that match, then their log. The
 * table is read consistently, so what was answered is seen.
 */
import { sortSamples } from "../chunk/merge.ts";
import { compareLabelSets, type LabelSet } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import type { Series } from "../model/samples.ts";
import type { Selection } from "../model/selection.ts";
import { type Clock, MAX_TIMESTAMP_MS } from "../model/time.ts";
import { findSeries, tooManySeries } from "./find-series.ts";
import type { Queryable } from "./interface.ts";
import { dayOf, daysRange, parseDaySortKey } from "./keys.ts";
import { readLog, SampleCollector } from "./read-log.ts";
import { oldestKept, type RetentionMs } from "./retention.ts";
import type { Table } from "./table.ts";

export interface ReaderOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly retentionMs: RetentionMs;
}

/** The log is one shard so far. */
const SHARD = 0;

export class Reader implements Queryable {
  readonly #table: Table;
  readonly #options: ReaderOptions;

  constructor(table: Table, options: ReaderOptions) {
    this.#table = table;
    this.#options = options;
  }

  async *select(selection: Selection, signal?: AbortSignal): AsyncGenerator<Series, void, void> {
    const { tenant, limits } = this.#options;
    const { matchers } = selection;
    const range = this.#kept(selection);
    const series = new Map<string, LabelSet>();
    const collector = new SampleCollector(limits.maxQuerySamples);
    for (const day of await this.#days(range.minTime, range.maxTime, signal)) {
      const query = { tenant, day, matchers, maxSeries: limits.maxQuerySeries };
      const found = await findSeries(this.#table, query, signal);
      if (found.size === 0) continue;
      for (const [hash, labels] of found) series.set(hash, labels);
      if (series.size > limits.maxQuerySeries) throw tooManySeries(limits.maxQuerySeries);
      const log = { tenant, day, shard: SHARD, ...range, maxFutureMs: limits.maxFutureMs };
      await readLog(this.#table, log, new Set(found.keys()), collector, signal);
    }
    yield* inOrder(series, collector);
  }

  /** The part of a range that retention keeps and timestamps can have; it may be empty (minTime after maxTime). */
  #kept({ minTime, maxTime }: Selection): { minTime: number; maxTime: number } {
    const oldest = Math.max(oldestKept(this.#options.clock(), this.#options.retentionMs), -MAX_TIMESTAMP_MS);
    return { minTime: Math.max(minTime, oldest), maxTime: Math.min(maxTime, MAX_TIMESTAMP_MS) };
  }

  /** The days of a range that have samples, in order. */
  async #days(minTime: number, maxTime: number, signal?: AbortSignal): Promise<number[]> {
    if (minTime > maxTime) return [];
    const days: number[] = [];
    const range = daysRange(this.#options.tenant, dayOf(minTime), dayOf(maxTime));
    for await (const page of this.#table.query(range, { consistent: true, signal })) {
      for (const item of page) days.push(parseDaySortKey(item.sk));
    }
    return days;
  }
}

/** Series that have samples, sorted by label set, each one's samples sorted when its turn comes. */
function* inOrder(series: ReadonlyMap<string, LabelSet>, collector: SampleCollector): Generator<Series> {
  const sorted = [...series].toSorted((a, b) => compareLabelSets(a[1], b[1]));
  for (const [hash, labels] of sorted) {
    const columns = collector.columns.get(hash);
    if (columns === undefined || columns.count === 0) continue;
    collector.columns.delete(hash);
    yield { labels, ...sortSamples(columns.timestamps, columns.values, columns.count) };
  }
}
