/** From operators' columns, with a cell for every step, to columns of samples alone. */
import type { MatrixSeries } from "../engine-interface.ts";
import { type StepGrid, stepTime } from "../plan/grid.ts";
import { mergeSameLabels } from "../runtime/collect-series.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { byLabels } from "../runtime/label-order.ts";
import { NO_LABELS, withoutMetadata } from "../runtime/series-labels.ts";
import { FLOAT, HISTOGRAM, type StepSeries, type Value, type VectorValue } from "../runtime/value.ts";

/** Drops the names that are due to be dropped. Throws if series are the same without them. */
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
  const times = gridTimes(grid);
  return withFinalNames(series, context).map((one) => matrixSeries(one, times));
}

/** Sorted by label set. */
export function matrixOfCells(value: Value, grid: StepGrid, context: EvaluationContext): MatrixSeries[] {
  if (value.type === "string") throw new TypeError("a string is no matrix");
  if (value.type === "scalar") return [scalarSeries(value.values, grid)];
  const times = gridTimes(grid);
  const series = withFinalNames(value.series, context).map((one) => matrixSeries(one, times));
  return series.sort(byLabels(context));
}

function scalarSeries(values: Float64Array, grid: StepGrid): MatrixSeries {
  return { labels: NO_LABELS, timestamps: gridTimes(grid), values, histograms: undefined };
}

function gridTimes(grid: StepGrid): Float64Array {
  const times = new Float64Array(grid.steps);
  for (let step = 0; step < grid.steps; step++) times[step] = stepTime(grid, step);
  return times;
}

/** `times` are those of all steps; series without gaps share them. */
function matrixSeries({ labels, kinds, values, histograms }: StepSeries, times: Float64Array): MatrixSeries {
  const floats = countKind(kinds, FLOAT);
  const hasAll = floats === kinds.length;
  return {
    labels,
    timestamps: hasAll ? times : ofKind(times, kinds, FLOAT, floats),
    values: hasAll ? values : ofKind(values, kinds, FLOAT, floats),
    histograms: histograms && {
      timestamps: ofKind(times, kinds, HISTOGRAM, countKind(kinds, HISTOGRAM)),
      histograms: histograms
        .filter((one, step) => one !== undefined && kinds[step] === HISTOGRAM)
        .map((one) => one!),
    },
  };
}

/** A loop: callbacks for each step took a sixth of a small query's time. */
function countKind(kinds: Uint8Array, kind: number): number {
  let count = 0;
  for (let step = 0; step < kinds.length; step++) if (kinds[step] === kind) count++;
  return count;
}

/** The cells of a column whose step has a kind; `count` is their number. */
function ofKind(column: Float64Array, kinds: Uint8Array, kind: number, count: number): Float64Array {
  const picked = new Float64Array(count);
  for (let step = 0, i = 0; i < count; step++) if (kinds[step] === kind) picked[i++] = column[step];
  return picked;
}
