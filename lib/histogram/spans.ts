/**
 * Conversions between the spans of a native histogram's buckets and the indices of these buckets.
 */
import { type Buckets, CUSTOM_BUCKETS_SCHEMA, type Histogram, type Span } from "../model/histogram.ts";

/** No buckets. Shared: nobody may write to it. */
export const NO_BUCKETS: Buckets = { spans: [], counts: new Float64Array(0) };

const NO_BOUNDS = new Float64Array(0);

/** A staleness marker of a series of histograms: no buckets, and any sum. */
export function staleHistogram(
  kind: Histogram["kind"],
  counterResetHint: Histogram["counterResetHint"],
): Histogram {
  return {
    kind,
    counterResetHint,
    schema: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: Number.NaN,
    positive: NO_BUCKETS,
    negative: NO_BUCKETS,
    customBounds: NO_BOUNDS,
    isStale: true,
  };
}

/** Whether a histogram's buckets have explicit bounds. */
export function hasCustomBuckets({ schema }: Pick<Histogram, "schema">): boolean {
  return schema === CUSTOM_BUCKETS_SCHEMA;
}

/** The number of buckets in spans. */
export function countBuckets(spans: readonly Span[]): number {
  let count = 0;
  for (const { length } of spans) count += length;
  return count;
}

/**
 * The index of each bucket, ascending if offsets are not negative. The caller ensures that they fit
 * in memory.
 */
export function bucketIndices(spans: readonly Span[]): Float64Array {
  const indices = new Float64Array(countBuckets(spans));
  let at = 0;
  let index = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) indices[at++] = index++;
  }
  return indices;
}

/** The fewest spans of buckets with these ascending indices. */
export function spansOf(indices: Float64Array): Span[] {
  const spans: { offset: number; length: number }[] = [];
  let next = 0;
  for (let i = 0; i < indices.length; i++) {
    if (i > 0 && indices[i] === next) spans[spans.length - 1].length++;
    else spans.push({ offset: indices[i] - next, length: 1 });
    next = indices[i] + 1;
  }
  return spans;
}

/** Whether two lists of spans are identical. */
export function equalSpans(a: readonly Span[], b: readonly Span[]): boolean {
  return (
    a === b ||
    (a.length === b.length &&
      a.every(({ offset, length }, i) => offset === b[i].offset && length === b[i].length))
  );
}
