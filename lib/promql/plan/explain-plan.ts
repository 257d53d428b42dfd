/** The plan of a query and its reads, before anything is read. */

import type { Expr } from "../syntax/ast.ts";
import { type DescribedPlan, describePlan } from "./describe-plan.ts";
import type { StepGrid } from "./grid.ts";
import { makePlan, type PlanOptions } from "./make-plan.ts";
import { planReads, type Read, type StreamedVector } from "./plan-reads.ts";

export interface ExplainedRead {
  readonly selection: Read["selection"];
  /** How many selectors of the plan share it. */
  readonly selectors: number;
  /**
   * Operators that take each series as it is read; empty if all series stay in memory until
   * evaluation.
   */
  readonly streamsInto: readonly string[];
  /** Whether native histograms are reduced to their counts and sums. */
  readonly skipsBuckets: boolean;
}

export interface ExplainedPlan {
  readonly plan: DescribedPlan;
  readonly reads: readonly ExplainedRead[];
}

/** Throws "invalid" for durations that cannot be. */
export function explainPlan(
  expr: Expr,
  grid: StepGrid,
  options: PlanOptions & { readonly lookbackDeltaMs: number },
): ExplainedPlan {
  const plan = makePlan(expr, options);
  const reads = planReads(plan, grid, options.lookbackDeltaMs).map(({ selection, wants, vectors }) => ({
    selection,
    selectors: wants.length,
    streamsInto: (vectors ?? []).map(printConsumer),
    skipsBuckets: wants.every(({ select }) => select.skipsBuckets),
  }));
  return { plan: describePlan(plan), reads };
}

/** `sum by (a) of rate()`. */
function printConsumer({ plan, aggregate }: StreamedVector): string {
  const inner = plan.kind === "select" ? "newest samples" : describePlan(plan).text;
  return aggregate === undefined ? inner : `${describePlan(aggregate).text} of ${inner}`;
}
