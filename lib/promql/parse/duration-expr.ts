/** Durations in brackets and after `offset`: literals or arithmetic. */
import type { DurationExpr, DurationLiteral, NumberLiteral } from "../syntax/ast.ts";
import { findTooDeep, TOO_DEEP } from "./depth.ts";
import { isNumberToken, parseNumberLiteral, withSign } from "./literal.ts";
import type { Token, TokenKind } from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";

type DurationOperation = Extract<DurationExpr, { kind: "duration operation" }>;
type Operator = DurationOperation["operator"];

const PRECEDENCE: Partial<Record<TokenKind, number>> = { "+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 3 };
const POWER = 3;

/** In seconds: the most that an int64 of nanoseconds holds. */
const MAX_SECONDS = 2 ** 63 / 1e9;

/** Parses a range or a step. */
export function parsePositiveDuration(tokens: TokenCursor): DurationExpr {
  const duration = parseOperations(tokens, 1);
  if (duration.kind === "duration" && duration.seconds <= 0) {
    tokens.fail(duration.range, "duration must be greater than 0");
  }
  return finished(tokens, duration);
}

/**
 * Parses an offset, which may have a sign and ends with its first operand: in `x offset -2 ^ 2` it
 * is -2, and `^ 2` applies to `x offset -2`. Only an offset that begins with a parenthesis or two
 * signs continues.
 */
export function parseOffset(tokens: TokenCursor): DurationExpr {
  return finished(tokens, parseBareOffset(tokens));
}

/** Completes a whole range, step or offset. */
function finished(tokens: TokenCursor, duration: DurationExpr): DurationExpr {
  const tooDeep = findTooDeep(duration, operandsOf);
  if (tooDeep !== undefined) tokens.fail(tooDeep.range, TOO_DEEP);
  // Prometheus takes NaN for the shortest duration. In arithmetic NaN is reported during
  // evaluation.
  const isNumber = duration.kind !== "duration" || !Number.isNaN(duration.seconds);
  if (!isNumber) tokens.fail(duration.range, "duration out of range");
  return duration.kind === "duration" ? { ...duration, isDuration: true } : duration;
}

function operandsOf(duration: DurationExpr): readonly DurationExpr[] {
  if (duration.kind === "duration operation") return duration.operands;
  return duration.kind === "duration parentheses" ? [duration.inner] : [];
}

function parseBareOffset(tokens: TokenCursor): DurationExpr {
  const first = tokens.peek();
  if (first.kind === "(") return parseOperations(tokens, 1);
  if (!isSign(first)) return parseOperand(tokens, first);
  tokens.take();
  const next = tokens.peek();
  if (next.kind === "(") return applySign(tokens, first, parseParentheses(tokens));
  if (!isSign(next)) return applySign(tokens, first, parseOperand(tokens, first));
  const left = applySign(tokens, first, parseOperations(tokens, POWER));
  return inParentheses(parseMoreOperations(tokens, left, 1));
}

function parseOperations(tokens: TokenCursor, minPrecedence: number): DurationExpr {
  return tokens.nested(() => parseMoreOperations(tokens, parseSigned(tokens), minPrecedence));
}

function parseMoreOperations(tokens: TokenCursor, first: DurationExpr, minPrecedence: number): DurationExpr {
  let left = first;
  for (;;) {
    const operator = tokens.peek();
    const precedence = PRECEDENCE[operator.kind];
    if (precedence === undefined || precedence < minPrecedence) return left;
    tokens.take();
    const right = parseOperations(tokens, operator.kind === "^" ? precedence : precedence + 1);
    left = newOperation(tokens, operator, left, right);
  }
}

function newOperation(
  tokens: TokenCursor,
  operator: Token,
  left: DurationExpr,
  right: DurationExpr,
): DurationExpr {
  if (right.kind === "duration" && right.seconds === 0) {
    if (operator.kind === "/") tokens.fail(operator, "division by zero");
    if (operator.kind === "%") tokens.fail(operator, "modulo by zero");
  }
  const range = { start: left.range.start, end: right.range.end };
  return {
    kind: "duration operation",
    operator: operator.kind as Operator,
    operands: [left, right],
    range,
  };
}

function parseSigned(tokens: TokenCursor): DurationExpr {
  const first = tokens.peek();
  if (!isSign(first)) return parseOperand(tokens, first);
  tokens.take();
  return applySign(tokens, first, parseOperations(tokens, POWER));
}

/** Errors about the whole point to `first`: the operand, or the sign of an offset. */
function parseOperand(tokens: TokenCursor, first: Token): DurationExpr {
  const token = tokens.peek();
  if (isNumberToken(token)) return newLiteral(tokens, parseNumberLiteral(tokens), first);
  switch (token.kind) {
    case "step":
    case "range": {
      tokens.take();
      tokens.expect("(");
      const range = { start: token.start, end: tokens.expect(")").end };
      return { kind: token.kind, range };
    }
    case "min_of":
    case "max_of":
      return parseMinOrMax(tokens);
    case "(":
      return parseParentheses(tokens);
    default:
      return tokens.unexpected();
  }
}

function parseMinOrMax(tokens: TokenCursor): DurationExpr {
  const name = tokens.take();
  tokens.expect("(");
  const left = parseOperations(tokens, 1);
  tokens.expect(",");
  const right = parseOperations(tokens, 1);
  const range = { start: name.start, end: tokens.expect(")").end };
  const operator = name.kind === "min_of" ? "min" : "max";
  return { kind: "duration operation", operator, operands: [left, right], range };
}

/**
 * Double parentheses leave no trace. As in Prometheus, a literal in parentheses gets an operation
 * without effect around it, which begins at the parenthesis. Other errors point into the
 * parentheses.
 */
function parseParentheses(tokens: TokenCursor): DurationExpr {
  const { start } = tokens.expect("(");
  const inner = parseOperations(tokens, 1);
  tokens.expect(")");
  if (inner.kind === "duration parentheses") return inner;
  if (inner.kind !== "duration") return { kind: "duration parentheses", inner, range: inner.range };
  const range = { start, end: inner.range.end };
  const operation = { kind: "duration operation", operator: "plus", operands: [inner], range } as const;
  return { kind: "duration parentheses", inner: operation, range };
}

function isSign({ kind }: Token): boolean {
  return kind === "+" || kind === "-";
}

function applySign(tokens: TokenCursor, sign: Token, operand: DurationExpr): DurationExpr {
  const range = { start: sign.start, end: operand.range.end };
  if (operand.kind === "duration") {
    const { seconds, isDuration } = operand;
    return newLiteral(tokens, withSign(sign, { kind: "number", value: seconds, isDuration, range }), sign);
  }
  if (sign.kind === "+") return operand;
  return { kind: "duration operation", operator: "negate", operands: [operand], range };
}

/**
 * An operation that begins with two signs would continue what precedes it, so it gets parentheses.
 */
function inParentheses(duration: DurationExpr): DurationExpr {
  if (duration.kind !== "duration operation" || duration.operands.length === 1) return duration;
  if (duration.operator === "min" || duration.operator === "max") return duration;
  return { kind: "duration parentheses", inner: duration, range: duration.range };
}

function newLiteral(
  tokens: TokenCursor,
  { value, isDuration, range }: NumberLiteral,
  place: Token,
): DurationLiteral {
  if (Math.abs(value) > MAX_SECONDS) tokens.fail(place, "duration out of range");
  // Prometheus keeps nanoseconds, and truncates them during evaluation.
  const ms = Math.trunc(Math.round(value * 1e9) / 1e6);
  // No -0: it would print as 0, which is another tree.
  return { kind: "duration", ms: ms + 0, seconds: value + 0, isDuration, range };
}
