/** From text to syntax trees. */
import type { Matcher } from "../../model/matcher.ts";
import type { Expr } from "../syntax/ast.ts";
import { childrenOf } from "../syntax/children.ts";
import { checkTypes } from "./check.ts";
import { findTooDeep, TOO_DEEP } from "./depth.ts";
import { parseExpression } from "./expression.ts";
import type { ParseOptions } from "./options.ts";
import { ParseError } from "./parse-error.ts";
import { parseVectorSelector } from "./selector.ts";
import { isMetricName } from "./token.ts";
import { TokenCursor } from "./token-cursor.ts";

/** In UTF-16 code units: room for a selector that lists thousands of values. */
export const MAX_EXPRESSION_LENGTH = 256 * 1024;

/**
 * Parses an expression and checks its types. Throws `ParseError` (kind "invalid"), in time linear
 * in the text.
 */
export function parseExpr(text: string, options: ParseOptions = {}): Expr {
  const tokens = newCursor(text, options);
  if (tokens.peek().kind === "end of input") {
    tokens.fail({ start: 0, end: 0 }, "no expression found in input");
  }
  const expr = parseExpression(tokens);
  tokens.expect("end of input");
  const tooDeep = findTooDeep(expr, childrenOf);
  if (tooDeep !== undefined) tokens.fail(tooDeep.range, TOO_DEEP);
  checkTypes(text, expr);
  return expr;
}

/** Parses a selector alone, as in the parameter `match[]`. All its matchers may be empty. */
export function parseSelector(text: string, options: ParseOptions = {}): readonly Matcher[] {
  const tokens = newCursor(text, options);
  const first = tokens.peek();
  if (first.kind !== "{" && !isMetricName(first)) tokens.unexpected();
  const { matchers } = parseVectorSelector(tokens);
  tokens.expect("end of input");
  return matchers;
}

function newCursor(text: string, options: ParseOptions): TokenCursor {
  if (text.length > MAX_EXPRESSION_LENGTH) {
    const reason = `expression has ${text.length} characters, at most ${MAX_EXPRESSION_LENGTH} are taken`;
    throw new ParseError(text, { start: 0, end: text.length }, reason);
  }
  return new TokenCursor(text, options);
}
