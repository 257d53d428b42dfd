/** A series on its way into the index: its label set, and where that sorts. */
import { compareLabelSets, type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import { textHash } from "../series/series-hash.ts";

export interface IndexEntry {
  /** Of the metric name: what the series' hash begins with, as a number. */
  readonly hash: number;
  /** The labels in one string, to sort by. */
  readonly key: string;
  readonly labels: LabelSet;
}

/** Metric names whose hashes are remembered: a metric's series come one after another. */
const MAX_REMEMBERED = 10_000;

/** Makes entries; remembers the hashes of metric names. */
export class IndexEntries {
  readonly #hashes = new Map<string, number>();

  entryOf(labels: LabelSet): IndexEntry {
    const metric = labelValue(labels, METRIC_NAME);
    let hash = this.#hashes.get(metric);
    if (hash === undefined) {
      hash = textHash(metric);
      if (this.#hashes.size === MAX_REMEMBERED) this.#hashes.clear();
      this.#hashes.set(metric, hash);
    }
    return { hash, key: labels.map((label) => label.join("\u0000")).join("\u0000"), labels };
  }
}

/** By metric hash, so that a metric's lie together; then so that alike label sets do. */
export function compareEntries(a: IndexEntry, b: IndexEntry): number {
  return a.hash - b.hash || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
}

/** Whether an entry is the one before it once more. */
export function isSameSeries(a: IndexEntry, b: IndexEntry | undefined): boolean {
  return b !== undefined && a.key === b.key && compareLabelSets(a.labels, b.labels) === 0;
}
