/** The flags, width and precision of a verb, and the padding they ask for. */
import { type ByteString, runeCount } from "../text/byte-string.ts";

export interface Flags {
  plus: boolean;
  minus: boolean;
  sharp: boolean;
  space: boolean;
  zero: boolean;
  /** `%+v` and `%#v`. */
  plusV: boolean;
  sharpV: boolean;
  /** Undefined where there is none. */
  width: number | undefined;
  precision: number | undefined;
}

export function noFlags(): Flags {
  return {
    plus: false,
    minus: false,
    sharp: false,
    space: false,
    zero: false,
    plusV: false,
    sharpV: false,
    width: undefined,
    precision: undefined,
  };
}

/** Fills up to the width, on the left unless `-` is set, with zeros if `0` is. */
export function pad(bytes: ByteString, { width, minus, zero }: Flags): ByteString {
  const missing = (width ?? 0) - runeCount(bytes);
  if (missing <= 0) return bytes;
  return minus ? bytes + " ".repeat(missing) : (zero ? "0" : " ").repeat(missing) + bytes;
}

export function padWithSpaces(bytes: ByteString, flags: Flags): ByteString {
  return pad(bytes, { ...flags, zero: false });
}
