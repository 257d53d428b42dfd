/** Functions over histograms, native and classic. */
import {
  type Estimate,
  histogramFraction,
  histogramQuantile,
  histogramVariance,
} from "../../histogram/estimates.ts";
import type { Histogram } from "../../model/histogram.ts";
import type { LabelSet } from "../../model/labels.ts";
import { printOpenMetricsFloat } from "../../number/print-general-float.ts";
import { isInstant, stepTime } from "../plan/grid.ts";
import {
  forcedMonotonicity,
  fractionWithoutNaN,
  invalidQuantile,
  isQuantile,
  quantileIsNaN,
  quantileIsSkewed,
} from "../runtime/annotation-texts.ts";
import { mergeSameLabels } from "../runtime/collect-series.ts";
import { annotate } from "../runtime/context.ts";
import { histogramSteps } from "../runtime/histogram-steps.ts";
import { setLimitedLabel } from "../runtime/label-limits.ts";
import { withoutName } from "../runtime/result-labels.ts";
import { HISTOGRAM, isPopulated, type StepSeries, type VectorValue, vectorOf } from "../runtime/value.ts";
import type { TextRange } from "../syntax/ast.ts";
import { type ClassicBucket, classicFraction, classicQuantile } from "./classic-histogram.ts";
import {
  type FunctionCall,
  HISTOGRAM_STEPS,
  mapHistograms,
  newColumns,
  scalarArg,
  textArg,
  type VectorFunction,
  type VectorFunctions,
  vectorArg,
} from "./function-call.ts";
import {
  bucketsAt,
  findConflicts,
  type HistogramInput,
  histogramInput,
  reportedName,
} from "./histogram-input.ts";

function ofHistograms(map: (histogram: Histogram) => number): VectorFunction {
  return (call) => mapHistograms(call, vectorArg(call, 0), map);
}

/** Steps of the deadline that a classic bucket takes, about. */
const BUCKET_STEPS = 20;

/** The estimate from each histogram at each step. */
interface Estimator {
  native(histogram: Histogram, labels: LabelSet, step: number): number;
  classic(buckets: readonly ClassicBucket[], labels: LabelSet, step: number): number;
}

function estimateAll(
  call: FunctionCall,
  input: HistogramInput,
  conflicts: ReturnType<typeof findConflicts>,
  estimator: Estimator,
): StepSeries[] {
  const natives = input.natives.map(({ series }) =>
    estimateNative(call, series, conflicts.get(series), estimator),
  );
  const classics = input.classics.map((classic) => {
    const columns = newColumns(call);
    const isMixed = conflicts.get(classic);
    for (let step = 0; step < call.grid.steps; step++) {
      call.context.deadline.spend(BUCKET_STEPS * classic.buckets.length);
      const buckets = isMixed?.[step] === 1 ? [] : bucketsAt(classic, step);
      if (buckets.length > 0) columns.setFloat(step, estimator.classic(buckets, classic.labels, step));
    }
    const { labels, dropsName } = withoutName(classic, call.context);
    return columns.series(labels, dropsName);
  });
  return [...natives, ...classics].filter(isPopulated);
}

function estimateNative(
  call: FunctionCall,
  series: StepSeries,
  isMixed: Uint8Array | undefined,
  estimator: Estimator,
): StepSeries {
  const columns = newColumns(call);
  for (let step = 0; step < call.grid.steps; step++) {
    if (series.kinds[step] !== HISTOGRAM || isMixed?.[step] === 1) continue;
    const histogram = series.histograms![step]!;
    call.context.deadline.spend(HISTOGRAM_STEPS + histogramSteps(histogram));
    columns.setFloat(step, estimator.native(histogram, series.labels, step));
  }
  const { labels, dropsName } = withoutName(series, call.context);
  return columns.series(labels, dropsName);
}

function quantileEstimator(call: FunctionCall, quantiles: Float64Array, range: TextRange): Estimator {
  const { context } = call;
  return {
    native: (histogram, labels, step) => {
      const { value, hasNaN } = histogramQuantile(quantiles[step], histogram);
      if (hasNaN) {
        const note = Number.isNaN(value) ? quantileIsNaN : quantileIsSkewed;
        annotate(context, note(range, reportedName(call, labels)));
      }
      return value;
    },
    classic: (buckets, labels, step) => {
      const { value, forced } = classicQuantile(quantiles[step], buckets);
      if (forced !== undefined) {
        const timeMs = stepTime(call.grid, step);
        annotate(context, forcedMonotonicity(range, reportedName(call, labels), timeMs, forced));
      }
      return value;
    },
  };
}

function noteInvalid({ context }: FunctionCall, quantiles: Float64Array, range: TextRange): void {
  for (const quantile of quantiles) {
    if (!isQuantile(quantile)) annotate(context, invalidQuantile(range, quantile));
  }
}

function quantile(call: FunctionCall): VectorValue {
  const quantiles = scalarArg(call, 0);
  const { range } = call.plan.args[1];
  const series = vectorArg(call, 1);
  noteInvalid(call, quantiles, call.plan.args[0].range);
  const input = histogramInput(call, series, range);
  const conflicts = findConflicts(call, input, range);
  return merged(call, estimateAll(call, input, conflicts, quantileEstimator(call, quantiles, range)));
}

/** Several quantiles, distinguished by a label. */
function quantiles(call: FunctionCall): VectorValue {
  const { args } = call.plan;
  const label = textArg(call, 1);
  const input = histogramInput(call, vectorArg(call, 0), args[0].range);
  const conflicts = findConflicts(call, input, args[0].range);
  const all = args.slice(2).flatMap((arg, index) => {
    const asked = scalarArg(call, index + 2);
    noteInvalid(call, asked, arg.range);
    const estimates = estimateAll(call, input, conflicts, quantileEstimator(call, asked, args[0].range));
    return estimates.flatMap((series) => labelled(call, series, label, asked));
  });
  return merged(call, all);
}

/** A quantile that changes between steps has a series for each of its values. */
function labelled(call: FunctionCall, series: StepSeries, label: string, asked: Float64Array): StepSeries[] {
  const texts = Array.from(asked, printOpenMetricsFloat);
  return [...new Set(texts)].map((text) => {
    call.context.deadline.spend(2 * texts.length);
    const labels = setLimitedLabel(series.labels, label, text, "histogram_quantiles()");
    if (texts.every((other) => other === text)) return { ...series, labels };
    const columns = newColumns(call);
    texts.forEach((other, step) => {
      if (other === text) columns.copy(step, series);
    });
    return columns.series(labels, series.dropsName);
  });
}

function fraction(call: FunctionCall): VectorValue {
  const [lower, upper] = [scalarArg(call, 0), scalarArg(call, 1)];
  const { range } = call.plan.args[2];
  const input = histogramInput(call, vectorArg(call, 2), range);
  const noted = ({ value, hasNaN }: Estimate, labels: LabelSet) => {
    if (hasNaN) annotate(call.context, fractionWithoutNaN(range, reportedName(call, labels)));
    return value;
  };
  const estimator: Estimator = {
    native: (histogram, labels, step) =>
      noted(histogramFraction(lower[step], upper[step], histogram), labels),
    classic: (buckets, _, step) => classicFraction(lower[step], upper[step], buckets),
  };
  const conflicts = findConflicts(call, input, range);
  return merged(call, estimateAll(call, input, conflicts, estimator));
}

/** With delayed name removal, Prometheus merges the series of an instant query only at the end. */
function merged({ grid, context }: FunctionCall, series: readonly StepSeries[]): VectorValue {
  return vectorOf(context.options.delayedNameRemoval && isInstant(grid) ? series : mergeSameLabels(series));
}

export const HISTOGRAM_FUNCTIONS = {
  histogram_avg: ofHistograms(({ sum, count }) => sum / count),
  histogram_count: ofHistograms(({ count }) => count),
  histogram_fraction: fraction,
  histogram_quantile: quantile,
  histogram_quantiles: quantiles,
  histogram_stddev: ofHistograms((histogram) => Math.sqrt(histogramVariance(histogram))),
  histogram_stdvar: ofHistograms(histogramVariance),
  histogram_sum: ofHistograms(({ sum }) => sum),
} satisfies VectorFunctions;
