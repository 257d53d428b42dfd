/** Numbers, durations and strings. */
import type { NumberLiteral, StringLiteral } from "../syntax/ast.ts";
import { parseDuration } from "../syntax/duration-text.ts";
import { parseNumber } from "./parse-number.ts";
import { unquote } from "./string-literal.ts";
import type { Token } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";

export function isNumberToken({ kind }: Token): boolean {
  return kind === "number" || kind === "duration";
}

/** Parses a number, or a duration, which is a number of seconds, without a sign. */
export function parseNumberLiteral(tokens: TokenCursor): NumberLiteral {
  const token = isNumberToken(tokens.peek()) ? tokens.take() : tokens.unexpected();
  const range = { start: token.start, end: token.end };
  if (token.kind === "duration") {
    const duration = parseDuration(token.text);
    if (!duration.ok) tokens.fail(token, duration.reason);
    return { kind: "number", value: duration.ms / 1000, isDuration: true, range };
  }
  const value = parseNumber(token.text);
  if (typeof value === "string") tokens.fail(token, `error parsing number: ${value}`);
  return { kind: "number", value, isDuration: false, range };
}

/** Parses the same with an optional sign. */
export function parseSignedNumber(tokens: TokenCursor): NumberLiteral {
  const sign = tokens.accept("-") ?? tokens.accept("+");
  const literal = parseNumberLiteral(tokens);
  return sign === undefined ? literal : withSign(sign, literal);
}

export function withSign(sign: Token, literal: NumberLiteral): NumberLiteral {
  const value = sign.kind === "-" ? -literal.value : literal.value;
  return { ...literal, value, range: { start: sign.start, end: literal.range.end } };
}

export function parseStringLiteral(tokens: TokenCursor): StringLiteral {
  const token = tokens.expect("string");
  return { kind: "string", value: unquote(token.text), range: { start: token.start, end: token.end } };
}
