/** Prints expressions on one line, as Prometheus does. The text parses to the same tree. */

import { compareBytewise, METRIC_NAME } from "../../model/labels.ts";
import type { Matcher } from "../../model/matcher.ts";
import { printFloat } from "../../number/print-float.ts";
import { printGeneralFloat } from "../../number/print-general-float.ts";
import type {
  Aggregation,
  AtModifier,
  BinaryExpr,
  BinaryOperator,
  DurationExpr,
  Expr,
  MatrixSelector,
  Subquery,
  VectorSelector,
} from "./ast.ts";
import { printDuration } from "./duration-text.ts";
import { quote } from "./quote.ts";

/** Prints an expression inside another. */
export type PrintChild = (expr: Expr) => string;

/** `print` replaces the recursion, for a printer that caches texts. */
export function printExpr(expr: Expr, print: PrintChild = printExpr): string {
  switch (expr.kind) {
    case "number":
      return expr.isDuration ? printSeconds(expr.value) : printFloat(expr.value);
    case "string":
      return quote(expr.value);
    case "vector selector":
      return printVectorSelector(expr);
    case "matrix selector":
      return printMatrixSelector(expr);
    case "subquery":
      return `${print(expr.expr)}${printSubquerySuffix(expr)}`;
    case "call":
      return `${expr.function}(${expr.args.map((arg) => print(arg)).join(", ")})`;
    case "aggregation": {
      const args = expr.parameter === undefined ? [expr.expr] : [expr.parameter, expr.expr];
      return `${printAggregationHead(expr)}(${args.map((arg) => print(arg)).join(", ")})`;
    }
    case "binary":
      return `${printLeftSide(expr, print)} ${printOperator(expr)} ${print(expr.right)}`;
    case "unary":
      return `${expr.operator}${print(expr.expr)}`;
    case "parentheses":
      return `(${print(expr.expr)})`;
  }
}

/**
 * The left side, printed so that the operator after it binds as in the tree: `Inf` for `+Inf` before `^`,
 * and offsets that would continue with the operator closed.
 */
export function printLeftSide({ operator, left }: BinaryExpr, print: PrintChild): string {
  const text = print(left);
  const isInf = left.kind === "number" && left.value === Number.POSITIVE_INFINITY;
  if (isInf && operator === "^") return text.replace("+", "");
  return DURATION_OPERATORS.has(operator) ? closeOffset(text, left) : text;
}

/** An offset that begins like this continues with duration operators. */
const OPEN_OFFSET = /^ offset (\(|-[+-])/;
const DURATION_OPERATORS: ReadonlySet<BinaryOperator> = new Set(["+", "-", "*", "/", "%", "^"]);

/**
 * `text` prints `expr`. Where it ends with an offset that an operator could continue, another modifier is
 * moved after it, or it gets a sign: `offset (1m) @ end()`, `offset +(1m)`.
 */
function closeOffset(text: string, expr: Expr): string {
  const last = lastOperand(expr);
  if (last.kind !== "vector selector" && last.kind !== "subquery") return text;
  const { offset } = last;
  const offsetText = printOffset(offset);
  if (offset === undefined || !OPEN_OFFSET.test(offsetText)) return text;
  const others = last.kind === "subquery" ? printAt(last.at) : printSelectorModifiers(last);
  const before = text.slice(0, text.length - others.length - offsetText.length);
  if (others !== "") return `${before}${offsetText}${others}`;
  return offset.kind === "duration parentheses" ? `${before}${offsetText.replace("(", "+(")}` : text;
}

/** The operand at the end of an expression's text. */
function lastOperand(expr: Expr): Expr {
  if (expr.kind === "binary") return lastOperand(expr.right);
  return expr.kind === "unary" ? lastOperand(expr.expr) : expr;
}

/** `sum by (a) `: up to the arguments. */
export function printAggregationHead({
  operator,
  grouping,
  labels,
}: Pick<Aggregation, "operator" | "grouping" | "labels">): string {
  if (grouping === "by" && labels.length === 0) return operator;
  return `${operator} ${grouping} (${printLabelNames(labels)}) `;
}

/** `== bool on (a) group_left (b)`: the text between two sides. */
export function printOperator({
  operator,
  returnsBool,
  matching,
}: Pick<BinaryExpr, "operator" | "returnsBool" | "matching">): string {
  let text = operator + (returnsBool ? " bool" : "");
  if (matching === undefined) return text;
  const { cardinality, on, labels, include } = matching;
  const group =
    cardinality === "many-to-one" ? "group_left" : cardinality === "one-to-many" ? "group_right" : undefined;
  if (labels.length > 0 || on || group !== undefined) {
    text += ` ${on ? "on" : "ignoring"} (${printLabelNames(labels)})`;
  }
  if (group !== undefined) text += ` ${group} (${printLabelNames(include)})`;
  return text + printFill(matching.fillLeft, matching.fillRight);
}

function printFill(left: number | undefined, right: number | undefined): string {
  if (left !== undefined && left === right) return ` fill (${printGeneralFloat(left)})`;
  const leftText = left === undefined ? "" : ` fill_left (${printGeneralFloat(left)})`;
  return right === undefined ? leftText : `${leftText} fill_right (${printGeneralFloat(right)})`;
}

function printLabelNames(names: readonly string[]): string {
  return names.map(printLabelName).join(", ");
}

function printLabelName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : quote(name);
}

function printVectorSelector(selector: VectorSelector): string {
  return printSeries(selector) + printSelectorModifiers(selector) + printOffset(selector.offset);
}

/** `@` and `anchored` or `smoothed`. */
function printSelectorModifiers({ at, extended }: VectorSelector): string {
  return printAt(at) + (extended === undefined ? "" : ` ${extended}`);
}

function printMatrixSelector({ selector, window }: MatrixSelector): string {
  const { offset, at, extended } = selector;
  const extendedText = extended === undefined ? "" : ` ${extended}`;
  return `${printSeries(selector)}[${printRange(window)}]${extendedText}${printAt(at)}${printOffset(offset)}`;
}

/** The series that matchers select: `name{label="value"}`. */
export function printMatchers(matchers: readonly Matcher[]): string {
  const named = matchers.find(({ name, type }) => name === METRIC_NAME && type === "=");
  const name = /^[A-Za-z_:][\w:]*$/.test(named?.value ?? "") ? named!.value : "";
  return printSeries({ name, matchers });
}

/** `name{label="value"}`; `{}` for a selector without matchers, which `info` accepts. */
function printSeries({ name, matchers }: Pick<VectorSelector, "name" | "matchers">): string {
  const shown = matchers.filter((matcher) => !isName(matcher, name)).map(printMatcher);
  if (shown.length === 0 && name !== "") return name;
  return `${name}{${shown.sort(compareBytewise).join(",")}}`;
}

function isName(matcher: Matcher, name: string): boolean {
  return name !== "" && matcher.name === METRIC_NAME && matcher.type === "=" && matcher.value === name;
}

function printMatcher({ name, type, value }: Matcher): string {
  return `${printLabelName(name)}${type}${quote(value)}`;
}

/** `[5m:1m] @ end() offset 1h`. */
export function printSubquerySuffix({ window, step, at, offset }: Subquery): string {
  const stepText = step === undefined ? "" : printRange(step);
  return `[${printRange(window)}:${stepText}]${printAt(at)}${printOffset(offset)}`;
}

function printAt(at: AtModifier | undefined): string {
  if (at === undefined) return "";
  return at.kind === "time" ? ` @ ${printTimestamp(at.timestampMs)}` : ` @ ${at.kind}()`;
}

/** Seconds with three decimals. */
export function printTimestamp(timestampMs: number): string {
  const ms = BigInt(Math.abs(timestampMs));
  const fraction = String(ms % 1000n).padStart(3, "0");
  return `${timestampMs < 0 ? "-" : ""}${ms / 1000n}.${fraction}`;
}

function printOffset(offset: DurationExpr | undefined): string {
  if (offset === undefined) return "";
  // An offset of one sign ends with its operand: of `-2 ^ 2` it is -2. A second sign takes the power in.
  const isNegatedPower = isOperation(offset, "negate") && isOperation(offset.operands[0], "^");
  return ` offset ${isNegatedPower ? `-+${printRange(offset.operands[0])}` : printRange(offset)}`;
}

type DurationOperation = Extract<DurationExpr, { kind: "duration operation" }>;

function isOperation(
  duration: DurationExpr,
  operator: DurationOperation["operator"],
): duration is DurationOperation {
  return duration.kind === "duration operation" && duration.operator === operator;
}

/** A range, a step or an offset. A literal always has units. */
function printRange(duration: DurationExpr): string {
  return duration.kind === "duration" ? printDuration(duration.ms) : printDurationOperand(duration);
}

function printDurationOperand(duration: DurationExpr): string {
  switch (duration.kind) {
    case "duration":
      return duration.isDuration ? printSeconds(duration.seconds) : printFloat(duration.seconds);
    case "step":
    case "range":
      return `${duration.kind}()`;
    case "duration parentheses":
      return `(${printDurationOperand(duration.inner)})`;
    case "duration operation": {
      const [left, right] = duration.operands.map(printDurationOperand);
      if (duration.operator === "plus") return left;
      if (duration.operator === "negate") return `-${left}`;
      const isCall = duration.operator === "min" || duration.operator === "max";
      return isCall ? `${duration.operator}_of(${left}, ${right})` : `${left} ${duration.operator} ${right}`;
    }
  }
}

function printSeconds(seconds: number): string {
  return printDuration(Math.round(seconds * 1000));
}
