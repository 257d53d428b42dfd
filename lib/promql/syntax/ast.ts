/**
 * The syntax tree of a PromQL expression. https://prometheus.io/docs/prometheus/latest/querying/basics/
 *
 * The parser has checked types, arity and matching before it hands a tree out: an evaluator may rely on them.
 */
import type { Matcher } from "../../model/matcher.ts";

/** Where a node stands in the text: UTF-16 offsets, half-open. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export type ValueType = "scalar" | "string" | "vector" | "matrix";

export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | BinaryExpr
  | UnaryExpr
  | ParenExpr;

interface Node {
  readonly range: TextRange;
}

export interface NumberLiteral extends Node {
  readonly kind: "number";
  readonly value: number;
  /** Written as a duration (`5m`): its value is in seconds. */
  readonly isDuration: boolean;
}

export interface StringLiteral extends Node {
  readonly kind: "string";
  /** A byte that is no UTF-8, which an escape can make, is a lone surrogate here; what is not `isWellFormed` is no label's name or value. */
  readonly value: string;
}

/** `@ 1234.5`, `@ start()`, `@ end()`. */
export type AtModifier =
  | { readonly kind: "time"; readonly timestampMs: number }
  | { readonly kind: "start" }
  | { readonly kind: "end" };

/** A length of time, or arithmetic over `step()`, `range()` and numbers. */
export type DurationExpr =
  | DurationLiteral
  | { readonly kind: "step" | "range"; readonly range: TextRange }
  | {
      readonly kind: "duration operation";
      /** `plus` and `negate` have one operand. */
      readonly operator: "+" | "-" | "*" | "/" | "%" | "^" | "min" | "max" | "plus" | "negate";
      readonly operands: readonly DurationExpr[];
      readonly range: TextRange;
    }
  | { readonly kind: "duration parentheses"; readonly inner: DurationExpr; readonly range: TextRange };

export interface DurationLiteral extends Node {
  readonly kind: "duration";
  /** Whole: what a range, a step or an offset takes. */
  readonly ms: number;
  /** As written: what operations calculate with, in seconds; their result is truncated to ms. */
  readonly seconds: number;
  /** Written with units (`5m`), not as a number of seconds; a whole range, step or offset is always shown so. */
  readonly isDuration: boolean;
}

/** What may follow a selector or a subquery. */
interface Modifiers {
  /** Positive looks back. */
  readonly offset: DurationExpr | undefined;
  readonly at: AtModifier | undefined;
}

/** How a range's boundaries are made. */
export type ExtendedRange = "anchored" | "smoothed";

export interface VectorSelector extends Node, Modifiers {
  readonly kind: "vector selector";
  /** The name before the braces, or ""; it is among the matchers too. */
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly extended: ExtendedRange | undefined;
}

export interface MatrixSelector extends Node {
  readonly kind: "matrix selector";
  /** Carries the modifiers that are written behind the range. */
  readonly selector: VectorSelector;
  readonly window: DurationExpr;
}

export interface Subquery extends Node, Modifiers {
  readonly kind: "subquery";
  readonly expr: Expr;
  readonly window: DurationExpr;
  /** Absent: the default evaluation interval. */
  readonly step: DurationExpr | undefined;
}

export interface Call extends Node {
  readonly kind: "call";
  readonly function: string;
  readonly args: readonly Expr[];
}

export type AggregationOperator =
  | "sum"
  | "avg"
  | "count"
  | "min"
  | "max"
  | "group"
  | "stddev"
  | "stdvar"
  | "topk"
  | "bottomk"
  | "count_values"
  | "quantile"
  | "limitk"
  | "limit_ratio";

export interface Aggregation extends Node {
  readonly kind: "aggregation";
  readonly operator: AggregationOperator;
  readonly expr: Expr;
  readonly parameter: Expr | undefined;
  /** `by`, or `without`; neither is `by ()`. */
  readonly grouping: "by" | "without";
  readonly labels: readonly string[];
}

export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "^"
  | "atan2"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "</"
  | ">/"
  | "and"
  | "or"
  | "unless";

export interface VectorMatching {
  readonly cardinality: "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";
  /** `on`, or `ignoring`; neither is `ignoring ()`. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** The labels of `group_left` or `group_right`. */
  readonly include: readonly string[];
  /** Experimental `fill`, `fill_left`, `fill_right`: what stands in for a side without a match. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface BinaryExpr extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly returnsBool: boolean;
  /** Between two vectors only. */
  readonly matching: VectorMatching | undefined;
}

export interface UnaryExpr extends Node {
  readonly kind: "unary";
  readonly operator: "+" | "-";
  readonly expr: Expr;
}

export interface ParenExpr extends Node {
  readonly kind: "parentheses";
  readonly expr: Expr;
}
