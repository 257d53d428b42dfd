/** `rate`, `increase` and `delta` of rows. */
import { isDeltaSeries } from "../../model/metric-metadata.ts";
import { ROW_HAS_STARTS, type RowColumns } from "../../model/rows/hour-rows.ts";
import { divideSum } from "../functions/rates/delta-series.ts";
import { extrapolation } from "../functions/rates/extrapolated-rate.ts";
import type { RateKind } from "../functions/rates/rate-kind.ts";
import { mixedFloatsAndHistograms } from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import type { StepColumns } from "../runtime/step-columns.ts";
import { metricName, type WindowCall } from "../runtime/window-function.ts";
import { histogramRate } from "./histogram-rates.ts";
import { sumOverTime } from "./over-time.ts";
import { needsSamples, type RowFunction } from "./row-function.ts";
import { firstRow, hasFlag, lastRow, type RowSpan, type RowWindow } from "./row-window.ts";

export const rate = rateFunction({ isCounter: true, perSecond: true });
export const increase = rateFunction({ isCounter: true, perSecond: false });
export const delta = rateFunction({ isCounter: false, perSecond: false });

function rateFunction(kind: RateKind): RowFunction {
  return (window, output, call) => {
    if (kind.isCounter && isDeltaSeries(window.labels)) {
      sumOverTime(window, output, call);
      divideSum(window.step, output, call, kind);
      return;
    }
    if (window.floatCount > 0 && window.histogramCount > 0) {
      annotate(call.context, mixedFloatsAndHistograms(call.range, metricName(window)));
      return;
    }
    const [rows, span] = window.floatCount > 0 ? floatsOf(window) : histogramsOf(window);
    if (kind.isCounter && call.context.options.useStartTimestamps && hasFlag(rows, span, ROW_HAS_STARTS))
      needsSamples("samples have start timestamps");
    if (window.floatCount > 0) floatRate(window, output, call, kind);
    else histogramRate(window, output, call, kind);
  };
}

function floatsOf({ floats, floatSpan }: RowWindow): readonly [RowColumns, RowSpan] {
  return [floats, floatSpan];
}

function histogramsOf({ histograms, histogramSpan }: RowWindow): readonly [RowColumns, RowSpan] {
  return [histograms!, histogramSpan];
}

function floatRate(window: RowWindow, output: StepColumns, call: WindowCall, kind: RateKind): void {
  const { floats, floatSpan, floatCount } = window;
  const [first, last] = [firstRow(floats, floatSpan), lastRow(floats, floatSpan)];
  const firstValue = floats.firstValues[first];
  let result = floats.lastValues[last] - firstValue;
  if (kind.isCounter) result = withResets(result, window, first, last);
  const [firstMs, lastMs] = [floats.firstTimes[first], floats.lastTimes[last]];
  const isRising = kind.isCounter && result > 0 && firstValue >= 0;
  const sampled = {
    count: floatCount,
    firstMs,
    lastMs,
    secondsSinceZero: isRising ? ((lastMs - firstMs) / 1000) * (firstValue / result) : Infinity,
    startMs: undefined,
  };
  const factor = extrapolation(sampled, window, call, kind);
  if (factor !== undefined) output.setFloat(window.step, result * factor);
}

/** Adds what the counter had reached before each reset, within hours and between them. */
function withResets(difference: number, { floats }: RowWindow, first: number, last: number): number {
  const { counts, firstValues, lastValues, drops } = floats;
  let result = difference + drops[first];
  let before = lastValues[first];
  for (let row = first + 1; row <= last; row++) {
    if (counts[row] === 0) continue;
    if (firstValues[row] < before) result += before;
    result += drops[row];
    before = lastValues[row];
  }
  return result;
}
