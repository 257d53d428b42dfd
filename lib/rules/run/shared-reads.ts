/**
 * Reads that rules share. Rules of a tenant that are due together often look at the same metrics: what several of them select
 * of a metric is read once, for all of them, and each takes its part.
 */

import { labelValue, METRIC_NAME } from "../../model/labels.ts";
import { lowerBound } from "../../model/lower-bound.ts";
import type { Matcher } from "../../model/matcher.ts";
import type { Samples, Series } from "../../model/samples.ts";
import type { Selection } from "../../model/selection.ts";
import type { SeriesSource } from "../../promql/engine-interface.ts";

/** What several selections of a metric have in common: all their times, and series that pass the matchers of all. */
interface SharedRead {
  readonly selection: Selection;
  readonly keys: ReadonlySet<string>;
  /** Undefined if it is more than may be kept. */
  loaded: Promise<readonly Series[] | undefined> | undefined;
}

/** Samples that are kept at once, of all metrics: 48 MB. */
const MAX_SAMPLES = 3_000_000;

export class SharedReads implements SeriesSource {
  readonly #inner: SeriesSource;
  readonly #shared: ReadonlyMap<string, SharedRead>;
  #samples = 0;

  /** `planned`: what is about to be selected. Selections beyond that are passed on. */
  constructor(inner: SeriesSource, planned: readonly Selection[]) {
    this.#inner = inner;
    this.#shared = planShared(planned);
  }

  async *select(selection: Selection, signal?: AbortSignal): AsyncGenerator<Series, void, void> {
    const shared = this.#find(selection);
    const all = await (shared && this.#load(shared));
    if (shared === undefined || all === undefined) {
      yield* this.#inner.select(selection, signal);
      return;
    }
    const matchers = selection.matchers.filter((matcher) => !shared.keys.has(keyOf(matcher)));
    for (const series of all) {
      if (!matchers.every(({ name, matches }) => matches(labelValue(series.labels, name)))) continue;
      const part = within(series, selection);
      if (part !== undefined) yield part;
    }
  }

  #find({ matchers, minTime, maxTime }: Selection): SharedRead | undefined {
    const name = metricOf(matchers);
    const shared = name === undefined ? undefined : this.#shared.get(name);
    if (shared === undefined) return undefined;
    const { selection, keys } = shared;
    const own = new Set(matchers.map(keyOf));
    const isWithin = minTime >= selection.minTime && maxTime <= selection.maxTime;
    return isWithin && [...keys].every((key) => own.has(key)) ? shared : undefined;
  }

  #load(shared: SharedRead): Promise<readonly Series[] | undefined> {
    shared.loaded ??= this.#read(shared.selection);
    // Whoever comes later tries again.
    shared.loaded.catch(() => {
      shared.loaded = undefined;
    });
    return shared.loaded;
  }

  async #read(selection: Selection): Promise<readonly Series[] | undefined> {
    const all: Series[] = [];
    for await (const { release: _, ...series } of this.#inner.select(selection)) {
      this.#samples += series.timestamps.length;
      // Histograms are made as they are asked for, in columns that cannot be cut.
      if (series.histograms !== undefined || this.#samples > MAX_SAMPLES) return undefined;
      all.push(series);
    }
    return all;
  }
}

/** Metrics that are selected more than once. */
function planShared(planned: readonly Selection[]): Map<string, SharedRead> {
  const byName = new Map<string, Selection[]>();
  for (const selection of planned) {
    const name = metricOf(selection.matchers);
    if (name === undefined) continue;
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [selection]);
    else same.push(selection);
  }
  const shared = new Map<string, SharedRead>();
  for (const [name, selections] of byName) if (selections.length > 1) shared.set(name, union(selections));
  return shared;
}

function union(selections: readonly Selection[]): SharedRead {
  const [first, ...others] = selections;
  const common = first.matchers.filter((matcher) =>
    others.every(({ matchers }) => matchers.some((other) => keyOf(other) === keyOf(matcher))),
  );
  const minTime = Math.min(...selections.map((selection) => selection.minTime));
  const maxTime = Math.max(...selections.map((selection) => selection.maxTime));
  return {
    selection: { matchers: common, minTime, maxTime },
    keys: new Set(common.map(keyOf)),
    loaded: undefined,
  };
}

/** The metric of matchers that name one. */
function metricOf(matchers: readonly Matcher[]): string | undefined {
  return matchers.find(({ name, type }) => name === METRIC_NAME && type === "=")?.value;
}

function keyOf({ type, name, value }: Matcher): string {
  return `${name.length}:${name}${type}${value}`;
}

/** The samples of a range, as views; undefined for none. */
function within(series: Series, { minTime, maxTime }: Selection): Series | undefined {
  const { labels, timestamps, values, startTimestamps } = series;
  const start = lowerBound(timestamps, minTime);
  const end = lowerBound(timestamps, maxTime + 1, start);
  if (start === end) return undefined;
  if (start === 0 && end === timestamps.length) return series;
  const part: Samples = { timestamps: timestamps.subarray(start, end), values: values.subarray(start, end) };
  return startTimestamps === undefined
    ? { labels, ...part }
    : { labels, ...part, startTimestamps: startTimestamps.subarray(start, end) };
}
