/** Whether a result is what a script expects: with its tolerance for floats, which Prometheus' own runner has. */
import { compactHistogram, equalColumns } from "../../lib/model/float-histogram.ts";
import { sideOf } from "../../lib/model/float-histogram-side.ts";
import type { Buckets, Histogram } from "../../lib/model/histogram.ts";
import { compareLabelSets, type LabelSet } from "../../lib/model/labels.ts";
import { printHistogram } from "../../lib/model/print-histogram.ts";
import { printLabelSet } from "../../lib/promql/engine/series-labels.ts";
import type { MatrixSeries, QueryValue } from "../../lib/promql/engine-interface.ts";
import type { EvalCommand } from "./script.ts";
import type { SequenceValue } from "./series-notation.ts";

const EPSILON = 1e-6;
const MIN_NORMAL = 2 ** -1022;

/** Relative to the sum of both; NaN equals NaN. */
export function isAlmostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  if (a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < MIN_NORMAL) return difference < EPSILON * MIN_NORMAL;
  return difference / Math.min(sum, Number.MAX_VALUE) < EPSILON;
}

/** Undefined when it is; else the first difference. */
export function findDifference(command: EvalCommand, value: QueryValue): string | undefined {
  switch (value.type) {
    case "scalar":
      if (command.scalar === undefined) return `a vector was expected, not the scalar ${value.value}`;
      return isAlmostEqual(command.scalar, value.value)
        ? undefined
        : `scalar ${value.value}, not ${command.scalar}`;
    case "string":
      return command.text === value.value ? undefined : `string ${JSON.stringify(value.value)}`;
    case "vector":
    case "matrix":
      if (command.scalar !== undefined) return `scalar ${command.scalar} was expected, not a ${value.type}`;
      return differenceOfSeries(command, value);
  }
}

function differenceOfSeries(
  command: EvalCommand,
  value: Extract<QueryValue, { type: "vector" | "matrix" }>,
): string | undefined {
  if (value.type === "matrix" && !isSorted(value.series)) return "series are not sorted by labels";
  const isOrdered = value.type === "vector" && command.expectations.has("ordered");
  const seen = new Set<number>();
  for (const [position, series] of value.series.entries()) {
    const expected = command.series.findLastIndex(
      ({ labels }) => compareLabelSets(labels, series.labels) === 0,
    );
    const name = printLabelSet(series.labels);
    if (expected < 0) return `unexpected ${name} ${printSeries(series)}`;
    if (isOrdered && expected !== position) return `${name} at position ${position}, not ${expected}`;
    seen.add(expected);
    const difference = differenceOfSamples(command, command.series[expected].values, series, value.type);
    if (difference !== undefined) return `${name}: ${difference}; has ${printSeries(series)}`;
  }
  const missing = command.series.find(
    ({ labels }, i) =>
      !seen.has(i) && !command.series.some((other, j) => j > i && same(other.labels, labels)),
  );
  return missing && `missing ${printLabelSet(missing.labels)}`;
}

function same(a: LabelSet, b: LabelSet): boolean {
  return compareLabelSets(a, b) === 0;
}

function isSorted(series: readonly MatrixSeries[]): boolean {
  return series.every(({ labels }, i) => i === 0 || compareLabelSets(series[i - 1].labels, labels) <= 0);
}

interface Point {
  readonly timeMs: number;
  readonly value: number | Histogram;
  readonly hasHint: boolean;
}

function differenceOfSamples(
  { startMs, stepMs, endMs }: EvalCommand,
  values: readonly SequenceValue[],
  series: MatrixSeries,
  type: "vector" | "matrix",
): string | undefined {
  const expected = values.flatMap((value, i): Point[] => {
    const timeMs =
      type === "vector" ? (series.timestamps[0] ?? series.histograms!.timestamps[0]) : startMs + i * stepMs;
    if (value.kind === "float") return [{ timeMs, value: value.value, hasHint: false }];
    return value.kind === "histogram" ? [{ timeMs, value: value.histogram, hasHint: value.hasHint }] : [];
  });
  if (type === "matrix" && startMs + (values.length - 1) * stepMs > endMs)
    return "expects more points than there can be";
  const actual = pointsOf(series);
  if (actual.length !== expected.length) return `${actual.length} points, not ${expected.length}`;
  for (const [i, point] of actual.entries()) {
    if (point.timeMs !== expected[i].timeMs) return `point at ${point.timeMs}, not ${expected[i].timeMs}`;
    if (!isSamePoint(point, expected[i]))
      return `${printValue(point.value)}, not ${printValue(expected[i].value)}`;
  }
  return undefined;
}

function pointsOf({ timestamps, values, histograms }: MatrixSeries): Point[] {
  const floats = Array.from(timestamps, (timeMs, i) => ({ timeMs, value: values[i], hasHint: false }));
  const others = Array.from(histograms?.timestamps ?? [], (timeMs, i) => ({
    timeMs,
    value: histograms!.histograms[i],
    hasHint: false,
  }));
  return [...floats, ...others].sort((a, b) => a.timeMs - b.timeMs);
}

function isSamePoint(actual: Point, expected: Point): boolean {
  if (typeof actual.value === "number" || typeof expected.value === "number") {
    if (typeof actual.value !== typeof expected.value) return false;
    return isAlmostEqual(actual.value as number, expected.value as number);
  }
  return isSameHistogram(compactHistogram(actual.value), compactHistogram(expected.value), expected.hasHint);
}

function isSameHistogram(actual: Histogram, expected: Histogram, comparesHint: boolean): boolean {
  return (
    actual.schema === expected.schema &&
    isAlmostEqual(actual.count, expected.count) &&
    isAlmostEqual(actual.sum, expected.sum) &&
    actual.zeroThreshold === expected.zeroThreshold &&
    isAlmostEqual(actual.zeroCount, expected.zeroCount) &&
    equalColumns(actual.customBounds, expected.customBounds) &&
    isSameBuckets(actual.positive, expected.positive) &&
    isSameBuckets(actual.negative, expected.negative) &&
    (!comparesHint || actual.counterResetHint === expected.counterResetHint)
  );
}

function isSameBuckets(actual: Buckets, expected: Buckets): boolean {
  if (!equalColumns(sideOf(actual).indexes, sideOf(expected).indexes)) return false;
  return actual.counts.every((count, i) => isAlmostEqual(count, expected.counts[i]));
}

function printSeries(series: MatrixSeries): string {
  return pointsOf(series)
    .map(({ timeMs, value }) => `${printValue(value)} @${timeMs}`)
    .join(" ");
}

function printValue(value: number | Histogram): string {
  if (typeof value === "number") return String(value);
  const { schema, counterResetHint, zeroThreshold, customBounds } = value;
  return `${printHistogram(value)} (schema ${schema}, zero ${zeroThreshold}, bounds ${customBounds}, ${counterResetHint})`;
}
