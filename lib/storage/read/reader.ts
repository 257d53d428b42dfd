/**
 * A tenant's samples, as a reader gets them: the manifests of the range's days first, then the series of each day that match,
 * then, group by group, what the days' plans say. The table is read consistently, so what was answered is seen; and what a
 * manifest names is never changed, so a compaction in between moves nothing out of sight.
 */
import type { ChunkedSeries } from "../../chunk/cut.ts";
import type { Deadline } from "../../model/deadline.ts";
import { errorKind, errorMessage } from "../../model/errors.ts";
import type { SeriesExemplars } from "../../model/exemplars.ts";
import {
  compareBytewise,
  compareLabelSets,
  type LabelSet,
  labelValue,
  printLabels,
} from "../../model/labels.ts";
import type { Limits } from "../../model/limits.ts";
import type { Matcher } from "../../model/matcher.ts";
import type { MetricDescription } from "../../model/metric-metadata.ts";
import type { SeriesRows } from "../../model/rows/hour-rows.ts";
import type { Series } from "../../model/samples.ts";
import type { Lookup, RowSelection, Selection } from "../../model/selection.ts";
import type { TimeRange } from "../../model/time.ts";
import { type Clock, MAX_TIMESTAMP_MS } from "../../model/time.ts";
import type { ReaderMemory } from "../cache/reader-memory.ts";
import { readKeptExemplars } from "../exemplars/read-kept.ts";
import { LABEL_NAMES } from "../index/index-part.ts";
import type { Queryable, ReadCost, SelectionReads } from "../interface.ts";
import type { DamageReports } from "../layout/damage-reports.ts";
import { KIND, partition } from "../layout/keys.ts";
import { oldestKept, type RetentionMs } from "../layout/retention.ts";
import { loadMetadata } from "../metadata/known-metadata.ts";
import { countSamples } from "../parts/hashed-samples.ts";
import type { SeriesData } from "../parts/series-data.ts";
import { hourEnd } from "../rollups/hours.ts";
import { hashHex, type SeriesHash, seriesHash } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import { LimitedTable } from "../table/limited-table.ts";
import { newMeter, type Table } from "../table/table.ts";
import { explainRows } from "./explain/rows.ts";
import { type ExplainedDays, explainSelection } from "./explain/selection.ts";
import { admitFirst, type FoundSeries, findSeries, tooManyFound, tooManySeries } from "./find-series.ts";
import { readGroups } from "./group-reader.ts";
import { LabelBytes } from "./label-bytes.ts";
import { forEachLiving, SetAside } from "./living-series.ts";
import { LookupLimit } from "./lookup-limit.ts";
import { probeChunks } from "./measure-chunks.ts";
import { planSelection } from "./plan-selection.ts";
import { HeldBytes } from "./query-budget.ts";
import { forEachSeries, forEachValue } from "./read-labels.ts";
import { listReadableDays } from "./readable-days.ts";
import { listExpiredRowDays, listRowDays } from "./rows/row-days.ts";
import { rowsOfData, selectSeriesRows } from "./rows/select-rows.ts";
import type { IndexQuery } from "./scan-index.ts";
import {
  addDay,
  nameOf,
  noSeries,
  type ReadableDay,
  type SelectedSeries,
  sortByLabels,
} from "./selected-series.ts";

/** Days whose index is read at once, and for a lookup, which may have enough before its last day. */
const DAY_CONCURRENCY = 32;
const LOOKUP_DAY_CONCURRENCY = 4;

export interface ReaderOptions {
  readonly tenant: string;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly retentionMs: RetentionMs;
  /** Of hourly rows; default: that of samples. */
  readonly rollupRetentionMs?: RetentionMs | undefined;
  readonly hash?: SeriesHash;
  /** The request's time limit, for what is computed of its reads; default: none. */
  readonly deadline?: Deadline | undefined;
  /** What is remembered from other queries; default: nothing. */
  readonly memory?: ReaderMemory | undefined;
  /**
   * Takes what is damaged or missing, which is then left out of answers; whoever asked must be told. Default: a query that
   * meets any throws "data".
   */
  readonly damage?: DamageReports | undefined;
  /** Gets what each selection asks for. */
  readonly onSelect?: ((matchers: readonly Matcher[]) => void) | undefined;
}

export class Reader implements Queryable {
  /** Of samples and chunks of all its queries that have not been answered yet. */
  readonly held = new HeldBytes();
  /** What all of its queries may cost together: a request has one reader, and may ask many queries. */
  readonly #table: LimitedTable;
  readonly #options: ReaderOptions;
  /** Read units that the samples of all queries so far are expected to cost. */
  #plannedUnits = 0;

  constructor(table: Table, options: ReaderOptions) {
    this.#table = new LimitedTable(table, options.limits.maxQueryReadUnits);
    this.#options = options;
  }

  async *select(selection: Selection, signal?: AbortSignal): AsyncGenerator<Series, void, void> {
    const range = this.#kept(selection);
    for await (const [labels, data] of this.#read(selection, range, true, signal)) {
      const samples = this.#decode(labels, () => data.lentSamples(range, this.#options.limits.maxQueryBytes));
      if (samples !== undefined && countSamples(samples) > 0) yield { labels, ...samples };
    }
  }

  async *selectChunks(selection: Selection, signal?: AbortSignal): AsyncGenerator<ChunkedSeries, void, void> {
    const range = this.#kept(selection);
    for await (const [labels, data] of this.#read(selection, range, false, signal)) {
      const chunks = this.#decode(labels, () => data.toChunks(range, this.#options.limits.maxQueryBytes));
      if (chunks !== undefined) yield { labels, chunks };
    }
  }

  async *selectRows(
    { matchers, fromMs, toMs }: RowSelection,
    signal: AbortSignal = new AbortController().signal,
  ): AsyncGenerator<SeriesRows, void, void> {
    const { clock, limits } = this.#options;
    const firstMs = this.#firstRow(fromMs);
    if (firstMs >= toMs) return;
    const days = await listRowDays(this.#table, this.#options, firstMs, toMs, signal);
    const selected = await this.#findIn(this.#table, { matchers }, days, signal);
    const rawFromMs = Math.max(firstMs, hourEnd(oldestKept(clock(), this.#options.retentionMs)));
    const range = { minTime: rawFromMs + 1, maxTime: toMs };
    yield* selectSeriesRows({
      ...this.#reads(signal),
      selected,
      query: { tenant: this.#options.tenant, maxFutureMs: limits.maxFutureMs },
      fromMs: firstMs,
      toMs,
      decode: (number, data) =>
        this.#decode(selected.labels[number], () => rowsOfData(data, range, limits.maxQueryBytes)),
    });
  }

  /** An hour that retention has cut would get a row of what is left of it. */
  #firstRow(fromMs: number): number {
    return Math.max(fromMs, hourEnd(this.keptSinceMs.rows));
  }

  get keptSinceMs() {
    const { clock, retentionMs, rollupRetentionMs = retentionMs } = this.#options;
    return { samples: oldestKept(clock(), retentionMs), rows: oldestKept(clock(), rollupRetentionMs) };
  }

  async labelNames(selection: Lookup, signal?: AbortSignal): Promise<string[]> {
    return this.#values(selection, LABEL_NAMES, (labels) => labels.map(([name]) => name), signal);
  }

  async labelValues(name: string, selection: Lookup, signal?: AbortSignal): Promise<string[]> {
    const valuesOf = (labels: LabelSet) => {
      const value = labelValue(labels, name);
      return value === "" ? [] : [value];
    };
    // No label has an empty name; asked for, it has no values.
    return name === "" ? [] : this.#values(selection, name, valuesOf, signal);
  }

  async series(selection: Lookup, signal?: AbortSignal): Promise<LabelSet[]> {
    const { maxQuerySeries, maxQueryLabelBytes } = this.#options.limits;
    const limit = new LookupLimit(selection.limit);
    const labelBytes = new LabelBytes(maxQueryLabelBytes);
    const found: LabelSet[] = [];
    const onSeries = (labels: LabelSet) => {
      labelBytes.add(labels);
      limit.check(found.push(labels));
      if (found.length > maxQuerySeries) throw tooManyFound(maxQuerySeries, selection.matchers);
    };
    await limit.run(() => this.forEachSeries(selection, onSeries, signal));
    return found.sort(compareLabelSets);
  }

  async forEachSeries(
    selection: Lookup,
    onSeries: (labels: LabelSet) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { hash = seriesHash } = this.#options;
    const known = new Set<string>();
    const onFound = (labels: LabelSet) => {
      const { size } = known;
      if (known.add(hashHex(hash(labels))).size > size) onSeries(labels);
    };
    const ask = (table: Table, query: IndexQuery) => forEachSeries(table, query, onFound, signal);
    await this.#eachDay(selection, ask, onFound, signal);
  }

  async metadata(
    metric?: string,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly MetricDescription[]>> {
    const { tenant, clock } = this.#options;
    return (await loadMetadata(this.#reporting(this.#table), tenant, clock(), signal)).all(metric);
  }

  async exemplars(
    selections: readonly (readonly Matcher[])[],
    range: TimeRange,
    signal?: AbortSignal,
  ): Promise<SeriesExemplars[]> {
    const damaged = this.#reporting(this.#table);
    return readKeptExemplars(this.#table, damaged, this.#options, selections, range, signal);
  }

  /** Chunks without a checksum show only now that they are damaged: the series is left out then. */
  #decode<T>(labels: LabelSet, decode: () => T): T | undefined {
    const { damage, tenant } = this.#options;
    try {
      return decode();
    } catch (error) {
      if (damage === undefined || errorKind(error) !== "data") throw error;
      const key = { pk: partition(KIND.chunk, tenant).finish(), sk: new Uint8Array(0) };
      damage.note(key, `${printLabels(labels)}: ${errorMessage(error)}`);
      return undefined;
    }
  }

  /** For what may be left out. Days and manifests may not: without them a whole day would be. */
  #reporting(table: LimitedTable): Table {
    const { damage } = this.#options;
    return damage === undefined ? table : table.reporting(damage.note);
  }

  async explain(selection: Selection, signal = new AbortController().signal): Promise<SelectionReads> {
    const range = this.#kept(selection);
    const list = (table: LimitedTable) => listReadableDays(table, this.#options, range, signal);
    const explained = await this.#explained(selection, range, list, signal);
    return explainSelection(explained, () => probeChunks({ ...explained, table: this.#table, signal }));
  }

  async explainRows(selection: RowSelection, signal = new AbortController().signal): Promise<ReadCost> {
    const { fromMs, toMs } = selection;
    const firstMs = this.#firstRow(fromMs);
    const list = async (table: LimitedTable) =>
      firstMs >= toMs ? [] : listRowDays(table, this.#options, firstMs, toMs, signal);
    const range = this.#kept({ ...selection, minTime: firstMs + 1, maxTime: toMs });
    const explained = await this.#explained(selection, range, list, signal);
    return explainRows(explained, (days) => probeChunks({ ...days, table: this.#table, signal }));
  }

  async #explained(
    selection: Pick<Selection, "matchers">,
    range: TimeRange,
    listDays: (table: LimitedTable) => Promise<readonly ReadableDay[]>,
    signal: AbortSignal,
  ): Promise<ExplainedDays> {
    const { tenant, clock, limits } = this.#options;
    const meter = newMeter();
    const table = this.#table.metered(meter);
    const days: [ReadableDay, FoundSeries][] = [];
    const found = await this.#findIn(table, selection, await listDays(table), signal, (...one) =>
      days.push(one),
    );
    const query = { tenant, ...range, maxFutureMs: limits.maxFutureMs };
    const plannedUnits = this.#plannedUnits;
    return {
      query,
      selected: found,
      days,
      nowMs: clock(),
      limits,
      plannedUnits,
      findReadUnits: meter.readUnits,
    };
  }

  /** The part of a range that retention keeps and timestamps can have; it may be empty (minTime after maxTime). */
  #kept({ minTime, maxTime }: Selection): TimeRange {
    const oldest = Math.max(oldestKept(this.#options.clock(), this.#options.retentionMs), -MAX_TIMESTAMP_MS);
    return { minTime: Math.max(minTime, oldest), maxTime: Math.min(maxTime, MAX_TIMESTAMP_MS) };
  }

  async #values(
    selection: Lookup,
    catalogued: string,
    valuesOf: (labels: LabelSet) => Iterable<string>,
    signal?: AbortSignal,
  ): Promise<string[]> {
    const found = new Set<string>();
    const limit = new LookupLimit(selection.limit);
    const labelBytes = new LabelBytes(this.#options.limits.maxQueryLabelBytes);
    const onValue = (value: string) => {
      if (!found.has(value)) labelBytes.addText(value);
      limit.check(found.add(value).size);
    };
    const ask = (table: Table, query: IndexQuery) =>
      forEachValue(table, query, catalogued, valuesOf, onValue, signal);
    const onLiving = (labels: LabelSet) => {
      for (const value of valuesOf(labels)) onValue(value);
    };
    await limit.run(() => this.#eachDay(selection, ask, onLiving, signal));
    return [...found].sort(compareBytewise);
  }

  /** Asks the index of each day of a selection, and calls back for series of which deletions have left samples. */
  async #eachDay(
    selection: Lookup,
    ask: (table: Table, query: IndexQuery) => Promise<void>,
    onLiving: (labels: LabelSet) => void,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    const { tenant, memory, damage, deadline, hash = seriesHash, limits } = this.#options;
    const { matchers } = selection;
    const days = await listReadableDays(this.#table, this.#options, this.#kept(selection), signal, selection);
    // Days that have rows alone count among the latest ones only where nothing of these is left out.
    if (selection.maxDays === undefined || days.length < selection.maxDays)
      days.push(...(await listExpiredRowDays(this.#table, this.#options, selection, signal)));
    const table = this.#reporting(this.#table);
    await forEachBounded(days, LOOKUP_DAY_CONCURRENCY, async (day) => {
      const query = { tenant, matchers, memory: memory?.index, damage, deadline, ...day };
      if (day.deletions.all.length === 0) return ask(table, query);
      const aside = new SetAside(day.deletions.all, hash, limits.maxQueryLabelBytes);
      await ask(table, { ...query, setAside: (labels) => aside.take(labels) });
      const reads = { ...this.#reads(signal), query: { tenant, maxFutureMs: limits.maxFutureMs } };
      await forEachLiving(reads, day, aside, onLiving);
    });
  }

  /** What all reads of samples share. */
  #reads(signal: AbortSignal) {
    const { clock, memory, damage, limits, hash } = this.#options;
    const { maxQueryBytes } = limits;
    const table = this.#reporting(this.#table);
    return { table, nowMs: clock(), maxQueryBytes, held: this.held, memory, damage, signal, hash };
  }

  /** What is missing in what was answered so far, in words; nothing unless it is gathered. */
  get warnings(): readonly string[] {
    return this.#options.damage?.warnings ?? [];
  }

  /** What was read of each series that may have samples, sorted by label set, good until the next is asked for. */
  async *#read(
    selection: Selection,
    range: TimeRange,
    decodes: boolean,
    signal: AbortSignal = new AbortController().signal,
  ): AsyncGenerator<readonly [LabelSet, SeriesData], void, void> {
    const { tenant, damage, limits } = this.#options;
    const { maxFutureMs, maxQueryBytes, maxQueryReadUnits } = limits;
    const found = await this.#find(this.#table, selection, range, signal);
    const shared = this.#reads(signal);
    const query = { tenant, ...range, maxFutureMs };
    const maxReadUnits = maxQueryReadUnits - this.#plannedUnits;
    const options = { table: shared.table, query, selected: found, nowMs: shared.nowMs, signal };
    const planned = await planSelection(options, selection.order ?? "labels", {
      maxQueryBytes,
      maxReadUnits,
    });
    const { selected, expected, readUnits } = planned;
    if (damage !== undefined) damage.nameOf = (hash) => nameOf(selected, hash);
    const reads = { ...shared, query, selected, expected, decodes };
    this.#plannedUnits += readUnits;
    for await (const [number, data] of readGroups(reads)) yield [selected.labels[number], data];
  }

  async #find(
    table: LimitedTable,
    selection: Selection,
    range: TimeRange,
    signal: AbortSignal,
  ): Promise<SelectedSeries> {
    const days = await listReadableDays(table, this.#options, range, signal);
    return this.#findIn(table, selection, days, signal);
  }

  async #findIn(
    table: LimitedTable,
    { matchers, onOmittedSeries }: Pick<Selection, "matchers" | "onOmittedSeries">,
    days: readonly ReadableDay[],
    signal: AbortSignal,
    onDay?: (day: ReadableDay, found: FoundSeries) => void,
  ): Promise<SelectedSeries> {
    const { tenant, hash = seriesHash, memory, damage, deadline, onSelect } = this.#options;
    onSelect?.(matchers);
    const { maxQuerySeries, maxQueryLabelBytes } = this.#options.limits;
    const admits = onOmittedSeries && admitFirst(maxQuerySeries, onOmittedSeries);
    const limits = { maxSeries: maxQuerySeries, maxLabelBytes: maxQueryLabelBytes, admits };
    const found = noSeries(maxQueryLabelBytes);
    await forEachBounded(days, DAY_CONCURRENCY, async (day) => {
      const known = { hash, memory: memory?.index, damage, deadline };
      const query = { tenant, matchers, ...limits, ...known, ...day };
      const series = await findSeries(this.#reporting(table), query, signal);
      addDay(found, day, series);
      onDay?.(day, series);
      if (found.labels.length > maxQuerySeries) throw tooManySeries(maxQuerySeries, matchers);
    });
    return sortByLabels(found);
  }
}
