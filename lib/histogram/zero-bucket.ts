/** Zero buckets of native histograms. Comparisons and sums need equal widths. */

import type { Histogram } from "../model/histogram.ts";
import { compensate } from "../number/kahan.ts";
import { bucketBound } from "./bounds.ts";
import { sideOf } from "./side.ts";

type Column = ArrayLike<number>;
/** Buckets on one side of zero. `lost` is the rounding error of their counts, if that is kept. */
export interface SideColumns {
  readonly indexes: Column;
  readonly counts: Column;
  readonly lost?: Column | undefined;
}

/** The count of a zero bucket. `lost` as above. */
interface ZeroCount {
  readonly count: number;
  readonly lost?: number | undefined;
}

export function sideColumns({ positive, negative }: Histogram): readonly SideColumns[] {
  return [sideOf(positive), sideOf(negative)];
}

/**
 * The count of a zero bucket up to `threshold` or more. A threshold inside of a populated bucket
 * moves to the end of that bucket, which may include more buckets of either side.
 */
export function widerZeroBucket(
  layout: Pick<Histogram, "schema" | "customBounds" | "zeroThreshold">,
  zero: ZeroCount,
  sides: readonly SideColumns[],
  threshold: number,
): { count: number; lost: number; threshold: number } {
  // A bucket that reaches into the present zero bucket contains only what lies outside of it.
  if (threshold === layout.zeroThreshold) return { count: zero.count, lost: zero.lost ?? 0, threshold };
  let reached = threshold;
  for (;;) {
    const total = { count: zero.count, lost: zero.lost ?? 0 };
    let end = reached;
    for (const { indexes, counts, lost } of sides) {
      for (let i = 0; i < indexes.length && bucketBound(indexes[i] - 1, layout) < end; i++) {
        addTo(total, counts[i]);
        if (lost !== undefined) addTo(total, lost[i]);
        const upper = bucketBound(indexes[i], layout);
        if (upper > end && counts[i] !== 0) end = upper;
      }
    }
    // Not `end === reached`: a stored threshold may be NaN, which equals nothing.
    if (!(end > reached)) return { ...total, threshold: end };
    reached = end;
  }
}

function addTo(total: { count: number; lost: number }, count: number): void {
  total.lost = compensate(count, total.count, total.lost);
  total.count += count;
}
