/**
 * Plans `info()`: which info series it reads, and when. That is the time of the described samples,
 * if they share one.
 */
import { METRIC_NAME } from "../../model/labels.ts";
import { type Matcher, newMatcher } from "../../model/matcher.ts";
import type { TextRange } from "../syntax/ast.ts";
import type { TimeReference } from "./grid.ts";
import { type InfoPlan, type Plan, plansIn, type SelectPlan } from "./plan.ts";
import { valueTypeOfPlan } from "./plan-type.ts";

const DEFAULT_NAME = newMatcher("=", METRIC_NAME, "target_info");

export function infoPlan(
  range: TextRange,
  inner: Plan,
  labels: SelectPlan | undefined,
): { plan: InfoPlan; hasOneReference: boolean } {
  const written = labels?.matchers ?? [];
  const dataMatchers = written.filter(({ name }) => name !== METRIC_NAME);
  const names = infoNames(written.filter(({ name }) => name === METRIC_NAME));
  const reference = commonReference(inner);
  const select: SelectPlan = {
    kind: "select",
    range,
    matchers: [...names, ...dataMatchers],
    extended: undefined,
    skipsBuckets: false,
    offsetMs: reference?.offsetMs ?? 0,
    atMs: reference?.atMs,
  };
  const plan: InfoPlan = { kind: "info", range, inner, select, dataMatchers };
  return { plan, hasOneReference: reference !== undefined };
}

/** Matchers that only exclude names exclude them from the names that end in `_info`. */
function infoNames(matchers: readonly Matcher[]): readonly Matcher[] {
  if (matchers.length === 0) return [DEFAULT_NAME];
  if (matchers.some(({ type }) => type === "=" || type === "=~")) return matchers;
  return [newMatcher("=~", METRIC_NAME, ".+_info"), ...matchers];
}

/** The common time reference of all samples of a vector; undefined if there are several or none. */
function commonReference(plan: Plan): TimeReference | undefined {
  const references = referencesIn(plan, []);
  if (references === undefined || references.length === 0) return undefined;
  const isSame = (other: TimeReference) => sameReference(references[0], other);
  return references.every(isSame) ? references[0] : undefined;
}

function sameReference(a: TimeReference, b: TimeReference): boolean {
  if (a.atMs === undefined || b.atMs === undefined) return a.atMs === b.atMs && a.offsetMs === b.offsetMs;
  return a.atMs - a.offsetMs === b.atMs - b.offsetMs;
}

/**
 * The references of every selector, subqueries around it included; undefined if a vector is made
 * without one.
 */
function referencesIn(plan: Plan, around: readonly TimeReference[]): TimeReference[] | undefined {
  if (plan.kind === "select") return [around.reduce(shiftedBy, plan)];
  const within = plan.kind === "subquery" ? [plan, ...around] : around;
  const inner = plan.kind === "info" ? [plan.inner] : plansIn(plan).filter(isVector);
  if (inner.length === 0) return undefined;
  const found = inner.map((child) => referencesIn(child, within));
  return found.includes(undefined) ? undefined : found.flatMap((references) => references ?? []);
}

function shiftedBy(reference: TimeReference, { offsetMs, atMs }: TimeReference): TimeReference {
  if (reference.atMs !== undefined) return reference;
  return { offsetMs: reference.offsetMs + offsetMs, atMs };
}

function isVector(plan: Plan): boolean {
  const type = valueTypeOfPlan(plan);
  return type === "vector" || type === "matrix";
}
