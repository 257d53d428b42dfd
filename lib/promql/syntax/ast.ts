/**
 * The syntax tree of a PromQL expression. https://prometheus.io/docs/prometheus/latest/querying/basics/
 *
 * The parser checks types, arity and matching before it returns a tree: evaluators rely on them.
 */
import type { Matcher } from "../../model/matcher.ts";
import type { FunctionName } from "./functions.ts";
import type { ExtendedRange } from "./types.ts";

/** The place of a node in the text: UTF-16 offsets, half-open. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

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
  /** Whether it is written as a duration (`5m`); the value is in seconds then. */
  readonly isDuration: boolean;
}

export interface StringLiteral extends Node {
  readonly kind: "string";
  /**
   * An escape can make bytes that are not UTF-8: each is a lone surrogate here. A text that is not
   * `isWellFormed` cannot be a label's name or value.
   */
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
  /** A whole number, for a range, a step or an offset. */
  readonly ms: number;
  /** As written, for arithmetic, whose result is truncated to ms. */
  readonly seconds: number;
  /**
   * Whether it is written with units (`5m`), not as a number of seconds. A literal that is a whole range,
   * step or offset is always printed with units.
   */
  readonly isDuration: boolean;
}

/** The modifiers after a selector or a subquery. */
interface Modifiers {
  /** Positive looks back. */
  readonly offset: DurationExpr | undefined;
  readonly at: AtModifier | undefined;
}

export interface VectorSelector extends Node, Modifiers {
  readonly kind: "vector selector";
  /** The name before the braces, or "". The matchers include it. */
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly extended: ExtendedRange | undefined;
}

export interface MatrixSelector extends Node {
  readonly kind: "matrix selector";
  /** Holds the modifiers, which are written after the range. */
  readonly selector: VectorSelector;
  readonly window: DurationExpr;
}

export interface Subquery extends Node, Modifiers {
  readonly kind: "subquery";
  readonly expr: Expr;
  readonly window: DurationExpr;
  /** Default: the global evaluation interval. */
  readonly step: DurationExpr | undefined;
}

export interface Call extends Node {
  readonly kind: "call";
  readonly function: FunctionName;
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
  /** An aggregation without either is `by ()`. */
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
  /** `on` instead of `ignoring`; without either it is `ignoring ()`. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** The labels of `group_left` or `group_right`. */
  readonly include: readonly string[];
  /** Experimental `fill`, `fill_left`, `fill_right`: the value of a side without a match. */
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface BinaryExpr extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly returnsBool: boolean;
  /** Undefined unless both sides are vectors. */
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
