/**
 * A reader of the series that pass given matchers, whatever is asked. A method that `Queryable` gains
 * does not compile until it is narrowed here.
 */
import type { ChunkedSeries } from "../../chunk/cut.ts";
import type { SeriesExemplars } from "../../model/exemplars.ts";
import { type LabelSet, METRIC_NAME } from "../../model/labels.ts";
import type { Matcher } from "../../model/matcher.ts";
import type { MetricDescription } from "../../model/metric-metadata.ts";
import type { SeriesRows } from "../../model/rows/hour-rows.ts";
import type { Series } from "../../model/samples.ts";
import type { Lookup, RowSelection, Selection } from "../../model/selection.ts";
import { type Clock, DAY_MS, MAX_TIMESTAMP_MS, type TimeRange } from "../../model/time.ts";
import type { Queryable, ReadCost, SelectionReads } from "../interface.ts";
import type { Reader } from "./reader.ts";

/** What the series of one metric family are named, after the family's name. */
const FAMILY_SUFFIXES = ["", "_bucket", "_count", "_sum", "_total", "_created", "_info"];

export class NarrowedReader implements Queryable {
  readonly #reader: Reader;
  readonly #matchers: readonly Matcher[];
  readonly #clock: Clock;

  constructor(reader: Reader, matchers: readonly Matcher[], clock: Clock) {
    this.#reader = reader;
    this.#matchers = matchers;
    this.#clock = clock;
  }

  get held() {
    return this.#reader.held;
  }

  get keptSinceMs() {
    return this.#reader.keptSinceMs;
  }

  select(selection: Selection, signal?: AbortSignal): AsyncIterable<Series> {
    return this.#reader.select(this.#narrowed(selection), signal);
  }

  selectChunks(selection: Selection, signal?: AbortSignal): AsyncIterable<ChunkedSeries> {
    return this.#reader.selectChunks(this.#narrowed(selection), signal);
  }

  selectRows(selection: RowSelection, signal?: AbortSignal): AsyncIterable<SeriesRows> {
    return this.#reader.selectRows(this.#narrowed(selection), signal);
  }

  labelNames(selection: Lookup, signal?: AbortSignal): Promise<string[]> {
    return this.#reader.labelNames(this.#narrowed(selection), signal);
  }

  labelValues(name: string, selection: Lookup, signal?: AbortSignal): Promise<string[]> {
    return this.#reader.labelValues(name, this.#narrowed(selection), signal);
  }

  series(selection: Lookup, signal?: AbortSignal): Promise<LabelSet[]> {
    return this.#reader.series(this.#narrowed(selection), signal);
  }

  forEachSeries(
    selection: Lookup,
    onSeries: (labels: LabelSet) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#reader.forEachSeries(this.#narrowed(selection), onSeries, signal);
  }

  /** Of metrics that have a series that passes today or yesterday. Metadata has no labels of its own. */
  async metadata(
    metric?: string,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, readonly MetricDescription[]>> {
    const all = await this.#reader.metadata(metric, signal);
    if (all.size === 0) return all;
    const recent = { matchers: [], minTime: this.#clock() - DAY_MS, maxTime: MAX_TIMESTAMP_MS };
    const names = new Set(await this.labelValues(METRIC_NAME, recent, signal));
    const isSeen = (family: string) => FAMILY_SUFFIXES.some((suffix) => names.has(family + suffix));
    return new Map([...all].filter(([family]) => isSeen(family)));
  }

  async exemplars(
    selections: readonly (readonly Matcher[])[],
    range: TimeRange,
    signal?: AbortSignal,
  ): Promise<readonly SeriesExemplars[]> {
    const narrowed = selections.map((matchers) => [...matchers, ...this.#matchers]);
    return this.#reader.exemplars(narrowed, range, signal);
  }

  explain(selection: Selection, signal?: AbortSignal): Promise<SelectionReads> {
    return this.#reader.explain(this.#narrowed(selection), signal);
  }

  explainRows(selection: RowSelection, signal?: AbortSignal): Promise<ReadCost> {
    return this.#reader.explainRows(this.#narrowed(selection), signal);
  }

  #narrowed<T extends { readonly matchers: readonly Matcher[] }>(selection: T): T {
    return { ...selection, matchers: [...selection.matchers, ...this.#matchers] };
  }
}
