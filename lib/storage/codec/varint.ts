/**
 * Varints of storage: integers below 2^53, seven bits a byte, least significant first, the high bit
 * set on all bytes but the last. Signed numbers are zigzag encoded: 0, -1, 1, -2, … as 0, 1, 2, 3, …
 */

/** The most bytes of a varint below 2^53. */
export const MAX_VARINT_BYTES = 8;

/** Writes an integer of 0 to 2^53 - 1 at `at` and returns its end. `out` must have room. */
export function writeVarint(out: Uint8Array, at: number, value: number): number {
  while (value >= 2 ** 31) {
    out[at++] = (value % 0x80) | 0x80;
    value = Math.floor(value / 0x80);
  }
  while (value >= 0x80) {
    out[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  out[at++] = value;
  return at;
}

/** Encodes an integer within 2^52 of zero. */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
