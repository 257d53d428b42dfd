/** Samples of many series on their way from one form to another, by series hash. */
import { sortSamples } from "../chunk/merge.ts";
import { SampleColumns } from "../chunk/sample-columns.ts";
import type { Samples } from "../model/samples.ts";

/** A series' hash in hex, and its samples sorted by time, each time once. */
export type HashedSeries = readonly [hash: string, samples: Samples];

/** Columns by series hash (hex), filled in the order of reception. */
export class HashedSamples {
  readonly #columns = new Map<string, SampleColumns>();

  columnsOf(hash: string): SampleColumns {
    let columns = this.#columns.get(hash);
    if (columns === undefined) {
      columns = new SampleColumns(8);
      this.#columns.set(hash, columns);
    }
    return columns;
  }

  /** Series that have samples, by ascending hash; of two samples of one time the one appended last. */
  sorted(): HashedSeries[] {
    return [...this.#columns.keys()].sort().flatMap((hash): HashedSeries[] => {
      const { timestamps, values, count } = this.#columns.get(hash)!;
      return count === 0 ? [] : [[hash, sortSamples(timestamps, values, count)]];
    });
  }
}

/** The samples of `start..end` (half-open, ms), series without any left out; views of the same memory. */
export function* sliceByTime(
  series: Iterable<HashedSeries>,
  start: number,
  end: number,
): Generator<HashedSeries> {
  for (const [hash, { timestamps, values }] of series) {
    const from = lowerBound(timestamps, start);
    const to = lowerBound(timestamps, end);
    if (from === to) continue;
    yield [hash, { timestamps: timestamps.subarray(from, to), values: values.subarray(from, to) }];
  }
}

/** The index of the first of ascending times that is at or after `time`. */
export function lowerBound(timestamps: Float64Array, time: number): number {
  let low = 0;
  let high = timestamps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timestamps[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
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
  for (const [, { timestamps }] of series) {
    samples += timestamps.length;
    minTime = Math.min(minTime, timestamps[0]);
    maxTime = Math.max(maxTime, timestamps[timestamps.length - 1]);
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
