/** Evaluates instant vectors and functions of range vectors over the hourly rows of one series after the other. */
import { ROW_ENDS_STALE, type RowColumns, type SeriesRows } from "../../model/rows/hour-rows.ts";
import { HOUR_MS } from "../../model/time.ts";
import { noteNonCounter } from "../operators/note-non-counter.ts";
import { referenceTime, type StepGrid, stepTime } from "../plan/grid.ts";
import type { CallPlan, SelectPlan, WindowPlan } from "../plan/plan.ts";
import { floorToHour } from "../plan/row-fit.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { Scratch } from "../runtime/quantile-of.ts";
import { withoutName } from "../runtime/result-labels.ts";
import { StepColumns } from "../runtime/step-columns.ts";
import type { StepSeries } from "../runtime/value.ts";
import type { WindowCall } from "../runtime/window-function.ts";
import { factsOf } from "../syntax/functions.ts";
import { ROW_FUNCTIONS } from "./implementations.ts";
import { RowWindow } from "./row-window.ts";
import { rowsWithoutBuckets } from "./rows-without-buckets.ts";

/** `windowMs`: whole hours. */
export function functionOverRows(
  plan: CallPlan,
  { select, range }: WindowPlan,
  windowMs: number,
  grid: StepGrid,
  context: EvaluationContext,
): (series: SeriesRows) => StepSeries {
  const apply = ROW_FUNCTIONS[plan.name];
  if (apply === undefined)
    throw new Error(`${plan.name}() over hourly rows: expected a function that has them`);
  const { expectsCounter, keepsName } = factsOf(plan.name);
  const call: WindowCall = {
    context,
    range,
    argRanges: plan.args.map((arg) => arg.range),
    windowMs,
    extended: undefined,
    scratch: new Scratch(),
    scalars: [],
  };
  return (series) => {
    context.deadline.check();
    context.budget.take(grid.steps);
    const output = new StepColumns(grid.steps);
    const window = new RowWindow(select.skipsBuckets ? withoutBuckets(series) : series);
    for (let step = 0; step < grid.steps; step++) {
      const endMs = floorToHour(referenceTime(select, stepTime(grid, step)));
      window.step = step;
      window.moveTo(endMs - windowMs, endMs);
      if (window.floatCount + window.histogramCount === 0) continue;
      context.deadline.spend(window.rowCount);
      apply(window, output, call);
    }
    if (expectsCounter) noteNonCounter(series.labels, output, call);
    const named = { labels: series.labels, dropsName: false };
    const { labels, dropsName } = keepsName ? named : withoutName(named, context);
    return output.series(labels, dropsName);
  };
}

function withoutBuckets(series: SeriesRows): SeriesRows {
  const { histograms } = series;
  return histograms === undefined ? series : { ...series, histograms: rowsWithoutBuckets(histograms) };
}

/** The newest sample at the hour of each step, unless it is older than the lookback delta or the series has ended. */
export function newestOfRows(
  series: SeriesRows,
  plan: SelectPlan,
  grid: StepGrid,
  context: EvaluationContext,
): StepSeries {
  context.deadline.check();
  context.budget.take(grid.steps);
  const { floats, histograms, labels } = plan.skipsBuckets ? withoutBuckets(series) : series;
  const columns = new StepColumns(grid.steps);
  const { lookbackDeltaMs } = context.options;
  let [float, histogram] = [-1, -1];
  for (let step = 0; step < grid.steps; step++) {
    const timeMs = floorToHour(referenceTime(plan, stepTime(grid, step)));
    float = advance(floats, float, timeMs);
    if (histograms !== undefined) histogram = advance(histograms, histogram, timeMs);
    const [ofFloats, ofHistograms] = [newest(floats, float), newest(histograms, histogram)];
    const newestMs = Math.max(ofFloats.timeMs, ofHistograms.timeMs);
    if (newestMs <= timeMs - lookbackDeltaMs) continue;
    if (ofFloats.timeMs === newestMs) {
      if (!ofFloats.isStale) columns.setFloat(step, floats.lastValues[float]);
    } else if (!ofHistograms.isStale) columns.setHistogram(step, histograms!.lasts[histogram]!);
  }
  return columns.series(labels, false);
}

function advance({ hours }: RowColumns, from: number, timeMs: number): number {
  let row = from;
  while (row + 1 < hours.length && hours[row + 1] <= timeMs) row++;
  return row;
}

/** Of a row whose hour ends with a staleness marker, that marker: it lies behind the last sample, at the latest at the hour. */
function newest(
  rows: RowColumns | undefined,
  row: number,
): { readonly timeMs: number; readonly isStale: boolean } {
  if (rows === undefined || row < 0) return { timeMs: -Infinity, isStale: false };
  const isStale = (rows.flags[row] & ROW_ENDS_STALE) !== 0;
  if (isStale) return { timeMs: rows.hours[row], isStale };
  if (rows.counts[row] === 0) return { timeMs: rows.hours[row] - HOUR_MS, isStale: true };
  return { timeMs: rows.lastTimes[row], isStale };
}
