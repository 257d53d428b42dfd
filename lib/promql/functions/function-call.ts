/** Calls of functions over instant vectors and scalars. */

import type { Histogram } from "../../model/histogram.ts";
import type { StepGrid } from "../plan/grid.ts";
import type { CallPlan } from "../plan/plan.ts";
import { mergeSameLabels } from "../runtime/collect-series.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { histogramSteps } from "../runtime/histogram-steps.ts";
import { withoutName } from "../runtime/result-labels.ts";
import { StepColumns } from "../runtime/step-columns.ts";
import {
  asScalar,
  asText,
  asVector,
  FLOAT,
  HISTOGRAM,
  isPopulated,
  type StepSeries,
  type Value,
  type VectorValue,
  vectorOf,
} from "../runtime/value.ts";
import type { FunctionName } from "../syntax/functions.ts";

/** Steps of the deadline that an estimate from a native histogram takes, about: up to 20 microseconds. */
export const HISTOGRAM_STEPS = 5000;

export interface FunctionCall {
  readonly plan: CallPlan;
  readonly grid: StepGrid;
  readonly context: EvaluationContext;
}

export type VectorFunction = (call: FunctionCall) => Value;

/** Implementations by name. */
export type VectorFunctions = { readonly [name in FunctionName]?: VectorFunction };

export function vectorArg({ plan, grid, context }: FunctionCall, index: number): readonly StepSeries[] {
  return asVector(context.evaluate(plan.args[index], grid, context)).series;
}

/** One value per step. */
export function scalarArg({ plan, grid, context }: FunctionCall, index: number): Float64Array {
  return asScalar(context.evaluate(plan.args[index], grid, context)).values;
}

export function textArg({ plan, grid, context }: FunctionCall, index: number): string {
  return asText(context.evaluate(plan.args[index], grid, context));
}

export function newColumns({ grid, context }: FunctionCall): StepColumns {
  context.budget.take(grid.steps);
  return new StepColumns(grid.steps);
}

/** The result of functions that drop names, after which series may have the same labels. */
export function withoutNames(series: readonly StepSeries[], { context }: FunctionCall): VectorValue {
  const populated = series.filter(isPopulated);
  return vectorOf(context.options.delayedNameRemoval ? populated : mergeSameLabels(populated));
}

/** Maps each float; histograms are omitted. */
export function mapFloats(
  call: FunctionCall,
  series: readonly StepSeries[],
  map: (value: number, step: number) => number,
): VectorValue {
  const mapped = series.map((one) => {
    const columns = newColumns(call);
    for (let step = 0; step < call.grid.steps; step++) {
      call.context.deadline.atCell(step);
      if (one.kinds[step] === FLOAT) columns.setFloat(step, map(one.values[step], step));
    }
    const { labels, dropsName } = withoutName(one, call.context);
    return columns.series(labels, dropsName);
  });
  return withoutNames(mapped, call);
}

/** Maps each histogram; floats are omitted. */
export function mapHistograms(
  call: FunctionCall,
  series: readonly StepSeries[],
  map: (histogram: Histogram) => number,
): VectorValue {
  const mapped = series.map((one) => {
    const columns = newColumns(call);
    for (let step = 0; step < call.grid.steps; step++) {
      if (one.kinds[step] !== HISTOGRAM) continue;
      const histogram = one.histograms![step]!;
      call.context.deadline.spend(HISTOGRAM_STEPS + histogramSteps(histogram));
      columns.setFloat(step, map(histogram));
    }
    const { labels, dropsName } = withoutName(one, call.context);
    return columns.series(labels, dropsName);
  });
  return withoutNames(mapped, call);
}
