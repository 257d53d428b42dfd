/** The quantile of plain values, interpolated between two of them. */

/**
 * -Inf and +Inf for quantiles outside [0, 1], NaN without values. NaN sorts lowest. Reorders the
 * first `count` values only as far as needed, which is several times as fast as sorting.
 */
export function quantileOf(quantile: number, values: Float64Array, count: number): number {
  if (count === 0 || Number.isNaN(quantile)) return Number.NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const rank = quantile * (count - 1);
  const lower = Math.floor(rank);
  const weight = rank - lower;
  const firstNumber = moveNaNFirst(values, count);
  if (lower < firstNumber) return Number.NaN;
  select(values, firstNumber, count, lower);
  // Exactly one value: an infinity after it would make the result NaN.
  if (weight === 0) return values[lower];
  const high = smallestBetween(values, lower + 1, count);
  return values[lower] * (1 - weight) + high * weight;
}

/** Returns the index at which the numbers begin. */
function moveNaNFirst(values: Float64Array, count: number): number {
  let start = 0;
  for (let i = 0; i < count; i++) {
    if (!Number.isNaN(values[i])) continue;
    values[i] = values[start];
    values[start++] = Number.NaN;
  }
  return start;
}

/** Rounds of a selection, each of which halves the values usually; there are sequences for which each takes off one. */
const MAX_ROUNDS = 100;

/**
 * Hoare's quickselect: `rank` gets the value that sorting would put there, with none larger before
 * it and none smaller after.
 */
function select(values: Float64Array, start: number, end: number, rank: number): void {
  let left = start;
  let right = end - 1;
  for (let round = 0; left < right; round++) {
    if (round === MAX_ROUNDS) {
      values.subarray(left, right + 1).sort();
      return;
    }
    const pivot = values[(left + right) >> 1];
    let i = left;
    let j = right;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (rank <= j) right = j;
    else if (rank >= i) left = i;
    else return;
  }
}

function smallestBetween(values: Float64Array, start: number, end: number): number {
  let smallest = values[start];
  for (let i = start + 1; i < end; i++) if (values[i] < smallest) smallest = values[i];
  return smallest;
}

/** Reusable memory: an array per window would cost more than the calculation. */
export class Scratch {
  #values = new Float64Array(64);

  /** Valid until the next call. */
  copyOf(values: Float64Array, start: number, end: number): Float64Array {
    if (end - start > this.#values.length) this.#values = new Float64Array(2 * (end - start));
    const copy = this.#values;
    for (let i = start; i < end; i++) copy[i - start] = values[i];
    return copy;
  }
}
