/** Go's quoted strings and runes (strconv.Quote, strconv.Unquote). */
import {
  type ByteString,
  encodeRune,
  MAX_RUNE,
  RUNE_ERROR,
  type Rune,
  runeAt,
  runesOf,
} from "./byte-string.ts";

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrint(code: number): boolean {
  if (code < 0x80) return code >= 0x20 && code < 0x7f;
  return code <= MAX_RUNE && PRINTABLE.test(String.fromCodePoint(code));
}

const NAMED_ESCAPES: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
};

export interface QuoteOptions {
  /** `"` or `'`. */
  readonly mark: string;
  readonly asciiOnly: boolean;
}

/** As strconv.Quote: with escapes for what is not printable. */
export function quote(bytes: ByteString, { mark, asciiOnly }: QuoteOptions = QUOTED): ByteString {
  let out = mark;
  for (const rune of runesOf(bytes)) {
    const isInvalid = rune.code === RUNE_ERROR && rune.size === 1;
    out += isInvalid ? `\\x${hex(bytes.charCodeAt(rune.index), 2)}` : escaped(rune, mark, asciiOnly);
  }
  return out + mark;
}

export const QUOTED: QuoteOptions = { mark: '"', asciiOnly: false };

function escaped({ code }: Rune, mark: string, asciiOnly: boolean): ByteString {
  if (code === mark.charCodeAt(0) || code === 0x5c) return `\\${String.fromCharCode(code)}`;
  if (isPrint(code) && !(asciiOnly && code >= 0x80)) return encodeRune(code);
  const named = NAMED_ESCAPES[code];
  if (named !== undefined) return named;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** Whether a string can stand between backquotes on one line. */
export function canBackquote(bytes: ByteString): boolean {
  for (const { code, size } of runesOf(bytes)) {
    if (code === RUNE_ERROR && size === 1) return false;
    if (code === 0xfeff || code === 0x60 || code === 0x7f) return false;
    if (code < 0x20 && code !== 9) return false;
  }
  return true;
}

const UNQUOTED_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 0x5c,
};
const HEX_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** The value of a string literal in its quotes; undefined where its syntax is wrong. */
export function unquote(literal: ByteString): ByteString | undefined {
  const mark = literal[0];
  const body = literal.slice(1, -1);
  if (mark === "`") return body.replaceAll("\r", "");
  let out = "";
  for (let i = 0; i < body.length; ) {
    const next = unquoteChar(body, i, mark);
    if (next === undefined) return undefined;
    out += next.bytes;
    i = next.end;
  }
  return out;
}

export interface UnquotedChar {
  /** A rune, or the byte of an escape `\xff` or `\377`. */
  readonly code: number;
  readonly bytes: ByteString;
  readonly end: number;
}

/** One character of a literal; undefined where its syntax is wrong. */
export function unquoteChar(text: ByteString, start: number, mark: string): UnquotedChar | undefined {
  const char = text[start];
  if (char === undefined || char === mark || char === "\n") return undefined;
  if (char !== "\\") {
    const { code, size } = runeAt(text, start);
    return { code, bytes: text.slice(start, start + size), end: start + size };
  }
  const kind = text[start + 1] ?? "";
  const named = kind === mark ? mark.charCodeAt(0) : UNQUOTED_ESCAPES[kind];
  if (named !== undefined) return { code: named, bytes: String.fromCharCode(named), end: start + 2 };
  const length = HEX_LENGTHS[kind];
  if (length === undefined) return octalChar(text, start);
  const digits = text.slice(start + 2, start + 2 + length);
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
  const code = Number.parseInt(digits, 16);
  const end = start + 2 + length;
  if (kind === "x") return { code, bytes: String.fromCharCode(code), end };
  if (code > MAX_RUNE || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  return { code, bytes: encodeRune(code), end };
}

function octalChar(text: ByteString, start: number): UnquotedChar | undefined {
  const digits = /^[0-7]{3}/.exec(text.slice(start + 1, start + 4))?.[0];
  if (digits === undefined) return undefined;
  const code = Number.parseInt(digits, 8);
  return code > 255 ? undefined : { code, bytes: String.fromCharCode(code), end: start + 4 };
}
