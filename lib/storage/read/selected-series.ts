/** The series that a query selects, of all its days together, numbered in the order in which they are answered. */

import { compareLabelSets, type LabelSet, printLabels } from "../../model/labels.ts";
import { lowerBound } from "../../model/lower-bound.ts";
import type { DayDeletions } from "../deletion/deletion.ts";
import type { Manifest } from "../layout/manifest.ts";
import type { Shard } from "../layout/shard.ts";
import type { RowSource } from "../rollups/rollup-manifest.ts";
import { collision, type FoundMetric, type FoundSeries } from "./find-series.ts";
import { LabelBytes } from "./label-bytes.ts";

/** A day of the range that has samples. */
export interface ReadableDay {
  readonly day: number;
  /** Those of its log. */
  readonly shards: readonly Shard[];
  readonly manifest: Manifest;
  readonly deletions: DayDeletions;
  /** Of a part of rows, whose first day `day` is: where its rows come from, and `manifest` has its index alone. */
  readonly rows?: RowSource | undefined;
}

/** The selected series of one metric and day. */
interface NumberedMetric {
  readonly hash: Uint8Array;
  /** Series that it has in the day, selected or not. */
  readonly total: number;
  /** Numbers of series, ascending. */
  readonly series: Int32Array;
}

export interface SelectedDay extends ReadableDay {
  readonly metrics: readonly NumberedMetric[];
}

/** By the number of a series: its labels, in ascending order, and its hash in hex. */
export interface SelectedSeries {
  readonly labels: readonly LabelSet[];
  readonly hashes: readonly string[];
  readonly days: readonly SelectedDay[];
  /** Whether consecutive numbers are consecutive hashes. */
  readonly isByHash?: boolean;
}

/** What has been found so far: series in the order in which they were found, each with one label set whatever its days. */
export interface FoundDays {
  readonly numbers: Map<string, number>;
  readonly labels: LabelSet[];
  readonly days: SelectedDay[];
  readonly labelBytes: LabelBytes;
}

/** `maxLabelBytes`: the memory that the labels of all its days may take. */
export function noSeries(maxLabelBytes: number): FoundDays {
  return { numbers: new Map(), labels: [], days: [], labelBytes: new LabelBytes(maxLabelBytes) };
}

/** Adds what one day has. Throws "data" for two label sets with one hash. */
export function addDay(found: FoundDays, day: ReadableDay, { metrics, labels }: FoundSeries): void {
  const { numbers } = found;
  const numberOf = (hash: string): number => {
    const labelSet = labels.get(hash)!;
    const known = numbers.get(hash);
    if (known === undefined) {
      found.labelBytes.add(labelSet);
      numbers.set(hash, numbers.size);
      return found.labels.push(labelSet) - 1;
    }
    if (compareLabelSets(found.labels[known], labelSet) !== 0)
      throw collision(hash, found.labels[known], labelSet);
    return known;
  };
  const numbered = metrics.map(({ hash, total, series }) => ({
    hash,
    total,
    series: Int32Array.from(series, numberOf),
  }));
  if (numbered.length > 0) found.days.push({ ...day, metrics: numbered });
}

/** Numbers the series by label set. */
export function sortByLabels({ numbers, labels, days }: FoundDays): SelectedSeries {
  // An array, not a typed one: the index has the series of a metric in this order, and only an array's sort looks whether all is well.
  const order = [...labels.keys()].sort((a, b) => compareLabelSets(labels[a], labels[b]));
  return renumber({ labels, hashes: [...numbers.keys()], days }, order);
}

/** Numbers them by hash, which is their order in the table: consecutive ones lie side by side. */
export function sortByHash(selected: SelectedSeries): SelectedSeries {
  const { hashes } = selected;
  const order = [...hashes.keys()].sort((a, b) => (hashes[a] < hashes[b] ? -1 : 1));
  return { ...renumber(selected, order), isByHash: true };
}

/** `order`: the present numbers, in the order of the new ones. The numbers of `days` are replaced in place. */
function renumber({ labels, hashes, days }: SelectedSeries, order: readonly number[]): SelectedSeries {
  const ranks = new Int32Array(order.length);
  order.forEach((number, rank) => {
    ranks[number] = rank;
  });
  for (const { metrics } of days) {
    for (const { series } of metrics) {
      series.forEach((number, i) => {
        series[i] = ranks[number];
      });
      series.sort();
    }
  }
  return {
    labels: order.map((number) => labels[number]),
    hashes: order.map((number) => hashes[number]),
    days,
  };
}

/**
 * Of a day's metrics those with series of the numbers `start..end` (half-open), and these. By hash, the series that nobody
 * asks for lie evenly between the others: `total` has those of the same span.
 */
export function metricsWithin(
  { hashes, isByHash = false }: SelectedSeries,
  { metrics }: SelectedDay,
  start: number,
  end: number,
): FoundMetric[] {
  const within: FoundMetric[] = [];
  for (const { hash, total, series } of metrics) {
    const from = lowerBound(series, start);
    const to = lowerBound(series, end);
    if (from === to) continue;
    const share = isByHash ? (to - from) / series.length : 1;
    within.push({
      hash,
      total: Math.ceil(total * share),
      series: Array.from(series.subarray(from, to), (number) => hashes[number]),
    });
  }
  return within;
}

/** The labels of a hash in hex, printed; undefined if it was not selected. */
export function nameOf({ hashes, labels }: SelectedSeries, hash: string): string | undefined {
  const number = hashes.indexOf(hash);
  return number < 0 ? undefined : printLabels(labels[number]);
}
