/**
 * Doubles as `printJsonFloat` prints them, written as bytes: most of them without a text in
 * between.
 */
import { printJsonFloat } from "./print-float.ts";
import { writeFraction, writeInteger } from "./shortest-digits.ts";

/** The longest number: `-1.2345678901234567e-308`, or `-0.0000012345678901234567`. */
export const MAX_FLOAT_BYTES = 26;

const ZERO = 0x30;

/** Writes a number and returns the end. Requires room for `MAX_FLOAT_BYTES`. */
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

/** Returns the end. */
export function writeAscii(text: string, bytes: Uint8Array, start: number): number {
  let at = start;
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
  return at;
}
