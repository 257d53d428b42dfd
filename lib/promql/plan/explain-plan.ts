/** The plan of a query and its reads, before anything is read. */

import type { SourceResolution } from "../settings.ts";
import type { Expr } from "../syntax/ast.ts";
import { type DescribedPlan, describePlan } from "./describe-plan.ts";
import type { StepGrid } from "./grid.ts";
import { makePlan, type PlanOptions } from "./make-plan.ts";
import { planReads, type Read, type StreamedVector } from "./plan-reads.ts";

export interface ExplainedRead {
  readonly selection: Read["selection"];
  /** The selectors that share it. */
  readonly wants: Read["wants"];
  /** What hourly rows it may read instead. */
  readonly rows: Read["rows"];
  /** How many selectors of the plan share it. */
  readonly selectors: number;
  /**
   * Operators that take each series as it is read; empty if all series stay in memory until
   * evaluation.
   */
  readonly streamsInto: readonly string[];
  /** What it reads, and why. */
  readonly source: string;
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
  options: PlanOptions & {
    readonly lookbackDeltaMs: number;
    readonly resolution?: SourceResolution | undefined;
  },
): ExplainedPlan {
  const plan = makePlan(expr, options);
  const { lookbackDeltaMs, resolution } = options;
  const reads = planReads(plan, grid, lookbackDeltaMs, resolution).map((read) => {
    const { selection, wants, vectors, rows } = read;
    return {
      selection,
      wants,
      rows,
      source: printSource(read, resolution),
      selectors: wants.length,
      streamsInto: (vectors ?? []).map(printConsumer),
      skipsBuckets: wants.every(({ select }) => select.skipsBuckets),
    };
  });
  return { plan: describePlan(plan), reads };
}

function printSource({ rows, needsSamples }: Read, resolution: SourceResolution = "samples"): string {
  if (resolution === "samples") return "samples";
  if (rows === undefined) return `samples: ${needsSamples}`;
  const edges = rows.isExact ? "all window edges lie on hours" : "window edges are moved to whole hours";
  return resolution === "rows"
    ? `hourly rows: ${edges}`
    : `samples; hourly rows if samples have expired or would cost more than QueryReadUnits: ${edges}`;
}

/** `sum by (a) of rate()`. */
function printConsumer({ plan, aggregate }: StreamedVector): string {
  const inner = plan.kind === "select" ? "newest samples" : describePlan(plan).text;
  return aggregate === undefined ? inner : `${describePlan(aggregate).text} of ${inner}`;
}
