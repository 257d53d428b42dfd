/** Where a number stands, or would stand, in a column that ascends. */

/** The place of the first of ascending numbers that is at least `number`, of those of `start..end` (half-open); `end` if none is. */
export function lowerBound(
  ascending: Float64Array | Int32Array,
  number: number,
  start = 0,
  end = ascending.length,
): number {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] < number) low = middle + 1;
    else high = middle;
  }
  return low;
}
