/**
 * The populated buckets on one side of zero by index, as arithmetic needs them. Spans are the
 * stored form.
 */

import type { Buckets, Span } from "../model/histogram.ts";
import { indexAtSchema } from "./bounds.ts";
import { newFloatColumn, newIndexColumn } from "./short-columns.ts";

/** Two columns of one length, by ascending index. */
export interface Side {
  readonly indexes: Int32Array;
  readonly counts: Float64Array;
}

export const NO_BUCKETS: Buckets = { spans: [], counts: new Float64Array(0) };

/** Buckets with ascending indexes. Their spans, as few as possible, are created on demand. */
export class IndexedBuckets implements Buckets, Side {
  readonly indexes: Int32Array;
  readonly counts: Float64Array;
  #spans: readonly Span[] | undefined;

  constructor(indexes: Int32Array, counts: Float64Array) {
    this.indexes = indexes;
    this.counts = counts;
  }

  get spans(): readonly Span[] {
    this.#spans ??= fewestSpans(this.indexes);
    return this.#spans;
  }
}

const NO_SIDE: Side = { indexes: new Int32Array(0), counts: NO_BUCKETS.counts };

/**
 * The indexes of stored spans, cached: the histograms of a chunk share their spans, and creating
 * the indexes is most of an addition. Callers must write to neither.
 */
const indexesOfSpans = new WeakMap<readonly Span[], Int32Array>();

/** Shares the counts with the given buckets, and the indexes with all buckets of the same spans. */
export function sideOf(buckets: Buckets): Side {
  if (buckets instanceof IndexedBuckets) return buckets;
  const { spans, counts } = buckets;
  if (counts.length === 0) return NO_SIDE;
  let indexes = indexesOfSpans.get(spans);
  if (indexes === undefined) {
    indexes = new Int32Array(counts.length);
    let index = 0;
    let position = 0;
    for (const span of spans) {
      index += span.offset;
      for (let i = 0; i < span.length; i++) indexes[position++] = index++;
    }
    indexesOfSpans.set(spans, indexes);
  }
  return { indexes, counts };
}

/** The buckets with as few spans as possible. Shares the counts. */
export function bucketsOf({ indexes, counts }: Side): Buckets {
  return counts.length === 0 ? NO_BUCKETS : new IndexedBuckets(indexes, counts);
}

/** The same buckets with other counts. */
export function withCounts(buckets: Buckets, counts: Float64Array): Buckets {
  return buckets instanceof IndexedBuckets
    ? new IndexedBuckets(buckets.indexes, counts)
    : { spans: buckets.spans, counts };
}

function fewestSpans(indexes: Int32Array): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (let i = 0; i < indexes.length; ) {
    const start = i;
    const offset = indexes[i] - end;
    while (i < indexes.length && indexes[i] - indexes[start] === i - start) i++;
    end = indexes[i - 1] + 1;
    spans.push({ offset, length: i - start });
  }
  return spans;
}

/** Without empty buckets; the same object if there are none. */
export function withoutEmptyBuckets(side: Side): Side {
  let populated = 0;
  for (let i = 0; i < side.counts.length; i++) if (side.counts[i] !== 0) populated++;
  if (populated === side.counts.length) return side;
  const indexes = newIndexColumn(populated);
  const counts = newFloatColumn(populated);
  for (let i = 0, kept = 0; kept < populated; i++) {
    if (side.counts[i] === 0) continue;
    indexes[kept] = side.indexes[i];
    counts[kept++] = side.counts[i];
  }
  return { indexes, counts };
}

/** At a lower resolution: neighbours that share a bucket are added up. */
export function atLowerSchema(side: Side, from: number, to: number): Side {
  if (from === to) return side;
  const indexes: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < side.indexes.length; i++) {
    const index = indexAtSchema(side.indexes[i], from, to);
    if (indexes.length > 0 && indexes[indexes.length - 1] === index)
      counts[counts.length - 1] += side.counts[i];
    else {
      indexes.push(index);
      counts.push(side.counts[i]);
    }
  }
  return { indexes: Int32Array.from(indexes), counts: Float64Array.from(counts) };
}
