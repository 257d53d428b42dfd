/** Suffixes of an expression: ranges, subqueries, `offset`, `@`, `anchored` and `smoothed`. */
import type {
  AtModifier,
  DurationExpr,
  Expr,
  MatrixSelector,
  Subquery,
  VectorSelector,
} from "../syntax/ast.ts";
import type { ExtendedRange } from "../syntax/types.ts";
import { parseOffset, parsePositiveDuration } from "./duration-expr.ts";
import { parseSignedNumber } from "./literal.ts";
import type { TokenCursor } from "./token-cursor.ts";

const A_DURATION = "number, duration, step(), or range()";
const IN_RANGE = ` in subquery or range selector, expected ${A_DURATION}`;
const AFTER_RANGE = ' in subquery or range, expected ":" or "]"';
const IN_STEP = ' in subquery selector, expected number, duration, step(), range(), or "]"';
const AFTER_STEP = ' in subquery selector, expected "]"';
const IN_OFFSET = ` in offset, expected ${A_DURATION}`;
const IN_AT = " in @, expected timestamp";

/** The expression with all its suffixes, which bind tighter than any operator. */
export function parsePostfix(tokens: TokenCursor, expr: Expr): Expr {
  let result = expr;
  for (;;) {
    const { kind } = tokens.peek();
    if (kind === "[") result = parseBrackets(tokens, result);
    else if (kind === "offset") result = parseOffsetModifier(tokens, result);
    else if (kind === "@") result = parseAtModifier(tokens, result);
    else if (kind === "anchored" || kind === "smoothed") result = parseExtended(tokens, result, kind);
    else return result;
  }
}

function parseBrackets(tokens: TokenCursor, expr: Expr): MatrixSelector | Subquery {
  const { start } = tokens.expect("[");
  const window = tokens.within(IN_RANGE, parsePositiveDuration);
  if (tokens.accept(":") === undefined) {
    const { end } = tokens.expect("]", AFTER_RANGE);
    return newMatrixSelector(tokens, expr, window, { start, end });
  }
  const step = tokens.peek().kind === "]" ? undefined : tokens.within(IN_STEP, parsePositiveDuration);
  const { end } = tokens.expect("]", AFTER_STEP);
  const range = { start: expr.range.start, end };
  return { kind: "subquery", expr, window, step, offset: undefined, at: undefined, range };
}

function newMatrixSelector(
  tokens: TokenCursor,
  selector: Expr,
  window: DurationExpr,
  brackets: { start: number; end: number },
): MatrixSelector {
  if (selector.kind !== "vector selector") tokens.fail(brackets, "ranges only allowed for vector selectors");
  if (selector.offset !== undefined) tokens.fail(brackets, "no offset modifiers allowed before range");
  if (selector.at !== undefined) tokens.fail(brackets, "no @ modifiers allowed before range");
  return {
    kind: "matrix selector",
    selector,
    window,
    range: { start: selector.range.start, end: brackets.end },
  };
}

type Modifiable = VectorSelector | MatrixSelector | Subquery;

function requireModifiable(tokens: TokenCursor, expr: Expr, modifier: string): Modifiable {
  if (expr.kind === "vector selector" || expr.kind === "matrix selector" || expr.kind === "subquery")
    return expr;
  const reason = `${modifier} modifier must be preceded by an instant vector selector or range vector selector or a subquery`;
  return tokens.fail(expr.range, reason);
}

/**
 * A copy with the modifier that ends at the cursor. The modifiers of a range are its selector's.
 */
function modified<M extends Partial<VectorSelector>>(
  tokens: TokenCursor,
  expr: Modifiable,
  modifier: M,
): Modifiable {
  const range = { start: expr.range.start, end: tokens.lastEnd };
  if (expr.kind === "matrix selector") return { ...expr, selector: { ...expr.selector, ...modifier }, range };
  return { ...expr, ...modifier, range };
}

function modifiersOf(expr: Modifiable): VectorSelector | Subquery {
  return expr.kind === "matrix selector" ? expr.selector : expr;
}

function parseOffsetModifier(tokens: TokenCursor, expr: Expr): Expr {
  tokens.expect("offset");
  const offset = tokens.within(IN_OFFSET, parseOffset);
  const target = requireModifiable(tokens, expr, "offset");
  if (modifiersOf(target).offset !== undefined)
    tokens.fail(expr.range, "offset may not be set multiple times");
  // An offset of 0 is no offset: Prometheus does not print it either.
  const isNothing = offset.kind === "duration" && offset.ms === 0;
  return modified(tokens, target, { offset: isNothing ? undefined : offset });
}

function parseAtModifier(tokens: TokenCursor, expr: Expr): Expr {
  tokens.expect("@");
  const at = tokens.within(IN_AT, () => parseAt(tokens, expr));
  const target = requireModifiable(tokens, expr, "@");
  if (modifiersOf(target).at !== undefined)
    tokens.fail(expr.range, "@ <timestamp> may not be set multiple times");
  return modified(tokens, target, { at });
}

/** Seconds outside int64 are out of bounds. */
const MAX_AT_SECONDS = 2 ** 63;

function parseAt(tokens: TokenCursor, expr: Expr): AtModifier {
  const { kind } = tokens.peek();
  if (kind === "start" || kind === "end") {
    tokens.take();
    tokens.expect("(");
    tokens.expect(")");
    return { kind };
  }
  const { value } = parseSignedNumber(tokens);
  if (!(Math.abs(value) < MAX_AT_SECONDS)) {
    tokens.fail(expr.range, `timestamp out of bounds for @ modifier: ${printSeconds(value)}`);
  }
  return { kind: "time", timestampMs: roundHalfAway(value * 1000) };
}

function printSeconds(seconds: number): string {
  if (Number.isNaN(seconds)) return "NaN";
  if (!Number.isFinite(seconds)) return seconds > 0 ? "+Inf" : "-Inf";
  return `${BigInt(seconds)}.000000`;
}

/** -0.5 becomes -1, as in Go. */
function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value)) + 0;
}

function parseExtended(tokens: TokenCursor, expr: Expr, extended: ExtendedRange): Expr {
  tokens.take();
  if (expr.kind === "subquery")
    tokens.fail(expr.range, `${extended} modifier is not supported for subqueries`);
  if (expr.kind !== "vector selector" && expr.kind !== "matrix selector") {
    tokens.fail(expr.range, `${extended} modifier not implemented`);
  }
  const before = expr.kind === "vector selector" ? expr.extended : expr.selector.extended;
  if (before !== undefined && before !== extended) {
    tokens.fail(expr.range, "anchored and smoothed modifiers cannot be used together");
  }
  // As in Prometheus the expression ends before the modifier: errors of an operator after it point
  // there.
  return { ...modified(tokens, expr, { extended }), range: expr.range };
}
