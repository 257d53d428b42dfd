/** From a syntax tree to a plan. */
import type {
  Aggregation,
  AtModifier,
  BinaryExpr,
  Call,
  DurationExpr,
  Expr,
  MatrixSelector,
  Subquery,
  UnaryExpr,
  VectorSelector,
} from "../syntax/ast.ts";
import { factsOf } from "../syntax/functions.ts";
import type { QueryTimes } from "../syntax/types.ts";
import { type BucketUse, bucketUseIn } from "./bucket-use.ts";
import { infoPlan } from "./info-plan.ts";
import type { CallPlan, Plan, SelectPlan, SubqueryPlan } from "./plan.ts";
import { resolveDuration } from "./resolve-duration.ts";

export interface PlanOptions {
  readonly times: QueryTimes;
  readonly defaultSubqueryStepMs: number;
}

/** A part of the plan with its properties. */
interface Part {
  readonly plan: Plan;
  /** The same at every step. */
  readonly isInvariant: boolean;
  /**
   * Whether evaluating it once pays: it is more than a literal, and not a range vector, which its
   * user reads once anyway.
   */
  readonly wraps: boolean;
}

interface Scope extends PlanOptions {
  readonly buckets: BucketUse;
}

/** Throws "invalid" for invalid durations. The tree is unchanged. */
export function makePlan(expr: Expr, options: PlanOptions): Plan {
  return wrapped(planOf(expr, { ...options, buckets: "unknown" }));
}

function wrapped({ plan, wraps }: Part): Plan {
  return wraps ? { kind: "once", range: plan.range, inner: plan } : plan;
}

function planOf(expr: Expr, outer: Scope): Part {
  const scope = { ...outer, buckets: bucketUseIn(expr, outer.buckets) };
  switch (expr.kind) {
    case "number":
      return literal({ kind: "constant", range: expr.range, value: expr.value });
    case "string":
      return literal({ kind: "text", range: expr.range, value: expr.value });
    case "parentheses":
      return planOf(expr.expr, scope);
    case "vector selector":
      return selectPart(expr, scope);
    case "matrix selector":
      return windowPart(expr, scope);
    case "subquery":
      return subqueryPart(expr, scope);
    case "call":
      return callPart(expr, scope);
    case "aggregation":
      return aggregatePart(expr, scope);
    case "binary":
      return binaryPart(expr, scope);
    case "unary":
      return unaryPart(expr, scope);
  }
}

function literal(plan: Plan): Part {
  return { plan, isInvariant: true, wraps: false };
}

function selectPart(expr: VectorSelector, scope: Scope): Part {
  const plan = selectPlan(expr, scope);
  const isInvariant = plan.atMs !== undefined;
  return { plan, isInvariant, wraps: isInvariant };
}

function selectPlan(expr: VectorSelector, scope: Scope): SelectPlan {
  const { range, matchers, extended } = expr;
  const skipsBuckets = scope.buckets === "ignored";
  return { kind: "select", range, matchers, extended, skipsBuckets, ...referenceOf(expr, scope) };
}

function referenceOf(
  { offset, at }: { offset: DurationExpr | undefined; at: AtModifier | undefined },
  { times }: Scope,
): Pick<SelectPlan, "offsetMs" | "atMs"> {
  const offsetMs = offset === undefined ? 0 : resolveDuration(offset, times, true);
  return { offsetMs, atMs: at && atTime(at, times) };
}

function atTime(at: AtModifier, times: QueryTimes): number {
  if (at.kind === "time") return at.timestampMs;
  return at.kind === "start" ? times.startMs : times.endMs;
}

function windowPart({ range, selector, window }: MatrixSelector, scope: Scope): Part {
  const select = selectPlan(selector, scope);
  const windowMs = resolveDuration(window, scope.times, false);
  const plan: Plan = { kind: "window", range, select, windowMs };
  return { plan, isInvariant: select.atMs !== undefined, wraps: false };
}

function subqueryPart(expr: Subquery, scope: Scope): Part {
  const { range, step, window } = expr;
  const inner = planOf(expr.expr, scope);
  const plan: SubqueryPlan = {
    kind: "subquery",
    range,
    inner: wrapped(inner),
    windowMs: resolveDuration(window, scope.times, false),
    intervalMs:
      (step === undefined ? 0 : resolveDuration(step, scope.times, false)) || scope.defaultSubqueryStepMs,
    ...referenceOf(expr, scope),
  };
  return { plan, isInvariant: plan.atMs !== undefined, wraps: false };
}

function callPart(expr: Call, scope: Scope): Part {
  const { constant, plansAs } = factsOf(expr.function);
  if (constant !== undefined) {
    return literal({ kind: "constant", range: expr.range, value: constant(scope.times) });
  }
  const args = expr.args.map((arg) => planOf(arg, scope));
  if (plansAs === "info") return infoPart(expr, args);
  const isInvariant = args.every((arg) => arg.isInvariant);
  if (isInvariant && !dependsOnStep(expr, args)) {
    return {
      plan: callPlan(
        expr,
        args.map((arg) => arg.plan),
      ),
      isInvariant: true,
      wraps: true,
    };
  }
  return { plan: callPlan(expr, args.map(wrapped)), isInvariant: false, wraps: false };
}

function callPlan({ range, function: name }: Call, args: readonly Plan[]): CallPlan {
  return { kind: "call", range, name, args };
}

function dependsOnStep(expr: Call, args: readonly Part[]): boolean {
  const { dependsOnStep } = factsOf(expr.function);
  if (dependsOnStep !== "unless stored samples") return dependsOnStep === "always";
  return args.some((arg) => arg.plan.kind !== "select");
}

function infoPart({ range }: Call, [inner, labels]: readonly Part[]): Part {
  const labelSelect = labels?.plan.kind === "select" ? labels.plan : undefined;
  const { plan, hasOneReference } = infoPlan(range, inner.plan, labelSelect);
  if (inner.isInvariant && hasOneReference) return { plan, isInvariant: true, wraps: true };
  return { plan: { ...plan, inner: wrapped(inner) }, isInvariant: false, wraps: false };
}

/**
 * As in Prometheus, an aggregation of what is the same at every step uses its parameter at the
 * first step.
 */
function aggregatePart(expr: Aggregation, scope: Scope): Part {
  const { range, operator, grouping, labels } = expr;
  const inner = planOf(expr.expr, scope);
  const parameter = expr.parameter && planOf(expr.parameter, scope);
  const plan: Plan = {
    kind: "aggregate",
    range,
    operator,
    inner: inner.plan,
    parameter: parameter && wrapped(parameter),
    grouping,
    labels,
  };
  return { ...inner, plan };
}

function binaryPart(expr: BinaryExpr, scope: Scope): Part {
  const { range, operator, returnsBool, matching } = expr;
  const left = planOf(expr.left, scope);
  const right = planOf(expr.right, scope);
  const base = { kind: "binary", range, operator, returnsBool, matching } as const;
  if (left.isInvariant && right.isInvariant) {
    return { plan: { ...base, left: left.plan, right: right.plan }, isInvariant: true, wraps: true };
  }
  return {
    plan: { ...base, left: wrapped(left), right: wrapped(right) },
    isInvariant: false,
    wraps: false,
  };
}

function unaryPart({ range, operator, expr }: UnaryExpr, scope: Scope): Part {
  const inner = planOf(expr, scope);
  return operator === "+" ? inner : { ...inner, plan: { kind: "negate", range, inner: inner.plan } };
}
