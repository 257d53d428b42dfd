/**
 * Byte strings. Go's strings are bytes: `len`, `slice`, `index`, `%x` and columns in errors count bytes. Templates
 * therefore work on strings whose characters are the bytes of UTF-8, 0 to 255; both ends convert.
 */

/** A string of characters 0 to 255, one per byte. */
export type ByteString = string;

/** What Go takes invalid UTF-8 for, one byte at a time. */
export const RUNE_ERROR = 0xfffd;
export const MAX_RUNE = 0x10ffff;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const ASCII_ONLY = /^[\0-\x7f]*$/;
const CHUNK = 8192;

export function toBytes(text: string): ByteString {
  if (ASCII_ONLY.test(text)) return text;
  const bytes = encoder.encode(text);
  let out = "";
  for (let i = 0; i < bytes.length; i += CHUNK) {
    out += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  }
  return out;
}

/** Invalid UTF-8 becomes U+FFFD. */
export function fromBytes(bytes: ByteString): string {
  if (ASCII_ONLY.test(bytes)) return bytes;
  return decoder.decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
}

export interface Rune {
  readonly code: number;
  /** Bytes; 1 for invalid UTF-8. */
  readonly size: number;
}

const INVALID: Rune = { code: RUNE_ERROR, size: 1 };

/** The rune that starts at a byte. The index must be inside the string. */
export function runeAt(bytes: ByteString, index: number): Rune {
  const first = bytes.charCodeAt(index);
  if (first < 0x80) return { code: first, size: 1 };
  const size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (size === 0 || index + size > bytes.length) return INVALID;
  let code = first & (0xff >> (size + 1));
  for (let i = 1; i < size; i++) {
    const next = bytes.charCodeAt(index + i);
    if ((next & 0xc0) !== 0x80) return INVALID;
    code = (code << 6) | (next & 0x3f);
  }
  const isOverlong = (size === 3 && code < 0x800) || (size === 4 && code < 0x10000);
  if (isOverlong || code > MAX_RUNE || isSurrogate(code)) return INVALID;
  return { code, size };
}

/** All runes of a string, with the index of each one's first byte. */
export function* runesOf(bytes: ByteString): Generator<Rune & { readonly index: number }> {
  for (let index = 0; index < bytes.length; ) {
    const { code, size } = runeAt(bytes, index);
    yield { code, size, index };
    index += size;
  }
}

export function runeCount(bytes: ByteString): number {
  if (ASCII_ONLY.test(bytes)) return bytes.length;
  let count = 0;
  for (const _ of runesOf(bytes)) count++;
  return count;
}

/** What is no rune becomes U+FFFD. */
export function encodeRune(code: number): ByteString {
  const valid = code >= 0 && code <= MAX_RUNE && !isSurrogate(code);
  return toBytes(String.fromCodePoint(valid ? code : RUNE_ERROR));
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}
