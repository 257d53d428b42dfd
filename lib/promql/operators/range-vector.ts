/** Range vectors: of stored samples, or of a subquery's values. */
import { withHint } from "../../histogram/float-histogram.ts";
import { columnOf } from "../../histogram/listed-histograms.ts";
import { type Deadline, NO_DEADLINE } from "../../model/deadline.ts";
import type { Histogram } from "../../model/histogram.ts";
import { referenceTime, type StepGrid, stepTime, type TimeReference } from "../plan/grid.ts";
import type { SubqueryPlan, WindowPlan } from "../plan/plan.ts";
import { subqueryGrid } from "../plan/subquery-grid.ts";
import { seriesBytes } from "../runtime/budget.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { SampleCount } from "../runtime/sample-count.ts";
import { NO_HISTOGRAMS, type SelectedSeries, withoutStaleMarkers } from "../runtime/selected-series.ts";
import { asVector, FLOAT, HISTOGRAM, type StepSeries } from "../runtime/value.ts";
import type { ExtendedRange } from "../syntax/types.ts";

export interface RangeVector {
  readonly series: readonly SelectedSeries[];
  readonly windowMs: number;
  readonly reference: TimeReference;
  readonly extended: ExtendedRange | undefined;
  /**
   * Whether the windows hold stored samples. A subquery counts the samples of its expression
   * instead.
   */
  readonly isStored: boolean;
}

export function rangeVector(
  plan: WindowPlan | SubqueryPlan,
  grid: StepGrid,
  context: EvaluationContext,
): RangeVector {
  if (plan.kind === "subquery") return subqueryVector(plan, grid, context);
  const series = context.data.get(plan.select)!.map(withoutStaleMarkers);
  return {
    series,
    windowMs: plan.windowMs,
    reference: plan.select,
    extended: plan.select.extended,
    isStored: true,
  };
}

function subqueryVector(plan: SubqueryPlan, grid: StepGrid, context: EvaluationContext): RangeVector {
  const inner = subqueryGrid(plan, grid);
  // Before anything is as long as it.
  context.budget.take(inner.steps);
  const samples = new SampleCount(inner.steps);
  const value = context.evaluate(plan.inner, inner, { ...context, samples });
  const series =
    value.type === "scalar"
      ? [
          samplesOf(
            {
              labels: [],
              dropsName: false,
              kinds: new Uint8Array(inner.steps).fill(FLOAT),
              values: value.values,
              histograms: undefined,
            },
            inner,
            context.deadline,
          ),
        ]
      : asVector(value).series.map((one) => {
          context.budget.take(inner.steps, seriesBytes(one.labels));
          return samplesOf(one, inner, context.deadline);
        });
  const vector = { series, windowMs: plan.windowMs, reference: plan, extended: undefined, isStored: false };
  countWindows(vector, samples, inner, grid, context);
  return vector;
}

/**
 * At each step, counts the samples that the expression looked at in its window; as read at the
 * first step that has them.
 */
function countWindows(
  { reference, windowMs }: RangeVector,
  { perStep, readPerStep }: SampleCount,
  inner: StepGrid,
  grid: StepGrid,
  context: EvaluationContext,
): void {
  context.deadline.spend(inner.steps + grid.steps);
  let [start, end, samples] = [0, 0, 0];
  for (let step = 0; step < grid.steps; step++) {
    context.deadline.atCell(step);
    const windowEndMs = referenceTime(reference, stepTime(grid, step));
    const fresh = end;
    while (end < inner.steps && stepTime(inner, end) <= windowEndMs) samples += perStep[end++];
    while (start < end && stepTime(inner, start) <= windowEndMs - windowMs) samples -= perStep[start++];
    let read = 0;
    for (let i = Math.max(fresh, start); i < end; i++) read += readPerStep[i];
    context.samples.add(step, samples, read);
  }
}

/** The cells of a series as samples. */
export function samplesOf(
  series: StepSeries,
  grid: StepGrid,
  deadline: Deadline = NO_DEADLINE,
): SelectedSeries {
  const floatSteps = stepsOf(series.kinds, FLOAT);
  const columnOfSteps = (steps: Int32Array, at: (step: number) => number) => {
    const column = new Float64Array(steps.length);
    for (let i = 0; i < steps.length; i++) {
      deadline.atCell(i);
      column[i] = at(steps[i]);
    }
    return column;
  };
  const timesOf = (steps: Int32Array) => columnOfSteps(steps, (step) => stepTime(grid, step));
  return {
    labels: series.labels,
    dropsName: series.dropsName,
    floats: {
      timestamps: timesOf(floatSteps),
      values: columnOfSteps(floatSteps, (step) => series.values[step]),
      startTimestamps: undefined,
    },
    histograms:
      series.histograms === undefined
        ? NO_HISTOGRAMS
        : columnOf({
            timestamps: timesOf(stepsOf(series.kinds, HISTOGRAM)),
            histograms: series.histograms.filter((one) => one !== undefined).map(withoutResetHint),
          }),
    staleFloats: undefined,
  };
}

/** The steps with a cell of a kind. */
function stepsOf(kinds: Uint8Array, kind: number): Int32Array {
  let count = 0;
  for (let step = 0; step < kinds.length; step++) if (kinds[step] === kind) count++;
  const steps = new Int32Array(count);
  for (let step = 0, at = 0; at < count; step++) if (kinds[step] === kind) steps[at++] = step;
  return steps;
}

/** The hint refers to the sample before, which may not be a step of the subquery. */
function withoutResetHint(histogram: Histogram): Histogram {
  return histogram.counterResetHint === "gauge" ? histogram : withHint(histogram, "unknown");
}
