/** Binary search in an ascending column. */

/** Returns the index of the first number in `start..end` (half-open) that is at least `number`; `end` if there is none. */
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
