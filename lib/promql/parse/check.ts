/** Type checks of a parsed expression. */
import { METRIC_NAME } from "../../model/labels.ts";
import type { Aggregation, BinaryExpr, BinaryOperator, Call, Expr, VectorSelector } from "../syntax/ast.ts";
import { factsOf } from "../syntax/functions.ts";
import { quote, quoteInput } from "../syntax/quote.ts";
import type { ValueType } from "../syntax/types.ts";
import { ParseError } from "./parse-error.ts";

/** The names that users read. */
const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: "scalar",
  string: "string",
  vector: "instant vector",
  matrix: "range vector",
};

/**
 * Checks a tree that the parser has just made, and completes it: `matching` is undefined unless
 * both sides are vectors, and many-to-many for set operators. Throws `ParseError`.
 */
export function checkTypes(text: string, expr: Expr): ValueType {
  switch (expr.kind) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "vector selector":
      checkSelector(text, expr, false);
      return "vector";
    case "matrix selector":
      checkSelector(text, expr.selector, false);
      return "matrix";
    case "subquery": {
      const type = checkTypes(text, expr.expr);
      if (type !== "vector")
        fail(text, expr, `subquery is only allowed on instant vector, got ${type} instead`);
      return "matrix";
    }
    case "call":
      return checkCall(text, expr);
    case "aggregation":
      return checkAggregation(text, expr);
    case "binary":
      return checkBinary(text, expr);
    case "unary": {
      const type = checkTypes(text, expr.expr);
      if (type === "scalar" || type === "vector") return type;
      const allowed = "expressions of type scalar or instant vector";
      return fail(text, expr, `unary expression only allowed on ${allowed}, got ${quote(TYPE_NAMES[type])}`);
    }
    case "parentheses":
      return checkTypes(text, expr.expr);
  }
}

function fail(text: string, { range }: Pick<Expr, "range">, reason: string): never {
  throw new ParseError(text, range, reason);
}

function expectType(text: string, expr: Expr, expected: ValueType, context: string): void {
  const type = checkTypes(text, expr);
  if (type === expected) return;
  fail(text, expr, `expected type ${TYPE_NAMES[expected]} in ${context}, got ${TYPE_NAMES[type]}`);
}

/** A selector must require something, so that a slip does not select everything. */
function checkSelector(text: string, selector: VectorSelector, mayBeEmpty: boolean): void {
  if (selector.name !== "") {
    const second = selector.matchers.slice(0, -1).find(({ name }) => name === METRIC_NAME);
    if (second === undefined) return;
    fail(
      text,
      selector,
      `metric name must not be set twice: ${quoteInput(selector.name)} or ${quoteInput(second.value)}`,
    );
  }
  if (mayBeEmpty || selector.matchers.some((matcher) => !matcher.matches(""))) return;
  fail(text, selector, "vector selector must contain at least one non-empty matcher");
}

function checkAggregation(text: string, { operator, expr, parameter }: Aggregation): ValueType {
  expectType(text, expr, "vector", "aggregation expression");
  if (parameter !== undefined) {
    const type = operator === "count_values" ? "string" : "scalar";
    expectType(text, parameter, type, "aggregation parameter");
  }
  return "vector";
}

function checkCall(text: string, call: Call): ValueType {
  const { argTypes, returnType, plansAs } = factsOf(call.function);
  checkArgumentCount(text, call);
  const isInfo = plansAs === "info";
  if (isInfo && call.args.length > 1) checkInfoSelector(text, call, call.args[1]);
  const args = isInfo ? call.args.slice(0, 1) : call.args;
  args.forEach((arg, i) => {
    const expected = argTypes[Math.min(i, argTypes.length - 1)];
    expectType(text, arg, expected, `call to function ${quote(call.function)}`);
  });
  return returnType;
}

function checkArgumentCount(text: string, call: Call): void {
  const { argTypes, variadic } = factsOf(call.function);
  const least = variadic === 0 ? argTypes.length : argTypes.length - 1;
  const most = variadic < 0 ? Number.POSITIVE_INFINITY : least + variadic;
  const count = call.args.length;
  if (count >= least && count <= most) return;
  const bound = variadic === 0 ? "" : count < least ? "at least " : "at most ";
  const expected = `${bound}${count < least ? least : most}`;
  fail(text, call, `expected ${expected} argument(s) in call to ${quote(call.function)}, got ${count}`);
}

/**
 * The second argument of `info` only looks like a selector: its matchers may all be empty, and it
 * has no name.
 */
function checkInfoSelector(text: string, call: Call, arg: Expr): void {
  if (arg.kind === "vector selector") {
    if (arg.name !== "") fail(text, arg, "expected label selectors only, got vector selector instead");
    return;
  }
  const type = checkTypes(text, arg);
  if (type === "vector") fail(text, arg, "expected label selectors only");
  fail(text, call, `expected type instant vector in call to function "info", got ${TYPE_NAMES[type]}`);
}

type Draft<T> = { -readonly [K in keyof T]: T[K] };

function checkBinary(text: string, expr: BinaryExpr): ValueType {
  const left = checkTypes(text, expr.left);
  const right = checkTypes(text, expr.right);
  checkOperator(text, expr, left === "scalar" && right === "scalar");
  for (const [side, type] of [[expr.left, left] as const, [expr.right, right] as const]) {
    if (type === "scalar" || type === "vector") continue;
    fail(text, side, "binary expression must contain only scalar and instant vector types");
  }
  const draft: Draft<BinaryExpr> = expr;
  if (left === "vector" && right === "vector") {
    draft.matching = checkMatching(text, expr);
    return "vector";
  }
  checkNoMatching(text, expr);
  draft.matching = undefined;
  return left === "vector" || right === "vector" ? "vector" : "scalar";
}

const COMPARISONS: ReadonlySet<BinaryOperator> = new Set<BinaryOperator>(["==", "!=", "<", "<=", ">", ">="]);
const SET_OPERATORS: ReadonlySet<BinaryOperator> = new Set<BinaryOperator>(["and", "or", "unless"]);

function checkOperator(text: string, expr: BinaryExpr, isScalar: boolean): void {
  const { operator, returnsBool, matching } = expr;
  const isComparison = COMPARISONS.has(operator);
  const failHere = (reason: string) => fail(text, { range: operatorRange(text, expr) }, reason);
  if (returnsBool && !isComparison) failHere("bool modifier can only be used on comparison operators");
  if (isComparison && !returnsBool && isScalar)
    failHere("comparisons between scalars must use BOOL modifier");
  if (matching === undefined || !matching.on) return;
  const included = new Set(matching.include);
  const twice = matching.labels.find((label) => included.has(label));
  if (twice === undefined) return;
  failHere(`label ${quoteInput(twice)} must not occur in ON and GROUP clause at once`);
}

/** From the operator to the right side. */
function operatorRange(text: string, { left, right }: BinaryExpr): { start: number; end: number } {
  const space = /\s*/y;
  space.lastIndex = left.range.end;
  space.test(text);
  return { start: space.lastIndex, end: right.range.start };
}

function checkMatching(text: string, expr: BinaryExpr): BinaryExpr["matching"] {
  const { operator, matching } = expr;
  if (matching === undefined || !SET_OPERATORS.has(operator)) return matching;
  if (matching.cardinality !== "one-to-one")
    fail(text, expr, `no grouping allowed for ${quote(operator)} operation`);
  if (matching.fillLeft !== undefined || matching.fillRight !== undefined) {
    fail(text, expr, "filling in missing series not allowed for set operators");
  }
  return { ...matching, cardinality: "many-to-many" };
}

function checkNoMatching(text: string, expr: BinaryExpr): void {
  const { operator, matching } = expr;
  if (matching !== undefined && matching.labels.length > 0) {
    fail(text, expr, "vector matching only allowed between instant vectors");
  }
  if (matching?.fillLeft !== undefined || matching?.fillRight !== undefined) {
    fail(text, expr, "filling in missing series only allowed between instant vectors");
  }
  if (!SET_OPERATORS.has(operator)) return;
  fail(text, expr, `set operator ${quote(operator)} not allowed in binary scalar expression`);
}
