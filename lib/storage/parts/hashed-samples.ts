/** Samples of many series on their way from one form to another, by series hash. */

import { sortColumns } from "../../chunk/merge-mixed.ts";
import { SampleColumns } from "../../chunk/sample-columns.ts";
import type { HistogramSamples } from "../../model/histogram-samples.ts";
import { lowerBound } from "../../model/lower-bound.ts";
import type { MixedSamples, Samples } from "../../model/samples.ts";
import { HISTOGRAM_WEIGHT } from "../layout/shard.ts";

/** A series' hash in hex, and its samples sorted by time, each time once. */
export type HashedSeries = readonly [hash: string, samples: MixedSamples];

/** Columns by series hash (hex), filled in the order of reception. */
export class HashedSamples {
  readonly #columns = new Map<string, SampleColumns>();

  columnsOf(hash: string): SampleColumns {
    let columns = this.#columns.get(hash);
    if (columns === undefined) {
      columns = new SampleColumns(12);
      this.#columns.set(hash, columns);
    }
    return columns;
  }

  /** Series that have samples, by ascending hash; of two samples of one time the one appended last. */
  sorted(): HashedSeries[] {
    return [...this.#columns.keys()].sort().flatMap((hash): HashedSeries[] => {
      const columns = this.#columns.get(hash)!;
      return columns.count === 0 ? [] : [[hash, sortColumns(columns)]];
    });
  }
}

/** The samples of `start..end` (half-open, ms), series without any left out; views of the same memory. */
export function* sliceByTime(
  series: Iterable<HashedSeries>,
  start: number,
  end: number,
): Generator<HashedSeries> {
  for (const [hash, samples] of series) {
    const slice = samplesBetween(samples, start, end);
    if (countSamples(slice) > 0) yield [hash, slice];
  }
}

/** The samples of `start..end` (half-open, ms): views of the same memory. */
export function samplesBetween(samples: MixedSamples, start: number, end: number): MixedSamples {
  const { timestamps, values } = samples;
  const from = lowerBound(timestamps, start);
  const to = lowerBound(timestamps, end);
  const floats = {
    timestamps: timestamps.subarray(from, to),
    values: values.subarray(from, to),
    ...startsBetween(samples, from, to),
  };
  const histograms = samples.histograms && histogramsBetween(samples.histograms, start, end);
  return histograms === undefined ? floats : { ...floats, histograms };
}

function startsBetween(
  { startTimestamps }: Pick<Samples, "startTimestamps">,
  from: number,
  to: number,
): Pick<Samples, "startTimestamps"> {
  return startTimestamps === undefined ? {} : { startTimestamps: startTimestamps.subarray(from, to) };
}

function histogramsBetween(
  samples: HistogramSamples,
  start: number,
  end: number,
): HistogramSamples | undefined {
  const { timestamps } = samples;
  const from = lowerBound(timestamps, start);
  const to = lowerBound(timestamps, end);
  if (from === to) return undefined;
  if (to - from === timestamps.length) return samples;
  return {
    timestamps: timestamps.subarray(from, to),
    histograms: samples.histograms.slice(from, to),
    ...startsBetween(samples, from, to),
  };
}

/** Of both kinds. */
export function countSamples({ timestamps, histograms }: MixedSamples): number {
  return timestamps.length + (histograms?.timestamps.length ?? 0);
}

export interface SampleExtent {
  readonly samples: number;
  readonly minTime: number;
  readonly maxTime: number;
}

/** How many samples there are and from when to when; of none, no time. */
export function extentOf(series: Iterable<HashedSeries>): SampleExtent {
  let samples = 0;
  let minTime = Number.POSITIVE_INFINITY;
  let maxTime = Number.NEGATIVE_INFINITY;
  for (const [, one] of series) {
    samples += countSamples(one);
    for (const { timestamps } of one.histograms === undefined ? [one] : [one, one.histograms]) {
      if (timestamps.length === 0) continue;
      minTime = Math.min(minTime, timestamps[0]);
      maxTime = Math.max(maxTime, timestamps[timestamps.length - 1]);
    }
  }
  return { samples, minTime, maxTime };
}

export function union(a: SampleExtent, b: SampleExtent): SampleExtent {
  return {
    samples: a.samples + b.samples,
    minTime: Math.min(a.minTime, b.minTime),
    maxTime: Math.max(a.maxTime, b.maxTime),
  };
}

/** How many samples of floats take as much. */
export function weightOf(series: Iterable<HashedSeries>): number {
  let weight = 0;
  for (const [, { timestamps, histograms }] of series) {
    weight += timestamps.length + HISTOGRAM_WEIGHT * (histograms?.timestamps.length ?? 0);
  }
  return weight;
}
