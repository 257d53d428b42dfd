/** Counts of series, names and values over label sets, for `/status/tsdb`. */
import { type LabelSet, METRIC_NAME } from "../../model/labels.ts";
import type { TimeRange } from "../../model/time.ts";

/** Counts by name, the largest first. */
export type CountedNames = readonly { readonly name: string; readonly value: number }[];

export interface Cardinality {
  readonly seriesCount: number;
  readonly labelPairCount: number;
  readonly chunkCount: number;
  /** In ms. */
  readonly minTime: number;
  readonly maxTime: number;
  readonly seriesByMetric: CountedNames;
  readonly valuesByLabel: CountedNames;
  readonly bytesByLabel: CountedNames;
  readonly seriesByLabelPair: CountedNames;
}

/** Counts series as they are found: none of them is kept. */
export class CardinalityCounter {
  #seriesCount = 0;
  readonly #byMetric = new Map<string, number>();
  readonly #byPair = new Map<string, number>();
  readonly #values = new Map<string, Set<string>>();
  readonly #bytes = new Map<string, number>();

  /** Counts a series. Returns how many there are. */
  add(labels: LabelSet): number {
    for (const [name, value] of labels) {
      if (name === METRIC_NAME) add(this.#byMetric, value, 1);
      add(this.#byPair, `${name}=${value}`, 1);
      add(this.#bytes, name, Buffer.byteLength(value));
      const known = this.#values.get(name);
      if (known === undefined) this.#values.set(name, new Set([value]));
      else known.add(value);
    }
    return ++this.#seriesCount;
  }

  /** Each list holds the `limit` largest counts; among equal ones the first in the alphabet. */
  finish({ minTime, maxTime }: TimeRange, limit: number): Cardinality {
    const values = new Map([...this.#values].map(([name, { size }]) => [name, size]));
    return {
      seriesCount: this.#seriesCount,
      labelPairCount: this.#byPair.size,
      chunkCount: 0,
      minTime,
      maxTime,
      seriesByMetric: largest(this.#byMetric, limit),
      valuesByLabel: largest(values, limit),
      bytesByLabel: largest(this.#bytes, limit),
      seriesByLabelPair: largest(this.#byPair, limit),
    };
  }
}

function add(counts: Map<string, number>, name: string, more: number): void {
  counts.set(name, (counts.get(name) ?? 0) + more);
}

function largest(counts: ReadonlyMap<string, number>, limit: number): CountedNames {
  return [...counts]
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1))
    .slice(0, limit);
}
