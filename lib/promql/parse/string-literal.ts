/**
 * String literals: Go's escapes in double and single quotes, none in backquotes. Only backquotes
 * allow newlines.
 */
import type { TextRange } from "../syntax/ast.ts";
import { isPrintable } from "../syntax/quote.ts";
import { ParseError } from "./parse-error.ts";

/** The digits of an escape of a byte or a code point; octal escapes have no letter. */
const NUMERIC_ESCAPES: Readonly<Record<string, { digits: number; base: number; max: number }>> = {
  x: { digits: 2, base: 16, max: 0xff },
  u: { digits: 4, base: 16, max: 0x10ffff },
  U: { digits: 8, base: 16, max: 0x10ffff },
};

const OCTAL_ESCAPE = { digits: 3, base: 8, max: 0xff };

/**
 * The end of the literal that begins at `start`. Throws `ParseError` with the start as its place.
 */
export function scanString(text: string, start: number): number {
  const range: TextRange = { start, end: text.length };
  const mark = text[start];
  const plain = PLAIN[mark];
  for (let at = start + 1; ; ) {
    plain.lastIndex = at;
    plain.test(text);
    at = plain.lastIndex;
    if (at === text.length || text[at] === "\n") {
      throw new ParseError(
        text,
        range,
        mark === "`" ? "unterminated raw string" : "unterminated quoted string",
      );
    }
    if (text[at] === mark) return at + 1;
    if (text[at] !== "\\") throw new ParseError(text, range, "invalid UTF-8 rune");
    at = scanEscape(text, at + 1, mark, range);
  }
}

/**
 * Up to a character that may end a literal or needs a check; U+FFFD stands for bytes that were not
 * UTF-8.
 */
const PLAIN: Readonly<Record<string, RegExp>> = {
  '"': /[^"\\\n\ufffd]*/y,
  "'": /[^'\\\n\ufffd]*/y,
  "`": /[^`\ufffd]*/y,
};

function scanEscape(text: string, start: number, mark: string, range: TextRange): number {
  const fail = (reason: string) => new ParseError(text, range, reason);
  const letter = characterAt(text, start);
  if (letter === "") throw fail("escape sequence not terminated");
  if (letter === mark || /[abfnrtv\\]/.test(letter)) return start + 1;
  const isOctal = /[0-7]/.test(letter);
  const numeric = isOctal ? OCTAL_ESCAPE : NUMERIC_ESCAPES[letter];
  if (numeric === undefined) throw fail(`unknown escape sequence ${printCodePoint(letter)}`);
  const first = isOctal ? start : start + 1;
  for (let at = first; at < first + numeric.digits; at++) {
    const digit = characterAt(text, at);
    if (digit === "") throw fail("escape sequence not terminated");
    if (!isDigit(digit, numeric.base))
      throw fail(`illegal character ${printCodePoint(digit)} in escape sequence`);
  }
  const code = Number.parseInt(text.slice(first, first + numeric.digits), numeric.base);
  if (code > numeric.max || (code >= 0xd800 && code < 0xe000)) {
    throw fail("escape sequence is an invalid Unicode code point");
  }
  return first + numeric.digits;
}

function characterAt(text: string, at: number): string {
  return at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : "";
}

function isDigit(character: string, base: number): boolean {
  return (base === 8 ? /^[0-7]$/ : /^[0-9A-Fa-f]$/).test(character);
}

/** `U+0071 'q'`; the number alone if the character is not printable. */
function printCodePoint(character: string): string {
  const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  return isPrintable(character) ? `U+${code} '${character}'` : `U+${code}`;
}

const LETTER_ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/**
 * The value of a literal that `scanString` accepted, given with its quotes. Escapes can make any
 * bytes: one that is not UTF-8 becomes the lone surrogate U+DC00 + byte. Such a value is not
 * `isWellFormed`, and prints as it was.
 */
export function unquote(literal: string): string {
  const body = literal.slice(1, -1);
  if (literal[0] === "`" || !body.includes("\\")) return body;
  // One character for each byte of UTF-8, so that escaped bytes can be inserted.
  const bytes = toBytes(body).replace(ESCAPE, (_, octal, byte, short, long, letter: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (byte !== undefined) return String.fromCharCode(Number.parseInt(byte, 16));
    if (letter !== undefined) return LETTER_ESCAPES[letter] ?? letter;
    return toBytes(String.fromCodePoint(Number.parseInt(short ?? long, 16)));
  });
  return bytes.replace(NOT_ASCII, (text, bad: string | undefined) =>
    bad === undefined
      ? Buffer.from(text, "latin1").toString()
      : String.fromCharCode(0xdc00 + bad.charCodeAt(0)),
  );
}

const ESCAPE = /\\(?:([0-7]{3})|x(..)|u(.{4})|U(.{8})|(.))/gs;

/** A code point as UTF-8, or a byte that belongs to none. */
const NOT_ASCII =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|([\x80-\xff])/g;

function toBytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}
