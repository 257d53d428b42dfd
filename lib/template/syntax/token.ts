/** The tokens of a template. */
import type { ByteString } from "../text/byte-string.ts";
import { runesOf } from "../text/byte-string.ts";
import { quote } from "../text/quote.ts";

export type TokenKind =
  | "error"
  | "bool"
  | "char"
  | "character constant"
  | "complex"
  | "assign"
  | "declare"
  | "end of text"
  | "field"
  | "identifier"
  | "left delimiter"
  | "left paren"
  | "number"
  | "pipe"
  | "raw string"
  | "right delimiter"
  | "right paren"
  | "space"
  | "string"
  | "text"
  | "variable"
  | "keyword"
  | "dot"
  | "nil";

export interface Token {
  readonly kind: TokenKind;
  /** The byte at which it begins. */
  readonly start: number;
  /** As in the template; of an error what is wrong. */
  readonly text: ByteString;
  /** From 1, where it begins. */
  readonly line: number;
}

export const KEYWORDS = new Set([
  "block",
  "break",
  "continue",
  "define",
  "else",
  "end",
  "if",
  "range",
  "template",
  "with",
]);

const MAX_QUOTED_RUNES = 10;

/** A token as parse errors name it. */
export function describeToken({ kind, text }: Token): ByteString {
  if (kind === "end of text") return "EOF";
  if (kind === "error") return text;
  if (kind === "keyword" || kind === "dot" || kind === "nil") return `<${text}>`;
  if (text.length <= MAX_QUOTED_RUNES) return quote(text);
  const cut = Array.from(runesOf(text), ({ index }) => index)[MAX_QUOTED_RUNES] ?? text.length;
  return `${quote(text.slice(0, cut))}...`;
}
