/** Times in nanoseconds since the epoch -> milliseconds, exactly: a double holds the one no more, but the other. */

/** 2^32 ns are 4,294 ms and this many ns. */
const MS_OF_TWO_32 = 4294;
const NS_OF_TWO_32 = 967_296;
const NS_PER_MS = 1_000_000;

/** Of an unsigned 64-bit number as two 32-bit lanes. Every step is a whole number below 2^53. */
export function msOfNanosecondLanes(high: number, low: number): number {
  const rest = high * NS_OF_TWO_32 + low;
  return high * MS_OF_TWO_32 + (rest - (rest % NS_PER_MS)) / NS_PER_MS;
}

/** Of a decimal text; undefined when it is none, or has more than 64 bits. */
export function msOfNanosecondText(digits: string): number | undefined {
  if (!/^\d{1,20}$/.test(digits)) return undefined;
  const nanoseconds = BigInt(digits);
  if (nanoseconds >= 1n << 64n) return undefined;
  return Number(nanoseconds / BigInt(NS_PER_MS));
}
