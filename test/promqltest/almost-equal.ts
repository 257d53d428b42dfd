/** The tolerance for floats that Prometheus' own runner has. */

const EPSILON = 1e-6;
const MIN_NORMAL = 2 ** -1022;

/** Relative to the sum of both; NaN equals NaN. */
export function isAlmostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < EPSILON * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < EPSILON;
}
