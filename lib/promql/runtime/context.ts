/** The context of a running query, for every operator. */
import type { Deadline } from "../../model/deadline.ts";
import { HearthError } from "../../model/errors.ts";
import type { Patterns } from "../../model/regexp/patterns.ts";
import type { QueryOptions } from "../engine-interface.ts";
import type { StepGrid } from "../plan/grid.ts";
import type { Plan, SelectPlan, StreamedPlan } from "../plan/plan.ts";
import type { Annotation, Annotations } from "./annotations.ts";
import type { Budget } from "./budget.ts";
import type { SampleCount } from "./sample-count.ts";
import type { SelectedSeries } from "./selected-series.ts";
import type { TouchedSeries } from "./touched-series.ts";
import type { StepSeries, Value } from "./value.ts";

/** The result of an operator that took its series one by one while they were read. */
export interface StreamedResult {
  report(context: EvaluationContext): readonly StepSeries[];
}

export interface EvaluationContext {
  readonly options: QueryOptions;
  readonly data: ReadonlyMap<SelectPlan, readonly SelectedSeries[]>;
  /** The results of operators whose series are not in `data`. */
  readonly streamed: ReadonlyMap<StreamedPlan, StreamedResult>;
  readonly annotations: Annotations;
  readonly budget: Budget;
  /** Counts for the current grid: a subquery has its own. */
  readonly samples: SampleCount;
  /** Counts for the whole query. */
  readonly touched: TouchedSeries;
  /** Evaluation is synchronous: every loop that grows with data or text counts its steps here. */
  readonly deadline: Deadline;
  /** Compiles regular expressions of functions. */
  readonly patterns: Patterns;
  /** Evaluates an operator's input. */
  readonly evaluate: (plan: Plan, grid: StepGrid, context: EvaluationContext) => Value;
}

export function annotate(context: EvaluationContext, annotation: Annotation): void {
  context.annotations.add(annotation);
}

/** A query that cannot be evaluated, in Prometheus' own words. */
export function executionError(message: string): HearthError {
  return new HearthError("invalid", message);
}
