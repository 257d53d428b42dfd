/** What custom buckets with different bounds have in common. Bounds ascend. */

import { lowerBound } from "../model/lower-bound.ts";

/**
 * The index, among `target` bounds, of the bucket that contains the one at `index` among `source`
 * bounds.
 */
export function indexOnBounds(index: number, source: Float64Array, target: Float64Array): number {
  return index < source.length ? lowerBound(target, source[index]) : target.length;
}

/** The bounds that both have. */
export function sharedBounds(a: Float64Array, b: Float64Array): Float64Array {
  let i = 0;
  return a.filter((bound) => {
    while (i < b.length && b[i] < bound) i++;
    return i < b.length && b[i] === bound;
  });
}
