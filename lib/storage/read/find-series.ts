/** Which series of a day pass a query's matchers: from the index parts and, for what is newer, the series records. */
import { HearthError } from "../../model/errors.ts";
import { compareLabelSets, type LabelSet, labelValue, METRIC_NAME, printLabels } from "../../model/labels.ts";
import { type Matcher, printMatchers } from "../../model/matcher.ts";
import type { Unread } from "../index/index-catalogue.ts";
import { hashHex, metricHash, type SeriesHash, textHash } from "../series/series-hash.ts";
import type { Table } from "../table/table.ts";
import { LabelBytes } from "./label-bytes.ts";
import { cachedMatch, type IndexQuery, scanIndex } from "./scan-index.ts";

export interface SeriesQuery extends IndexQuery {
  readonly maxSeries: number;
  /** Bytes of memory that the labels of the day's selected series may take. */
  readonly maxLabelBytes: number;
  readonly hash: SeriesHash;
  /** Whether a series, by its hash in hex, belongs to the result. Default: every series. */
  readonly admits?: ((hash: string) => boolean) | undefined;
}

/** The selected series of one metric. */
export interface FoundMetric {
  /** What the hashes of its series begin with. */
  readonly hash: Uint8Array;
  /** Series that it has in the day, selected or not, about. */
  readonly total: number;
  /** Hashes in hex; at least one. */
  readonly series: readonly string[];
}

export interface FoundSeries {
  readonly metrics: readonly FoundMetric[];
  /** By hash in hex. */
  readonly labels: ReadonlyMap<string, LabelSet>;
  /** Label sets that were looked at, some of them more than once. */
  readonly seen: number;
}

/** The series of a day, in no order. Throws "too large" past `maxSeries`, "data" for two label sets with one hash. */
export async function findSeries(
  table: Table,
  query: SeriesQuery,
  signal?: AbortSignal,
): Promise<FoundSeries> {
  const collector = new Collector(query);
  const unread = await scanIndex(table, query, (labels) => collector.add(labels), signal);
  return collector.finish(unread);
}

/** What the caller of a query can do about too many series. It may have several selectors: the error names the one. */
export function tooManySeries(maxSeries: number, matchers: readonly Matcher[]): HearthError {
  return new HearthError(
    "too large",
    `query: more than ${maxSeries} series match ${printMatchers(matchers)}; add matchers or shorten the time range limit=maxQuerySeries`,
  );
}

/** What the caller of a lookup can do about them. */
export function tooManyFound(maxSeries: number, matchers: readonly Matcher[]): HearthError {
  return new HearthError(
    "too large",
    `lookup: more than ${maxSeries} series match ${printMatchers(matchers)}; add matchers, a limit up to ${maxSeries} or a shorter time range limit=maxQuerySeries`,
  );
}

/** Admits the first `count` series of all days together, and calls `onOmitted` for every other. */
export function admitFirst(count: number, onOmitted: () => void): (hash: string) => boolean {
  const admitted = new Set<string>();
  return (hash) => {
    if (admitted.has(hash)) return true;
    if (admitted.size >= count) {
      onOmitted();
      return false;
    }
    admitted.add(hash);
    return true;
  };
}

class Collector {
  readonly #query: SeriesQuery;
  readonly #passes: (labels: LabelSet) => boolean;
  /** Label sets seen of each metric, passing or not, and the hashes of those that pass. */
  readonly #metrics = new Map<string, { seen: number; readonly series: string[] }>();
  readonly #labels = new Map<string, LabelSet>();
  readonly #labelBytes: LabelBytes;

  constructor(query: SeriesQuery) {
    this.#query = query;
    this.#labelBytes = new LabelBytes(query.maxLabelBytes);
    this.#passes = cachedMatch(query.matchers);
  }

  add(labels: LabelSet): void {
    const name = labelValue(labels, METRIC_NAME);
    let metric = this.#metrics.get(name);
    if (metric === undefined) {
      metric = { seen: 0, series: [] };
      this.#metrics.set(name, metric);
    }
    metric.seen++;
    if (!this.#passes(labels)) return;
    const { memory, hash: hashOf } = this.#query;
    const hash = memory === undefined ? hashHex(hashOf(labels)) : memory.hashOf(labels, hashOf);
    const known = this.#labels.get(hash);
    if (known === undefined) {
      if (this.#query.admits?.(hash) === false) return;
      this.#labelBytes.add(labels);
      this.#labels.set(hash, labels);
      metric.series.push(hash);
    } else if (compareLabelSets(known, labels) !== 0) throw collision(hash, known, labels);
    const { maxSeries } = this.#query;
    if (this.#labels.size > maxSeries) throw tooManySeries(maxSeries, this.#query.matchers);
  }

  finish(unread: readonly Unread[]): FoundSeries {
    const metrics: FoundMetric[] = [];
    for (const [name, { seen, series }] of this.#metrics) {
      if (series.length === 0) continue;
      const more = unread.reduce((sum, countOf) => sum + countOf(textHash(name)), 0);
      metrics.push({ hash: metricHash(name), total: seen + more, series });
    }
    let seenSets = 0;
    for (const { seen } of this.#metrics.values()) seenSets += seen;
    return { metrics, labels: this.#labels, seen: seenSets };
  }
}

/** The error of two label sets that nobody could tell apart by what is stored under their hash. */
export function collision(hash: string, a: LabelSet, b: LabelSet): HearthError {
  return new HearthError("data", `index: ${printLabels(a)} and ${printLabels(b)} have the same hash ${hash}`);
}
