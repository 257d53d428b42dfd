/** The populated buckets on one side of zero by their index: what arithmetic works on. Spans are how they are stored. */
import { indexAtSchema } from "./float-histogram-bounds.ts";
import type { Buckets, Span } from "./histogram.ts";

/** Two columns of one length, by ascending index. */
export interface Side {
  readonly indexes: Int32Array;
  readonly counts: Float64Array;
}

export const NO_BUCKETS: Buckets = { spans: [], counts: new Float64Array(0) };

/** Shares the counts with the buckets it is made of. */
export function sideOf({ spans, counts }: Buckets): Side {
  const indexes = new Int32Array(counts.length);
  let index = 0;
  let position = 0;
  for (const span of spans) {
    index += span.offset;
    for (let i = 0; i < span.length; i++) indexes[position++] = index++;
  }
  return { indexes, counts };
}

/** The buckets with as few spans as possible; shares the counts. */
export function bucketsOf({ indexes, counts }: Side): Buckets {
  const spans: Span[] = [];
  let end = 0;
  for (let i = 0; i < indexes.length; ) {
    const start = i;
    const offset = indexes[i] - end;
    while (i < indexes.length && indexes[i] - indexes[start] === i - start) i++;
    end = indexes[i - 1] + 1;
    spans.push({ offset, length: i - start });
  }
  return { spans, counts };
}

/** Without empty buckets; the same object where there are none. */
export function withoutEmptyBuckets(side: Side): Side {
  if (!side.counts.includes(0)) return side;
  const kept = side.indexes.map((_, i) => i).filter((i) => side.counts[i] !== 0);
  return {
    indexes: kept.map((i) => side.indexes[i]),
    counts: Float64Array.from(kept, (i) => side.counts[i]),
  };
}

/** At a lower resolution: neighbours that fall into one bucket are added up. */
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
