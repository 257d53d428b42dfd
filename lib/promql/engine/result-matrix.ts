/** Range vectors as results: the samples themselves, at their own times. */
import { compareLabelSets } from "../../model/labels.ts";
import type { MatrixSeries } from "../engine-interface.ts";
import { findBoundaries, leftPoint, rightPoint } from "../functions/rates/range-boundaries.ts";
import { rangeVector } from "../operators/range-vector.ts";
import { referenceTime, type StepGrid } from "../plan/grid.ts";
import type { SubqueryPlan, WindowPlan } from "../plan/plan.ts";
import { type EvaluationContext, executionError } from "../runtime/context.ts";
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
    if (vector.isStored) context.samples.add(0, window.sampleCount());
  }
  return matrix
    .filter(({ timestamps, histograms }) => timestamps.length > 0 || histograms !== undefined)
    .sort((a, b) => compareLabelSets(a.labels, b.labels));
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
    timestamps: Float64Array.of(rangeStartMs, ...timestamps.subarray(...between), rangeEndMs),
    values: Float64Array.of(left, ...values.subarray(...between), right),
    histograms: undefined,
  };
}
