/** `smoothed` instant vectors: interpolated between the samples around each step. */

import { withHint } from "../../histogram/float-histogram.ts";
import { isCompatible } from "../../histogram/sum.ts";
import { type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import { interpolateFloat, interpolateHistogram } from "../functions/rates/interpolate.ts";
import { referenceTime, type StepGrid, stepTime } from "../plan/grid.ts";
import type { SelectPlan } from "../plan/plan.ts";
import {
  mixedBucketSchemas,
  mixedFloatsAndHistograms,
  reconciledBounds,
} from "../runtime/annotation-texts.ts";
import { annotate, type EvaluationContext } from "../runtime/context.ts";
import { type SelectedSeries, withoutStaleMarkers } from "../runtime/selected-series.ts";
import { StepColumns } from "../runtime/step-columns.ts";
import { isPopulated, type StepSeries, type VectorValue, vectorOf } from "../runtime/value.ts";
import { Window } from "../runtime/window.ts";

export function selectSmoothed(plan: SelectPlan, grid: StepGrid, context: EvaluationContext): VectorValue {
  const series = context.data
    .get(plan)!
    .map((one) => smoothSeries(withoutStaleMarkers(one), plan, grid, context))
    .filter(isPopulated);
  return vectorOf(series);
}

function smoothSeries(
  series: SelectedSeries,
  plan: SelectPlan,
  grid: StepGrid,
  context: EvaluationContext,
): StepSeries {
  context.budget.take(grid.steps);
  const { lookbackDeltaMs } = context.options;
  const window = new Window(series);
  const columns = new StepColumns(grid.steps);
  for (let step = 0; step < grid.steps; step++) {
    const timeMs = referenceTime(plan, stepTime(grid, step));
    window.step = step;
    window.timeMs = timeMs;
    const { floatEnd, histogramEnd } = window;
    window.moveTo(timeMs - lookbackDeltaMs, timeMs + lookbackDeltaMs);
    // As in Prometheus with `query-cost`: its samples are read, though none is looked at.
    const read = window.sampleCount(floatEnd, histogramEnd);
    context.budget.countRead(read);
    context.samples.add(step, 0, read);
    if (window.floatCount > 0 && window.histogramCount > 0) {
      annotate(context, mixedFloatsAndHistograms(plan.range, nameOf(series.labels)));
    } else if (window.floatCount > 0) smoothFloats(window, columns);
    else if (window.histogramCount > 0) smoothHistograms(window, columns, plan, context);
  }
  return columns.series(series.labels, false);
}

function nameOf(labels: LabelSet): string {
  return labelValue(labels, METRIC_NAME);
}

/** The index of the first sample that is not before a time. */
function firstFrom(timestamps: Float64Array, start: number, end: number, timeMs: number): number {
  let i = start;
  while (i < end && timestamps[i] < timeMs) i++;
  return i;
}

/** The last value continues after the last sample; before the first there is none. */
function smoothFloats({ floats, floatStart, floatEnd, timeMs, step }: Window, columns: StepColumns): void {
  const { timestamps, values } = floats;
  const next = firstFrom(timestamps, floatStart, floatEnd, timeMs);
  if (next < floatEnd && timestamps[next] === timeMs) columns.setFloat(step, values[next]);
  else if (next > floatStart) {
    const at = (i: number) => ({ timeMs: timestamps[i], value: values[i] });
    const isLast = next === floatEnd;
    columns.setFloat(
      step,
      isLast ? values[next - 1] : interpolateFloat(at(next - 1), at(next), timeMs, false),
    );
  }
}

function smoothHistograms(
  { histograms: samples, histogramStart, histogramEnd, timeMs, step, labels }: Window,
  columns: StepColumns,
  { range }: SelectPlan,
  context: EvaluationContext,
): void {
  const { timestamps, histograms } = samples;
  const next = firstFrom(timestamps, histogramStart, histogramEnd, timeMs);
  if (next < histogramEnd && timestamps[next] === timeMs) columns.setHistogram(step, histograms[next]);
  else if (next === histogramStart) return;
  else if (next === histogramEnd) columns.setHistogram(step, withHint(histograms[next - 1], "unknown"));
  else {
    const at = (i: number) => ({ timeMs: timestamps[i], value: histograms[i] });
    const isGauge = (i: number) => histograms[i].counterResetHint === "gauge";
    const isCounter = !isGauge(next - 1) || !isGauge(next);
    const between = isCompatible(histograms[next - 1], histograms[next])
      ? interpolateHistogram(at(next - 1), at(next), timeMs, isCounter)
      : undefined;
    if (between === undefined) annotate(context, mixedBucketSchemas(range, nameOf(labels)));
    else {
      for (const operation of between.reconciled) annotate(context, reconciledBounds(range, operation));
      columns.setHistogram(step, between.histogram);
    }
  }
}
