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
  /** Series by label and value. Not by `name=value`: values may be as long as keys of a `Map` should be. */
  readonly #values = new Map<string, Map<string, number>>();
  readonly #bytes = new Map<string, number>();

  /** Counts a series. Returns how many there are. */
  add(labels: LabelSet): number {
    for (const [name, value] of labels) {
      if (name === METRIC_NAME) add(this.#byMetric, value, 1);
      add(this.#bytes, name, Buffer.byteLength(value));
      const values = this.#values.get(name) ?? new Map<string, number>();
      this.#values.set(name, values);
      add(values, value, 1);
    }
    return ++this.#seriesCount;
  }

  /** Each list holds the `limit` largest counts; among equal ones the first in the alphabet. */
  finish({ minTime, maxTime }: TimeRange, limit: number): Cardinality {
    const valueCounts = [...this.#values].map(([name, { size }]) => ({ name, value: size }));
    const pairs = [...this.#values].flatMap(([name, values]) =>
      largest(values, limit).map((one) => ({ name: `${name}=${one.name}`, value: one.value })),
    );
    return {
      seriesCount: this.#seriesCount,
      labelPairCount: valueCounts.reduce((sum, { value }) => sum + value, 0),
      chunkCount: 0,
      minTime,
      maxTime,
      seriesByMetric: largest(this.#byMetric, limit),
      valuesByLabel: largestOf(valueCounts, limit),
      bytesByLabel: largest(this.#bytes, limit),
      seriesByLabelPair: largestOf(pairs, limit),
    };
  }
}

function add(counts: Map<string, number>, name: string, more: number): void {
  counts.set(name, (counts.get(name) ?? 0) + more);
}

function largest(counts: ReadonlyMap<string, number>, limit: number): CountedNames {
  return largestOf(
    Array.from(counts, ([name, value]) => ({ name, value })),
    limit,
  );
}

function largestOf(counts: CountedNames, limit: number): CountedNames {
  return counts.toSorted((a, b) => b.value - a.value || (a.name < b.name ? -1 : 1)).slice(0, limit);
}
