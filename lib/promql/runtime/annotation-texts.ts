/** All annotations, in the words of Prometheus 3.16. */
import { printTime, SECOND_MS } from "../../model/time.ts";
import { printGeneralFloat, printRoundedFloat } from "../../number/print-general-float.ts";
import type { TextRange } from "../syntax/ast.ts";
import { quoteInput } from "../syntax/quote.ts";
import type { Annotation, AnnotationDetails } from "./annotations.ts";

function warning(range: TextRange, message: string): Annotation {
  return { level: "warning", message, range };
}

function info(range: TextRange, message: string): Annotation {
  return { level: "info", message, range };
}

function forMetric(metric: string): string {
  return metric === "" ? "" : ` for metric name ${quoteInput(metric)}`;
}

export function invalidQuantile(range: TextRange, quantile: number): Annotation {
  return warning(range, `quantile value should be between 0 and 1, got ${printGeneralFloat(quantile)}`);
}

export function isQuantile(value: number): boolean {
  return value >= 0 && value <= 1;
}

export function invalidStrategy(range: TextRange, strategy: number): Annotation {
  const got = printGeneralFloat(strategy);
  return warning(range, `strategy should be 0, 1, or 2 (default), using 2, got ${got}`);
}

export function invalidRatio(range: TextRange, ratio: number, cappedTo: number): Annotation {
  const got = printGeneralFloat(ratio);
  return warning(range, `ratio value should be between -1 and 1, got ${got}, capping to ${cappedTo}`);
}

export function badBucketLabel(range: TextRange, metric: string, value: string): Annotation {
  const message = `bucket label "le" is missing or has a malformed value of ${quoteInput(value)}`;
  return warning(range, message + forMetric(metric));
}

export function mixedFloatsAndHistograms(range: TextRange, metric: string): Annotation {
  return warning(range, `encountered a mix of histograms and floats for metric name ${quoteInput(metric)}`);
}

export function mixedFloatsAndHistogramsInAggregation(range: TextRange): Annotation {
  return warning(range, "encountered a mix of histograms and floats for aggregation");
}

export function mixedClassicAndNative(range: TextRange, metric: string): Annotation {
  return warning(range, `vector contains a mix of classic and native histograms${forMetric(metric)}`);
}

export function histogramIsNoCounter(range: TextRange, metric: string): Annotation {
  return warning(range, `this native histogram metric is not a counter: ${quoteInput(metric)}`);
}

export function histogramIsNoGauge(range: TextRange, metric: string): Annotation {
  return warning(range, `this native histogram metric is not a gauge: ${quoteInput(metric)}`);
}

export function mixedBucketSchemas(range: TextRange, metric: string): Annotation {
  const what = "vector contains a mix of histograms with exponential and custom buckets schemas";
  return warning(range, `${what} for metric name ${quoteInput(metric)}`);
}

export function incompatibleBuckets(range: TextRange, operator: string): Annotation {
  return warning(range, `incompatible bucket layout encountered for binary operator ${operator}`);
}

export function sortInRangeQuery(range: TextRange): Annotation {
  return warning(range, "sort is ineffective for range queries since results are always ordered by labels");
}

export function omittedSeries(range: TextRange): Annotation {
  return warning(range, "results truncated due to limit");
}

/** `why` is undefined if the request asked for rows. */
export function readFromRows(range: TextRange, isExact: boolean, why: string | undefined): Annotation {
  const edges = isExact
    ? "all window edges lie on hours, so the result is that of samples"
    : "window edges are moved to whole hours";
  return info(range, `read from hourly rows: ${edges}${why === undefined ? "" : `; ${why}`}`);
}

export function readFromSamples(range: TextRange, why: string): Annotation {
  return info(range, `read from samples, not from hourly rows: ${why}`);
}

export type HistogramOperation = "addition" | "subtraction" | "aggregation";

export function conflictingResets(range: TextRange, operation: HistogramOperation): Annotation {
  return warning(range, `conflicting counter resets during histogram ${operation}`);
}

export function reconciledBounds(range: TextRange, operation: HistogramOperation): Annotation {
  return info(range, `mismatched custom buckets were reconciled during ${operation}`);
}

export function possiblyNoCounter(range: TextRange, metric: string): Annotation {
  const what = "metric might not be a counter, name does not end in _total/_sum/_count/_bucket:";
  return info(range, `${what} ${quoteInput(metric)}`);
}

export function possiblyNoCounterType(range: TextRange, metric: string, type: string): Annotation {
  const what = 'metric might not be a counter, __type__ label is not set to "counter" or "histogram"';
  return info(range, `${what}, got ${quoteInput(type)}: ${quoteInput(metric)}`);
}

export function incompatibleTypes(
  range: TextRange,
  left: string,
  operator: string,
  right: string,
): Annotation {
  const what = "incompatible sample types encountered for binary operator";
  return info(range, `${what} ${quoteInput(operator)}: ${left} ${operator} ${right}`);
}

export function ignoredInAggregation(range: TextRange, operator: string): Annotation {
  return info(range, `ignored histogram in ${operator} aggregation`);
}

export function ignoredInRange(range: TextRange, metric: string): Annotation {
  const what = "ignored histograms in a range containing both floats and histograms";
  return info(range, `${what} for metric name ${quoteInput(metric)}`);
}

export function quantileIsNaN(range: TextRange, metric: string): Annotation {
  return info(range, `input to histogram_quantile has NaN observations, result is NaN${forMetric(metric)}`);
}

export function quantileIsSkewed(range: TextRange, metric: string): Annotation {
  return info(
    range,
    `input to histogram_quantile has NaN observations, result is skewed higher${forMetric(metric)}`,
  );
}

export function fractionWithoutNaN(range: TextRange, metric: string): Annotation {
  const what = "input to histogram_fraction has NaN observations, which are excluded from all fractions";
  return info(range, what + forMetric(metric));
}

export interface Monotonicity {
  readonly minBound: number;
  readonly maxBound: number;
  readonly maxDifference: number;
}

export function forcedMonotonicity(
  range: TextRange,
  metric: string,
  timeMs: number,
  monotonicity: Monotonicity,
): Annotation {
  const link = "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile";
  const message = `input to histogram_quantile needed to be fixed for monotonicity (see ${link})`;
  const details = monotonicityDetails({ ...monotonicity, minTimeMs: timeMs, maxTimeMs: timeMs, samples: 1 });
  return { ...info(range, message + forMetric(metric)), details };
}

interface MonotonicityDetails extends Monotonicity, AnnotationDetails {
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly samples: number;
}

function monotonicityDetails(one: Omit<MonotonicityDetails, "merge" | "print">): MonotonicityDetails {
  return {
    ...one,
    merge: (other) => mergeMonotonicity(one, other as MonotonicityDetails),
    print: () => printMonotonicity(one),
  };
}

function mergeMonotonicity(
  a: Omit<MonotonicityDetails, "merge" | "print">,
  b: MonotonicityDetails,
): MonotonicityDetails {
  return monotonicityDetails({
    minBound: Math.min(a.minBound, b.minBound),
    maxBound: Math.max(a.maxBound, b.maxBound),
    maxDifference: Math.max(a.maxDifference, b.maxDifference),
    minTimeMs: Math.min(a.minTimeMs, b.minTimeMs),
    maxTimeMs: Math.max(a.maxTimeMs, b.maxTimeMs),
    samples: a.samples + b.samples,
  });
}

function printMonotonicity(one: Omit<MonotonicityDetails, "merge" | "print">): string {
  const [from, to] = [one.minTimeMs, one.maxTimeMs].map(printSecond);
  const buckets = `from buckets ${printGeneralFloat(one.minBound)} to ${printGeneralFloat(one.maxBound)}`;
  const difference = `with a max diff of ${printRoundedFloat(one.maxDifference, 2)}`;
  return `, ${buckets}, ${difference}, over ${one.samples} samples from ${from} to ${to}`;
}

function printSecond(timeMs: number): string {
  return printTime(Math.floor(timeMs / SECOND_MS) * SECOND_MS);
}

export function startTimeOverlap(range: TextRange, metric: string): Annotation {
  const message = `sample has start time that overlaps with previous sample timestamp for metric ${quoteInput(metric)}`;
  return { ...warning(range, message), details: occurrences(1) };
}

interface Occurrences extends AnnotationDetails {
  readonly count: number;
}

function occurrences(count: number): Occurrences {
  return {
    count,
    merge: (older) => occurrences(count + (older as Occurrences).count),
    print: () => (count > 1 ? ` (${count} occurrences)` : ""),
  };
}
