/** What custom buckets with different bounds have in common. */

import { CUSTOM_BUCKETS_SCHEMA } from "../model/histogram.ts";
import { bucketBound } from "./bounds.ts";

/**
 * The index, among `target` bounds, of the bucket that contains the one at `index` among `source`
 * bounds.
 */
export function indexOnBounds(index: number, source: Float64Array, target: Float64Array): number {
  const bound = bucketBound(index, { schema: CUSTOM_BUCKETS_SCHEMA, customBounds: source });
  let i = 0;
  while (i < target.length && target[i] < bound) i++;
  return i;
}

/** The bounds that both have. */
export function sharedBounds(a: Float64Array, b: Float64Array): Float64Array {
  const inBoth = new Set(b);
  return a.filter((bound) => inBoth.has(bound));
}
