/**
 * Prints expressions over several lines, as Prometheus does: what exceeds 100 bytes is split, its
 * parts indented by two spaces.
 * https://github.com/prometheus/prometheus/blob/main/promql/parser/prettier_rules.md
 */
import { HearthError } from "../../model/errors.ts";
import type { Aggregation, BinaryExpr, Expr } from "./ast.ts";
import {
  printAggregationHead,
  printExpr,
  printLeftSide,
  printOperator,
  printSubquerySuffix,
} from "./print.ts";

const MAX_LINE_BYTES = 100;

/** Characters of a printed expression. Indents grow with each level: 256 KB can be printed as 130 MB. */
const MAX_PRINTED_CHARACTERS = 32 * 1024 * 1024;

/** Throws "too large" for an expression that is too long when printed. */
export function printPretty(root: Expr): string {
  let length = 0;
  const count = (text: string): string => {
    length += text.length;
    if (length <= MAX_PRINTED_CHARACTERS) return text;
    throw new HearthError(
      "too large",
      `format query: the expression has more than ${MAX_PRINTED_CHARACTERS} characters when it is printed with its indents; nest fewer long lists`,
    );
  };
  const printed = new Map<Expr, string>();
  /** On one line. Each node is printed once, however often its length is needed. */
  const onOneLine = (expr: Expr): string => {
    const known = printed.get(expr);
    if (known !== undefined) return known;
    const text = count(printExpr(expr, onOneLine));
    printed.set(expr, text);
    return text;
  };

  function pretty(expr: Expr, level: number): string {
    const indent = count("  ".repeat(level));
    if (expr.kind === "unary") return `${indent}${expr.operator}${pretty(expr.expr, level).trim()}`;
    const text = onOneLine(expr);
    const isShort = Buffer.byteLength(text) <= MAX_LINE_BYTES;
    switch (expr.kind) {
      case "subquery":
        return isShort ? text : `${pretty(expr.expr, level)}${printSubquerySuffix(expr)}`;
      case "call":
        return isShort ? indent + text : `${indent}${expr.function}(\n${list(expr.args, level)}\n${indent})`;
      case "aggregation":
        return isShort ? indent + text : `${indent}${aggregation(expr, level)}\n${indent})`;
      case "binary":
        return isShort ? indent + text : binary(expr, level, indent);
      case "parentheses":
        return isShort ? indent + text : `${indent}(\n${pretty(expr.expr, level + 1)}\n${indent})`;
      default:
        return indent + text;
    }
  }

  function list(args: readonly Expr[], level: number): string {
    return args.map((arg) => pretty(arg, level + 1)).join(",\n");
  }

  function aggregation(expr: Aggregation, level: number): string {
    const args = expr.parameter === undefined ? [expr.expr] : [expr.parameter, expr.expr];
    return `${printAggregationHead(expr)}(\n${list(args, level)}`;
  }

  function binary(expr: BinaryExpr, level: number, indent: string): string {
    const left = printLeftSide(expr, (side) => pretty(side, level + 1));
    return `${left}\n${indent}${printOperator(expr)}\n${pretty(expr.right, level + 1)}`;
  }

  return pretty(root, 0);
}
