/** From operators' columns, with a cell for every step, to those of an answer, with the samples alone. */
import { compareLabelSets } from "../../model/labels.ts";
import type { MatrixSeries } from "../engine-interface.ts";
import { mergeSameLabels } from "./collect-series.ts";
import type { EvaluationContext } from "./context.ts";
import { type StepGrid, stepTime } from "./grid.ts";
import { NO_LABELS, withoutMetadata } from "./series-labels.ts";
import { FLOAT, HISTOGRAM, type StepSeries, type Value, type VectorValue } from "./value.ts";

/** Drops the names that were to be dropped in the end. Throws when series are the same without them. */
function withFinalNames(
  series: readonly StepSeries[],
  { options }: EvaluationContext,
): readonly StepSeries[] {
  if (!options.delayedNameRemoval) return mergeSameLabels(series);
  const named = series.map((one) => (one.dropsName ? { ...one, labels: withoutMetadata(one.labels) } : one));
  return mergeSameLabels(named);
}

/** In the order that the expression made. */
export function vectorOfCells(
  { series }: VectorValue,
  grid: StepGrid,
  context: EvaluationContext,
): MatrixSeries[] {
  return withFinalNames(series, context).map((one) => matrixSeries(one, grid));
}

/** Sorted by label set. */
export function matrixOfCells(value: Value, grid: StepGrid, context: EvaluationContext): MatrixSeries[] {
  if (value.type === "string") throw new TypeError("a string is no matrix");
  if (value.type === "scalar") return [scalarSeries(value.values, grid)];
  const series = withFinalNames(value.series, context).map((one) => matrixSeries(one, grid));
  return series.sort((a, b) => compareLabelSets(a.labels, b.labels));
}

function scalarSeries(values: Float64Array, grid: StepGrid): MatrixSeries {
  const timestamps = Float64Array.from(values, (_, step) => stepTime(grid, step));
  return { labels: NO_LABELS, timestamps, values, histograms: undefined };
}

function matrixSeries({ labels, kinds, values, histograms }: StepSeries, grid: StepGrid): MatrixSeries {
  return {
    labels,
    timestamps: timesOf(kinds, FLOAT, grid),
    values: kinds.every((kind) => kind === FLOAT)
      ? values
      : values.filter((_, step) => kinds[step] === FLOAT),
    histograms: histograms && {
      timestamps: timesOf(kinds, HISTOGRAM, grid),
      histograms: histograms
        .filter((one, step) => one !== undefined && kinds[step] === HISTOGRAM)
        .map((one) => one!),
    },
  };
}

function timesOf(kinds: Uint8Array, kind: number, grid: StepGrid): Float64Array {
  let count = 0;
  for (let step = 0; step < kinds.length; step++) if (kinds[step] === kind) count++;
  const times = new Float64Array(count);
  for (let step = 0, i = 0; step < kinds.length; step++)
    if (kinds[step] === kind) times[i++] = stepTime(grid, step);
  return times;
}
