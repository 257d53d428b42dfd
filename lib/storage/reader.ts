/**
 * A tenant's samples, as a reader gets them: the manifests of the range's days first, then the series of each day that match,
 * then, group by group, what the days' plans say. The table is read consistently, so what was answered is seen; and what a
 * manifest names is never changed, so a compaction in between moves nothing out of sight.
 */
import type { ChunkedSeries } from "../chunk/cut.ts";
import type { LabelSet } from "../model/labels.ts";
import type { Limits } from "../model/limits.ts";
import type { Series } from "../model/samples.ts";
import type { Selection } from "../model/selection.ts";
import { type Clock, MAX_TIMESTAMP_MS } from "../model/time.ts";
import { forEachBounded } from "./bounded.ts";
import { listDays } from "./day-shards.ts";
import { findSeries, tooManySeries } from "./find-series.ts";
import { readGroups } from "./group-reader.ts";
import type { Queryable } from "./interface.ts";
import { dayOf } from "./keys.ts";
import { EMPTY_MANIFEST } from "./manifest.ts";
import { loadManifests } from "./manifest-store.ts";
import { HeldBytes } from "./query-budget.ts";
import { oldestKept, type RetentionMs } from "./retention.ts";
import { addDay, noSeries, type SelectedSeries, sortByLabels } from "./selected-series.ts";
import type { SeriesData, TimeRange } from "./series-data.ts";
import type { Table } from "./table.ts";

/** Days whose index is read at once. */
const DAY_CONCURRENCY = 4;

export interface ReaderOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly retentionMs: RetentionMs;
}

export class Reader implements Queryable {
  /** Of samples and chunks of all its queries that have not been answered yet. */
  readonly held = new HeldBytes();
  readonly #table: Table;
  readonly #options: ReaderOptions;

  constructor(table: Table, options: ReaderOptions) {
    this.#table = table;
    this.#options = options;
  }

  async *select(selection: Selection, signal?: AbortSignal): AsyncGenerator<Series, void, void> {
    const range = this.#kept(selection);
    for await (const [labels, data] of this.#read(selection, range, signal)) {
      const samples = data.samples(range, this.#options.limits.maxQueryBytes);
      if (samples.timestamps.length > 0) yield { labels, ...samples };
    }
  }

  async *selectChunks(selection: Selection, signal?: AbortSignal): AsyncGenerator<ChunkedSeries, void, void> {
    const range = this.#kept(selection);
    for await (const [labels, data] of this.#read(selection, range, signal)) {
      yield { labels, chunks: data.toChunks(range, this.#options.limits.maxQueryBytes) };
    }
  }

  /** The part of a range that retention keeps and timestamps can have; it may be empty (minTime after maxTime). */
  #kept({ minTime, maxTime }: Selection): TimeRange {
    const oldest = Math.max(oldestKept(this.#options.clock(), this.#options.retentionMs), -MAX_TIMESTAMP_MS);
    return { minTime: Math.max(minTime, oldest), maxTime: Math.min(maxTime, MAX_TIMESTAMP_MS) };
  }

  /** What was read of each series that may have samples, sorted by label set, good until the next is asked for. */
  async *#read(
    selection: Selection,
    range: TimeRange,
    signal: AbortSignal = new AbortController().signal,
  ): AsyncGenerator<readonly [LabelSet, SeriesData], void, void> {
    if (range.minTime > range.maxTime) return;
    const { tenant, clock } = this.#options;
    const { maxFutureMs, maxQueryBytes, maxQuerySamples } = this.#options.limits;
    const selected = await this.#find(selection, range, signal);
    const reads = {
      table: this.#table,
      query: { tenant, ...range, maxFutureMs },
      selected,
      nowMs: clock(),
      maxQueryBytes,
      maxQuerySamples,
      held: this.held,
      signal,
    };
    for await (const [number, data] of readGroups(reads)) yield [selected.labels[number], data];
  }

  async #find(selection: Selection, range: TimeRange, signal: AbortSignal): Promise<SelectedSeries> {
    const { tenant } = this.#options;
    const { maxQuerySeries } = this.#options.limits;
    const [first, last] = [dayOf(range.minTime), dayOf(range.maxTime)];
    const found = noSeries();
    const days = await listDays(this.#table, tenant, first, last, signal);
    if (days.size === 0) return sortByLabels(found);
    const manifests = await loadManifests(this.#table, tenant, first, last, signal);
    await forEachBounded([...days], DAY_CONCURRENCY, async ([day, shards]) => {
      const query = { tenant, day, matchers: selection.matchers, maxSeries: maxQuerySeries };
      const manifest = manifests.get(day) ?? EMPTY_MANIFEST;
      addDay(found, { day, shards, manifest }, await findSeries(this.#table, query, signal));
      if (found.labels.length > maxQuerySeries) throw tooManySeries(maxQuerySeries);
    });
    return sortByLabels(found);
  }
}
