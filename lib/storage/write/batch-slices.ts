/** A batch in parts: what is learned of a large one can be forgotten in time, not only at its end. */
import type { AppendBatch } from "../../model/sample-batch.ts";

/** Series of a batch that are stored before the next ones are looked at. Senders' requests have 2,000. */
const SLICE_SERIES = 10_000;

/** Some series of a batch with all that belongs to them. */
export interface BatchSlice {
  readonly batch: AppendBatch;
  /** Series `first..first + count` of the batch (half-open). */
  readonly first: number;
  readonly count: number;
}

/** The slices of a batch, in its order. */
export function* slicesBySeries(batch: AppendBatch): Generator<BatchSlice, void, void> {
  const { sampleCount, startTimestamps } = batch;
  const sampleSeries = batch.sampleSeries.subarray(0, sampleCount);
  const histograms = new SeriesCursor(batch.histograms);
  const exemplars = new SeriesCursor(batch.exemplars);
  let start = 0;
  while (start < sampleCount || histograms.hasMore || exemplars.hasMore) {
    const first = Math.min(
      sampleSeries[start] ?? Number.POSITIVE_INFINITY,
      histograms.series,
      exemplars.series,
    );
    const beyond = first + SLICE_SERIES;
    const end = firstBeyond(sampleSeries, start, beyond);
    const slice = {
      ...batch,
      sampleCount: end - start,
      sampleSeries: sampleSeries.subarray(start, end),
      timestamps: batch.timestamps.subarray(start, end),
      values: batch.values.subarray(start, end),
      startTimestamps: startTimestamps?.subarray(start, end),
      histograms: histograms.take(beyond),
      exemplars: exemplars.take(beyond),
    };
    yield { batch: slice, first, count: Math.min(beyond, batch.seriesCount) - first };
    start = end;
  }
}

/** The first index from `start` on of a series that is `beyond` or later: mostly none. */
function firstBeyond(ascending: Int32Array, start: number, beyond: number): number {
  if (start === ascending.length || ascending[ascending.length - 1] < beyond) return ascending.length;
  let end = start;
  while (ascending[end] < beyond) end++;
  return end;
}

/** Goes through what belongs to a batch's series, which ascend. */
class SeriesCursor<T extends { readonly series: number }> {
  readonly #all: readonly T[];
  #at = 0;

  constructor(all: readonly T[] = []) {
    this.#all = all;
  }

  get hasMore(): boolean {
    return this.#at < this.#all.length;
  }

  /** Of the next; none is infinite. */
  get series(): number {
    return this.#all[this.#at]?.series ?? Number.POSITIVE_INFINITY;
  }

  /** Those of series before `beyond`. */
  take(beyond: number): readonly T[] {
    const start = this.#at;
    while (this.series < beyond) this.#at++;
    return start === 0 && !this.hasMore ? this.#all : this.#all.slice(start, this.#at);
  }
}
