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

/** Each list holds the `limit` largest counts; among equal ones the first in the alphabet. */
export function cardinalityOf(
  series: readonly LabelSet[],
  { minTime, maxTime }: TimeRange,
  limit: number,
): Cardinality {
  const byMetric = new Map<string, number>();
  const byPair = new Map<string, number>();
  const values = new Map<string, Set<string>>();
  const bytes = new Map<string, number>();
  for (const labels of series) {
    for (const [name, value] of labels) {
      if (name === METRIC_NAME) add(byMetric, value, 1);
      add(byPair, `${name}=${value}`, 1);
      add(bytes, name, Buffer.byteLength(value));
      const known = values.get(name);
      if (known === undefined) values.set(name, new Set([value]));
      else known.add(value);
    }
  }
  return {
    seriesCount: series.length,
    labelPairCount: byPair.size,
    chunkCount: 0,
    minTime,
    maxTime,
    seriesByMetric: largest(byMetric, limit),
    valuesByLabel: largest(new Map([...values].map(([name, { size }]) => [name, size])), limit),
    bytesByLabel: largest(bytes, limit),
    seriesByLabelPair: largest(byPair, limit),
  };
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
