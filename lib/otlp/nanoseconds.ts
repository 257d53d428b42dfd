/** Converts nanoseconds since the epoch to milliseconds exactly. A double holds the latter, but not the former. */

/** The remainder of 2^32 ns in whole ms: 4,294 ms and this many ns. */
const MS_OF_TWO_32 = 4294;
const NS_OF_TWO_32 = 967_296;
const NS_PER_MS = 1_000_000;

/** Converts an unsigned 64-bit number given as two 32-bit words. Every step is an integer below 2^53. */
export function msOfNanosecondLanes(high: number, low: number): number {
  const rest = high * NS_OF_TWO_32 + low;
  return high * MS_OF_TWO_32 + (rest - (rest % NS_PER_MS)) / NS_PER_MS;
}

/** Converts decimal digits; undefined for other text and for more than 64 bits. */
export function msOfNanosecondText(digits: string): number | undefined {
  if (!/^\d{1,20}$/.test(digits)) return undefined;
  const nanoseconds = BigInt(digits);
  if (nanoseconds >= 1n << 64n) return undefined;
  return Number(nanoseconds / BigInt(NS_PER_MS));
}
