/**
 * Summation that carries the rounding error along (Neumaier's variant of Kahan's algorithm), in the
 * order in which Prometheus sums. https://en.wikipedia.org/wiki/Kahan_summation_algorithm
 */

/**
 * The rounding error of `total = sum + value`, to add to the compensation. Meaningless for an
 * infinite total.
 */
function roundingError(value: number, sum: number, total: number): number {
  return Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum;
}

/** The compensation after adding `value` to `sum`. */
export function compensate(value: number, sum: number, compensation: number): number {
  const total = sum + value;
  if (total === Infinity || total === -Infinity) return 0;
  return compensation + roundingError(value, sum, total);
}
