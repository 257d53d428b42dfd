/** Doubles as `printJsonFloat` prints them, written to bytes: most of them without any text in between. */
import { printJsonFloat } from "./print-float.ts";
import { writeFraction, writeInteger } from "./shortest-digits.ts";

/** What a number takes at most: `-1.2345678901234567e-308`, or `-0.0000012345678901234567`. */
export const MAX_FLOAT_BYTES = 26;

const ZERO = 0x30;

/** Answers where it ends; there is room for `MAX_FLOAT_BYTES`. */
export function writeJsonFloat(value: number, bytes: Uint8Array, at: number): number {
  if (value === 0 && !Object.is(value, -0)) {
    bytes[at] = ZERO;
    return at + 1;
  }
  if (!Number.isInteger(value)) {
    const end = writeFraction(value, bytes, at);
    if (end >= 0) return end;
  } else if (Number.isSafeInteger(value) && value !== 0) return writeInteger(value, bytes, at);
  return writeAscii(printJsonFloat(value), bytes, at);
}

/** Answers where it ends. */
export function writeAscii(text: string, bytes: Uint8Array, start: number): number {
  let at = start;
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
  return at;
}
