/**
 * Samples as the JSON of Prometheus' HTTP API: times as numbers of seconds, values as strings.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats
 */
import { allBuckets, type Bucket } from "../histogram/buckets.ts";
import type { Histogram } from "../model/histogram.ts";
import type { HistogramSamples } from "../model/histogram-samples.ts";
import type { LabelSet } from "../model/labels.ts";
import type { Samples } from "../model/samples.ts";
import { printJsonFloat } from "../number/print-float.ts";
import { PrintedTimes, writePoints } from "./point-writer.ts";

/** A piece of a response: text, or bytes, which are valid until the next piece is requested and nothing else runs meanwhile. */
export type Piece = string | Uint8Array;

/** One series of a response; floats and histograms are sorted by time. */
export interface ApiSeries extends Samples {
  readonly labels: LabelSet;
  readonly histograms: HistogramSamples | undefined;
}

/** Buckets of histograms in a piece, empty ones included: up to 100 KB of text. */
const PIECE_BUCKETS = 2000;
/** Buckets that a histogram's time and totals weigh as much as. */
const BUCKETS_PER_HISTOGRAM = 2;

/** Yields `[series,…]` of a range vector in pieces. */
export function* printMatrix(series: Iterable<ApiSeries>): Generator<Piece> {
  let separator = "[";
  let column: Float64Array | undefined;
  let times: PrintedTimes | undefined;
  for (const { labels, timestamps, values, histograms } of series) {
    yield `${separator}{"metric":${printLabelsJson(labels)}`;
    separator = ",";
    if (timestamps.length > 0) {
      // Series without gaps share their columns of times.
      if (times === undefined || timestamps !== column) times = new PrintedTimes(timestamps, printSeconds);
      column = timestamps;
      yield ',"values":[';
      yield* writePoints(times, values);
      yield "]";
    }
    if (histograms !== undefined) yield* printHistograms(histograms);
    yield "}";
  }
  yield separator === "[" ? "[]" : "]";
}

/** Yields `,"histograms":[[time,value],…]`, or nothing without histograms. */
function* printHistograms({ timestamps, histograms }: HistogramSamples): Generator<string> {
  if (timestamps.length === 0) return;
  let piece = ',"histograms":[';
  let buckets = 0;
  for (let i = 0; i < timestamps.length; i++) {
    const { positive, negative } = histograms[i];
    piece += `${i === 0 ? "" : ","}[${printSeconds(timestamps[i])},${printHistogram(histograms[i])}]`;
    buckets += positive.counts.length + negative.counts.length + BUCKETS_PER_HISTOGRAM;
    if (buckets < PIECE_BUCKETS) continue;
    yield piece;
    piece = "";
    buckets = 0;
  }
  yield `${piece}]`;
}

/** `[series,…]` of an instant vector, with the one sample of each. */
export function* printVector(series: Iterable<ApiSeries>): Generator<string> {
  let separator = "[";
  for (const one of series) {
    yield `${separator}{"metric":${printLabelsJson(one.labels)},${printOnlySample(one)}}`;
    separator = ",";
  }
  yield separator === "[" ? "[]" : "]";
}

function printOnlySample({ timestamps, values, histograms }: ApiSeries): string {
  return histograms !== undefined && histograms.timestamps.length > 0
    ? `"histogram":[${printSeconds(histograms.timestamps[0])},${printHistogram(histograms.histograms[0])}]`
    : `"value":[${printSeconds(timestamps[0])},${printValue(values[0])}]`;
}

/** `[time,"text"]`: a string, or a scalar with its value printed. */
export function printPair(timestampMs: number, text: string): string {
  return `[${printSeconds(timestampMs)},${JSON.stringify(text.toWellFormed())}]`;
}

/** Prints `{"name":"value"}`. */
export function printLabelsJson(labels: LabelSet): string {
  const members = labels.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return `{${members.join(",")}}`;
}

/** Prints milliseconds as seconds, with three decimals or none. */
export function printSeconds(timestampMs: number): string {
  const magnitude = Math.abs(timestampMs);
  const fraction = magnitude % 1000;
  const seconds = `${timestampMs < 0 ? "-" : ""}${(magnitude - fraction) / 1000}`;
  return fraction === 0 ? seconds : `${seconds}.${String(fraction).padStart(3, "0")}`;
}

function printValue(value: number): string {
  return `"${printJsonFloat(value)}"`;
}

/** Prints the populated buckets, each as `[boundaries,"lower","upper","count"]`. */
function printHistogram(histogram: Histogram): string {
  const buckets = allBuckets(histogram).filter(({ count }) => count !== 0);
  const totals = `"count":${printValue(histogram.count)},"sum":${printValue(histogram.sum)}`;
  return buckets.length === 0
    ? `{${totals}}`
    : `{${totals},"buckets":[${buckets.map(printBucket).join(",")}]}`;
}

/** Boundaries of a bucket: 0 includes the upper bound, 1 the lower, 2 neither, 3 both. */
function printBucket({ lower, upper, count, lowerInclusive, upperInclusive }: Bucket): string {
  const boundaries = upperInclusive ? (lowerInclusive ? 3 : 0) : lowerInclusive ? 1 : 2;
  return `[${boundaries},${printValue(lower)},${printValue(upper)},${printValue(count)}]`;
}
