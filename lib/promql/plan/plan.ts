/**
 * The logical plan: a syntax tree with all durations and `@` times resolved, and what is the same
 * at every step marked. Planning is pure.
 */

import type { Matcher } from "../../model/matcher.ts";
import type { AggregationOperator, BinaryOperator, TextRange, VectorMatching } from "../syntax/ast.ts";
import type { FunctionName } from "../syntax/functions.ts";
import type { ExtendedRange } from "../syntax/types.ts";
import type { TimeReference } from "./grid.ts";

export type Plan =
  | ConstantPlan
  | TextPlan
  | SelectPlan
  | WindowPlan
  | SubqueryPlan
  | CallPlan
  | AggregatePlan
  | BinaryPlan
  | InfoPlan
  | NegatePlan
  | OncePlan;

interface PlanNode {
  /** Its place in the text, for annotations. */
  readonly range: TextRange;
}

/** A number that is the same at every step. */
export interface ConstantPlan extends PlanNode {
  readonly kind: "constant";
  readonly value: number;
}

export interface TextPlan extends PlanNode {
  readonly kind: "text";
  readonly value: string;
}

/** An instant vector: the newest sample of every series within the lookback delta. */
export interface SelectPlan extends PlanNode, TimeReference {
  readonly kind: "select";
  readonly matchers: readonly Matcher[];
  readonly extended: ExtendedRange | undefined;
  /** Whether only counts and sums of native histograms are needed, so buckets are omitted. */
  readonly skipsBuckets: boolean;
}

/** A range vector of stored samples. */
export interface WindowPlan extends PlanNode {
  readonly kind: "window";
  readonly select: SelectPlan;
  readonly windowMs: number;
}

/** A range vector of an expression's values. */
export interface SubqueryPlan extends PlanNode, TimeReference {
  readonly kind: "subquery";
  readonly inner: Plan;
  readonly windowMs: number;
  readonly intervalMs: number;
}

export interface CallPlan extends PlanNode {
  readonly kind: "call";
  readonly name: FunctionName;
  readonly args: readonly Plan[];
}

/** `info(…)` adds labels of info series to the inner series. */
export interface InfoPlan extends PlanNode {
  readonly kind: "info";
  readonly inner: Plan;
  /** Selects the info series, at the time of the samples that they describe. */
  readonly select: SelectPlan;
  /** The written matchers on labels other than the name: they choose the labels to add. */
  readonly dataMatchers: readonly Matcher[];
}

export interface AggregatePlan extends PlanNode {
  readonly kind: "aggregate";
  readonly operator: AggregationOperator;
  readonly inner: Plan;
  readonly parameter: Plan | undefined;
  readonly grouping: "by" | "without";
  readonly labels: readonly string[];
}

export interface BinaryPlan extends PlanNode {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Plan;
  readonly right: Plan;
  readonly returnsBool: boolean;
  readonly matching: VectorMatching | undefined;
}

export interface NegatePlan extends PlanNode {
  readonly kind: "negate";
  readonly inner: Plan;
}

/** A plan that is the same at every step: evaluated at the first step alone. */
export interface OncePlan extends PlanNode {
  readonly kind: "once";
  readonly inner: Plan;
}

/** Plans that can be evaluated series by series while reading. */
export type StreamedPlan = SelectPlan | CallPlan | AggregatePlan;

/** The plans directly inside a plan, including a window's selector. */
export function plansIn(plan: Plan): readonly Plan[] {
  switch (plan.kind) {
    case "constant":
    case "text":
    case "select":
      return [];
    case "window":
      return [plan.select];
    case "subquery":
    case "negate":
    case "once":
      return [plan.inner];
    case "call":
      return plan.args;
    case "info":
      return [plan.inner, plan.select];
    case "aggregate":
      return plan.parameter === undefined ? [plan.inner] : [plan.parameter, plan.inner];
    case "binary":
      return [plan.left, plan.right];
  }
}

export function isRangePlan(plan: { readonly kind: string }): plan is WindowPlan | SubqueryPlan {
  return plan.kind === "window" || plan.kind === "subquery";
}
