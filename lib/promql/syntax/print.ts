/** Expressions to text, on one line, as Prometheus prints them: parsed again it is the same tree. */

import { compareBytewise, METRIC_NAME } from "../../model/labels.ts";
import type { Matcher } from "../../model/matcher.ts";
import { printFloat } from "../../number/print-float.ts";
import { printGeneralFloat } from "../../number/print-general-float.ts";
import type {
  Aggregation,
  AtModifier,
  BinaryExpr,
  DurationExpr,
  Expr,
  MatrixSelector,
  Subquery,
  VectorSelector,
} from "./ast.ts";
import { printDuration } from "./duration-text.ts";
import { quote } from "./quote.ts";

/** Prints what stands inside of an expression. */
export type PrintChild = (expr: Expr) => string;

/** `print` in place of recursion, for a printer that keeps what it printed. */
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

/** Before `^` the sign of `+Inf` would bind less: there it is `Inf`. */
export function printLeftSide({ operator, left }: BinaryExpr, print: PrintChild): string {
  const text = print(left);
  const isInf = left.kind === "number" && left.value === Number.POSITIVE_INFINITY;
  return isInf && operator === "^" ? text.replace("+", "") : text;
}

/** `sum by (a) `: up to the arguments. */
export function printAggregationHead({ operator, grouping, labels }: Aggregation): string {
  if (grouping === "by" && labels.length === 0) return operator;
  return `${operator} ${grouping} (${printLabelNames(labels)}) `;
}

/** `== bool on (a) group_left (b)`: what stands between two sides. */
export function printOperator({ operator, returnsBool, matching }: BinaryExpr): string {
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
  const { offset, at, extended } = selector;
  return `${printSeries(selector)}${printAt(at)}${extended === undefined ? "" : ` ${extended}`}${printOffset(offset)}`;
}

function printMatrixSelector({ selector, window }: MatrixSelector): string {
  const { offset, at, extended } = selector;
  const extendedText = extended === undefined ? "" : ` ${extended}`;
  return `${printSeries(selector)}[${printRange(window)}]${extendedText}${printAt(at)}${printOffset(offset)}`;
}

/** `name{label="value"}`; a selector without any matcher, as `info` may have it, is `{}`. */
function printSeries({ name, matchers }: VectorSelector): string {
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
function printTimestamp(timestampMs: number): string {
  const ms = BigInt(Math.abs(timestampMs));
  const fraction = String(ms % 1000n).padStart(3, "0");
  return `${timestampMs < 0 ? "-" : ""}${ms / 1000n}.${fraction}`;
}

function printOffset(offset: DurationExpr | undefined): string {
  return offset === undefined ? "" : ` offset ${printRange(offset)}`;
}

/** A range, a step or an offset: a literal is always shown with units. */
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
