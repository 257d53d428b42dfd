/** `and`, `or` and `unless`. */

import type { StepGrid } from "../plan/grid.ts";
import type { BinaryPlan } from "../plan/plan.ts";
import { mergeSameLabels } from "../runtime/collect-series.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { ABSENT, isPopulated, type StepSeries, type VectorValue, vectorOf } from "../runtime/value.ts";
import type { BinaryOperator } from "../syntax/ast.ts";
import { matchGroups } from "./match-signature.ts";

export type SetOperator = "and" | "or" | "unless";

export function isSetOperator(operator: BinaryOperator): operator is SetOperator {
  return operator === "and" || operator === "or" || operator === "unless";
}

export function combineSets(
  plan: BinaryPlan,
  operator: SetOperator,
  left: VectorValue,
  right: VectorValue,
  grid: StepGrid,
  context: EvaluationContext,
): VectorValue {
  const kept = new Map<StepSeries, StepSeries>();
  for (const group of matchGroups(plan.matching!, left.series, right.series)) {
    // `or` keeps the whole left side, and right series where the left has none. The others filter
    // the left side.
    const [judged, judges] = operator === "or" ? [group.right, group.left] : [group.left, group.right];
    context.deadline.spend(judges.length * grid.steps);
    const isThere = presence(judges, grid);
    const keepsWhere = operator === "and" ? 1 : 0;
    for (const series of judged) kept.set(series, masked(series, isThere, keepsWhere, context));
  }
  const judged = operator === "or" ? right.series : left.series;
  const rest = judged.map((series) => kept.get(series)!).filter(isPopulated);
  return vectorOf(operator === "or" ? mergeSameLabels([...left.series, ...rest]) : rest);
}

/** 1 at the steps at which any of the series has a sample. */
function presence(series: readonly StepSeries[], { steps }: StepGrid): Uint8Array {
  const isThere = new Uint8Array(steps);
  for (const { kinds } of series) {
    for (let step = 0; step < steps; step++) if (kinds[step] !== ABSENT) isThere[step] = 1;
  }
  return isThere;
}

function masked(
  series: StepSeries,
  isThere: Uint8Array,
  keepsWhere: number,
  context: EvaluationContext,
): StepSeries {
  context.budget.take(isThere.length);
  const kinds = series.kinds.map((kind, step) => (isThere[step] === keepsWhere ? kind : ABSENT));
  const { histograms } = series;
  return {
    ...series,
    kinds,
    histograms: histograms?.map((histogram, step) => (isThere[step] === keepsWhere ? histogram : undefined)),
  };
}
