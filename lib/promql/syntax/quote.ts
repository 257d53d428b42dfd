/** Text in quotes as Go prints it (`%q`, strconv.Quote), which is what Prometheus shows in expressions and errors. */
import { shorten } from "../../model/shorten.ts";

/** What Go takes for printable: letters, marks, numbers, punctuation, symbols, and the ASCII space. */
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

/** What Go shows as it is. */
export function isPrintable(character: string): boolean {
  return PRINTABLE.test(character);
}

/** `"text"`. U+FFFD is escaped, since bare it means bytes that were no text; U+DC80 to U+DCFF are a byte each: see `unquote`. */
export function quote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  let quoted = "";
  for (const character of text) quoted += printCharacter(character, '"');
  return `"${quoted}"`;
}

/** The same of input that an error or an annotation repeats: its beginning. */
export function quoteInput(text: string): string {
  return quote(shorten(text));
}

/** `'c'`: a code point; U+FFFD bare, as what is none is shown. */
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
