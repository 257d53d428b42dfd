/** Range vectors as results: the samples themselves, at their own times. */
import type { MatrixSeries } from "../engine-interface.ts";
import { findBoundaries, leftPoint, rightPoint } from "../functions/rates/range-boundaries.ts";
import { rangeVector } from "../operators/range-vector.ts";
import { referenceTime, type StepGrid } from "../plan/grid.ts";
import type { SubqueryPlan, WindowPlan } from "../plan/plan.ts";
import { type EvaluationContext, executionError } from "../runtime/context.ts";
import { byLabels } from "../runtime/label-order.ts";
import type { SelectedSeries } from "../runtime/selected-series.ts";
import { withoutMetadata } from "../runtime/series-labels.ts";
import { Window } from "../runtime/window.ts";

/** Sorted by label set. */
export function matrixOfSamples(
  plan: WindowPlan | SubqueryPlan,
  grid: StepGrid,
  context: EvaluationContext,
): MatrixSeries[] {
  const vector = rangeVector(plan, grid, context);
  const rangeEndMs = referenceTime(vector.reference, grid.startMs);
  const rangeStartMs = rangeEndMs - vector.windowMs;
  const before = vector.extended === undefined ? 0 : context.options.lookbackDeltaMs;
  const after = vector.extended === "smoothed" ? context.options.lookbackDeltaMs : 0;
  const matrix: MatrixSeries[] = [];
  for (const series of vector.series) {
    const window = new Window(series);
    window.rangeStartMs = rangeStartMs;
    window.rangeEndMs = rangeEndMs;
    window.moveTo(rangeStartMs - before, rangeEndMs + after);
    if (window.floatCount + window.histogramCount === 0) continue;
    if (vector.extended === undefined) matrix.push(windowSamples(window, series));
    else {
      if (window.histogramCount > 0) {
        throw executionError(`${vector.extended} modifier is not supported with histograms`);
      }
      matrix.push(extendedSamples(window, vector.extended === "smoothed"));
    }
    if (vector.isStored) {
      context.budget.countRead(window.sampleCount());
      context.samples.add(0, window.sampleCount());
    }
  }
  return matrix
    .filter(({ timestamps, histograms }) => timestamps.length > 0 || histograms !== undefined)
    .sort(byLabels(context));
}

function windowSamples(window: Window, { labels, dropsName }: SelectedSeries): MatrixSeries {
  const { floats, histograms, floatStart, floatEnd, histogramStart, histogramEnd } = window;
  return {
    labels: dropsName ? withoutMetadata(labels) : labels,
    timestamps: floats.timestamps.slice(floatStart, floatEnd),
    values: floats.values.slice(floatStart, floatEnd),
    histograms:
      histogramEnd === histogramStart
        ? undefined
        : {
            timestamps: histograms.timestamps.slice(histogramStart, histogramEnd),
            histograms: histograms.histograms.slice(histogramStart, histogramEnd),
          },
  };
}

/** Values at both boundaries, and the samples between them. */
function extendedSamples(window: Window, isSmoothed: boolean): MatrixSeries {
  const { timestamps, values } = window.floats;
  const { labels, rangeStartMs, rangeEndMs } = window;
  const found = findBoundaries(timestamps, window.floatStart, window.floatEnd, window, isSmoothed);
  if (found === undefined) {
    return { labels, timestamps: new Float64Array(0), values: new Float64Array(0), histograms: undefined };
  }
  const first = timestamps[found.first] <= rangeStartMs ? found.first + 1 : found.first;
  const last = timestamps[found.last] >= rangeEndMs ? found.last - 1 : found.last;
  const rules = { isSmoothed, isCounter: false, starts: undefined, lookbackStartMs: 0 };
  const left = leftPoint(window, found.first, rules).value;
  const right = rightPoint(window, found.last, rules).value;
  const between = [first, Math.max(first, last + 1)] as const;
  return {
    labels,
    timestamps: enclosed(rangeStartMs, timestamps.subarray(...between), rangeEndMs),
    values: enclosed(left, values.subarray(...between), right),
    histograms: undefined,
  };
}

/** A column with a number before and after. Not by spreading: a call has some 100,000 arguments at most. */
function enclosed(first: number, column: Float64Array, last: number): Float64Array {
  const all = new Float64Array(column.length + 2);
  all[0] = first;
  all.set(column, 1);
  all[all.length - 1] = last;
  return all;
}
