/** Expressions: operators by precedence, signs, calls, aggregations, parentheses. */
import type { AggregationOperator, BinaryExpr, BinaryOperator, Expr } from "../syntax/ast.ts";
import { factsOf, isFunctionName } from "../syntax/functions.ts";
import { quoteInput } from "../syntax/quote.ts";

import { parseBinaryModifiers } from "./binary-modifiers.ts";
import { MAX_DEPTH, TOO_DEEP } from "./depth.ts";
import { parseNumberLiteral, parseStringLiteral, withSign } from "./literal.ts";
import { parsePostfix } from "./postfix.ts";
import { parseLabelNames, parseVectorSelector } from "./selector.ts";
import {
  canBeginExpression,
  isAggregationOperator,
  isMetricName,
  isPreprocessor,
  type Token,
} from "./token.ts";
import type { TokenCursor } from "./token-cursor.ts";

/** Precedences. All operators are left-associative but `^`. A sign binds like `*`. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map<BinaryOperator, number>([
  ["or", 1],
  ["and", 2],
  ["unless", 2],
  ["==", 3],
  ["!=", 3],
  ["<", 3],
  ["<=", 3],
  [">", 3],
  [">=", 3],
  ["</", 3],
  [">/", 3],
  ["+", 4],
  ["-", 4],
  ["*", 5],
  ["/", 5],
  ["%", 5],
  ["atan2", 5],
  ["^", 6],
]);
const POWER = 6;

/**
 * Parses an expression. Types are unchecked, and every binary expression has a `matching`: see
 * `checkTypes`.
 */
export function parseExpression(tokens: TokenCursor, minPrecedence = 1): Expr {
  return tokens.nested(() => {
    let left = parseSigned(tokens);
    for (let length = 0; ; length++) {
      const operator = tokens.peek();
      const precedence = PRECEDENCE.get(operator.kind);
      if (precedence === undefined || precedence < minPrecedence) return left;
      if (length === MAX_DEPTH) tokens.fail(operator, TOO_DEEP);
      left = parseRightSide(tokens, left, precedence);
    }
  });
}

function parseRightSide(tokens: TokenCursor, left: Expr, precedence: number): BinaryExpr {
  const operator = tokens.take().kind as BinaryOperator;
  const { returnsBool, matching } = parseBinaryModifiers(tokens);
  const right = parseExpression(tokens, operator === "^" ? precedence : precedence + 1);
  const range = { start: left.range.start, end: right.range.end };
  const hasFill = matching.fillLeft !== undefined || matching.fillRight !== undefined;
  if (hasFill && !tokens.options.enableBinopFillModifiers) {
    tokens.fail(range, "binop fill modifiers are experimental and not enabled");
  }
  return { kind: "binary", operator, left, right, returnsBool, matching, range };
}

function parseSigned(tokens: TokenCursor): Expr {
  const sign = tokens.accept("-") ?? tokens.accept("+");
  if (sign === undefined) return parsePostfix(tokens, parseOperand(tokens));
  const expr = parseExpression(tokens, POWER);
  if (expr.kind === "number") return withSign(sign, expr);
  const range = { start: sign.start, end: expr.range.end };
  return { kind: "unary", operator: sign.kind === "-" ? "-" : "+", expr, range };
}

function parseOperand(tokens: TokenCursor): Expr {
  const token = tokens.peek();
  switch (token.kind) {
    case "number":
    case "duration":
      return parseNumberLiteral(tokens);
    case "string":
      return parseStringLiteral(tokens);
    case "(":
      return parseParentheses(tokens);
    case "{":
      return parseVectorSelector(tokens);
  }
  if (!isMetricName(token)) return tokens.unexpected();
  return parseNamed(tokens, token);
}

function parseParentheses(tokens: TokenCursor): Expr {
  const { start } = tokens.expect("(");
  const expr = parseExpression(tokens);
  return { kind: "parentheses", expr, range: { start, end: tokens.expect(")").end } };
}

/** A call, an aggregation or a selector, depending on the token after the name. */
function parseNamed(tokens: TokenCursor, name: Token): Expr {
  const next = tokens.peekSecond();
  if (isAggregationOperator(name.kind)) {
    if (next.kind === "(" || next.kind === "by" || next.kind === "without") return parseAggregation(tokens);
  } else if (next.kind === "(" && (name.kind === "identifier" || isPreprocessor(name.kind))) {
    return parseCall(tokens);
  }
  return parseVectorSelector(tokens);
}

function parseCall(tokens: TokenCursor): Expr {
  const name = tokens.take();
  const args = parseArguments(tokens);
  const { text } = name;
  if (!isFunctionName(text)) tokens.fail(name, `unknown function with name ${quoteInput(text)}`);
  if (factsOf(text).isExperimental && !tokens.options.enableExperimentalFunctions) {
    tokens.fail(name, `function ${quoteInput(text)} is not enabled`);
  }
  return { kind: "call", function: text, args, range: { start: name.start, end: tokens.lastEnd } };
}

function parseArguments(tokens: TokenCursor): Expr[] {
  tokens.expect("(");
  const args: Expr[] = [];
  if (tokens.accept(")") !== undefined) return args;
  for (;;) {
    args.push(parseExpression(tokens));
    if (tokens.accept(")") !== undefined) return args;
    const comma = tokens.expect(",");
    if (!canBeginExpression(tokens.peek()))
      tokens.fail(comma, "trailing commas not allowed in function call args");
  }
}

const WITH_PARAMETER: ReadonlySet<AggregationOperator> = new Set<AggregationOperator>([
  "topk",
  "bottomk",
  "count_values",
  "quantile",
  "limitk",
  "limit_ratio",
]);

function parseAggregation(tokens: TokenCursor): Expr {
  const { start, kind } = tokens.take();
  const operator = kind as AggregationOperator;
  const { grouping, args } = tokens.within(" in aggregation", parseAggregationBody);
  const { by, labels } = grouping ?? parseGrouping(tokens) ?? { by: true, labels: [] };
  const range = { start, end: tokens.lastEnd };
  const [expr, parameter] = args.toReversed();
  checkArguments(tokens, operator, args, range);
  return { kind: "aggregation", operator, expr, parameter, grouping: by ? "by" : "without", labels, range };
}

interface Grouping {
  readonly by: boolean;
  readonly labels: readonly string[];
}

function parseAggregationBody(tokens: TokenCursor): { grouping: Grouping | undefined; args: Expr[] } {
  const grouping = parseGrouping(tokens);
  return { grouping, args: parseArguments(tokens) };
}

function parseGrouping(tokens: TokenCursor): Grouping | undefined {
  const word = tokens.accept("by") ?? tokens.accept("without");
  return word === undefined ? undefined : { by: word.kind === "by", labels: parseLabelNames(tokens) };
}

function checkArguments(
  tokens: TokenCursor,
  operator: AggregationOperator,
  args: readonly Expr[],
  range: { start: number; end: number },
): void {
  if (args.length === 0) tokens.fail(range, "no arguments for aggregate expression provided");
  const isExperimental = operator === "limitk" || operator === "limit_ratio";
  if (isExperimental && !tokens.options.enableExperimentalFunctions) {
    tokens.fail(range, `${operator}() is experimental and not enabled`);
  }
  const expected = WITH_PARAMETER.has(operator) ? 2 : 1;
  if (args.length === expected) return;
  tokens.fail(
    range,
    `wrong number of arguments for aggregate expression provided, expected ${expected}, got ${args.length}`,
  );
}
