/** Zero buckets of native histograms: to compare or add two, both must be as wide. */
import { bucketBound } from "./float-histogram-bounds.ts";
import { sideOf } from "./float-histogram-side.ts";
import type { Histogram } from "./histogram.ts";

type Column = ArrayLike<number>;
/** Buckets on one side of zero. */
export interface SideColumns {
  readonly indexes: Column;
  readonly counts: Column;
}

export function sideColumns({ positive, negative }: Histogram): readonly SideColumns[] {
  return [sideOf(positive), sideOf(negative)];
}

/**
 * What a zero bucket up to `threshold` or more counts. A threshold inside of a populated bucket moves to that one's end,
 * which may take in more buckets of either side.
 */
export function widerZeroBucket(
  layout: Pick<Histogram, "schema" | "customBounds" | "zeroThreshold">,
  zeroCount: number,
  sides: readonly SideColumns[],
  threshold: number,
): { count: number; threshold: number } {
  // Buckets that reach into the zero bucket as it is have what lies outside of it.
  if (threshold === layout.zeroThreshold) return { count: zeroCount, threshold };
  let reached = threshold;
  for (;;) {
    let count = zeroCount;
    let end = reached;
    for (const { indexes, counts } of sides) {
      for (let i = 0; i < indexes.length && bucketBound(indexes[i] - 1, layout) < end; i++) {
        count += counts[i];
        const upper = bucketBound(indexes[i], layout);
        if (upper > end && counts[i] !== 0) end = upper;
      }
    }
    if (end === reached) return { count, threshold: end };
    reached = end;
  }
}
