/** Binary operators between two numbers. */
import type { BinaryOperator } from "../syntax/ast.ts";

/**
 * Operators between numbers except the set operators; `</` and `>/` are between histograms and
 * numbers.
 */
export type Arithmetic = "+" | "-" | "*" | "/" | "%" | "^" | "atan2";
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

export function isComparison(operator: BinaryOperator): operator is Comparison {
  return /^(==|!=|<=?|>=?)$/.test(operator);
}

export function isArithmetic(operator: BinaryOperator): operator is Arithmetic {
  return /^([-+*/%^]|atan2)$/.test(operator);
}

export function calculator(operator: Arithmetic): (a: number, b: number) => number {
  switch (operator) {
    case "+":
      return (a, b) => a + b;
    case "-":
      return (a, b) => a - b;
    case "*":
      return (a, b) => a * b;
    case "/":
      return (a, b) => a / b;
    case "%":
      return (a, b) => a % b;
    case "^":
      return power;
    case "atan2":
      return Math.atan2;
  }
}

/** As in IEEE 754, and unlike JavaScript: 1 to any power is 1, and -1 to an infinite power is 1. */
function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && (exponent === Infinity || exponent === -Infinity)) return 1;
  return base ** exponent;
}

export function comparator(operator: Comparison): (a: number, b: number) => boolean {
  switch (operator) {
    case "==":
      return (a, b) => a === b;
    case "!=":
      return (a, b) => a !== b;
    case "<":
      return (a, b) => a < b;
    case "<=":
      return (a, b) => a <= b;
    case ">":
      return (a, b) => a > b;
    case ">=":
      return (a, b) => a >= b;
  }
}
