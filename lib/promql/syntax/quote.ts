/** Quotes text as Go does (`%q`, strconv.Quote), and so Prometheus in expressions and errors. */
import { shorten } from "../../model/shorten.ts";

/**
 * Go's printable characters: letters, marks, numbers, punctuation, symbols, and the ASCII space.
 */
const PRINTABLE = /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u;

const ESCAPES: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

/** Whether Go prints a character unchanged. */
export function isPrintable(character: string): boolean {
  return PRINTABLE.test(character);
}

/**
 * `"text"`. U+FFFD is escaped, since unescaped it means bytes that were not UTF-8. U+DC80 to U+DCFF
 * are one byte each: see `unquote`.
 */
export function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let quoted = "";
  for (const character of text) quoted += printCharacter(character, '"');
  return `"${quoted}"`;
}

/** Quotes the beginning of input that an error or an annotation repeats. */
export function quoteInput(text: string): string {
  return quote(shorten(text));
}

/** `'c'`: a code point. U+FFFD is printed unescaped, as Go prints invalid ones. */
export function quoteCharacter(character: string): string {
  if (character === "\ufffd") return `'${character}'`;
  return `'${printCharacter(character, "'")}'`;
}

function printCharacter(character: string, quoteMark: string): string {
  if (character === quoteMark) return `\\${quoteMark}`;
  if (Object.hasOwn(ESCAPES, character)) return ESCAPES[character];
  if (character !== "\ufffd" && isPrintable(character)) return character;
  const code = character.codePointAt(0)!;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  if (code >= 0xd800 && code <= 0xdfff) return "\\ufffd";
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}
