/** Expiries in seconds, where 0 means never. */

/** The earlier of two. */
export function earlierExpiry(a: number, b: number): number {
  return a === 0 ? b : b === 0 ? a : Math.min(a, b);
}

/** Whether `a` is before `b`. */
export function isEarlierExpiry(a: number, b: number): boolean {
  return a !== b && earlierExpiry(a, b) === a;
}
