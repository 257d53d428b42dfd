/** Whether an answer is what a script expects: with its tolerance for floats, which Prometheus' own runner has. */
import { compactHistogram, equalColumns } from "../../lib/histogram/float-histogram.ts";
import { printHistogram } from "../../lib/histogram/print-histogram.ts";
import { sideOf } from "../../lib/histogram/side.ts";
import type { Buckets, Histogram } from "../../lib/model/histogram.ts";
import { compareLabelSets, type LabelSet } from "../../lib/model/labels.ts";
import { printLabelSet } from "../../lib/promql/runtime/series-labels.ts";
import type { SequenceValue } from "../../lib/rules/unit-test/notation/series-notation.ts";
import { isAlmostEqual } from "./almost-equal.ts";
import type { AnswerPoint, AnswerSeries, AnswerValue } from "./answer.ts";
import { asPrinted, isSamePrinted } from "./printed-histogram.ts";
import type { EvalCommand } from "./script.ts";

/** Undefined when it is; else the first difference. */
export function findDifference(command: EvalCommand, value: AnswerValue): string | undefined {
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
  value: Extract<AnswerValue, { series: unknown }>,
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

function isSorted(series: readonly AnswerSeries[]): boolean {
  return series.every(({ labels }, i) => i === 0 || compareLabelSets(series[i - 1].labels, labels) <= 0);
}

interface ExpectedPoint {
  readonly timeMs: number;
  readonly value: number | Histogram;
  readonly hasHint: boolean;
}

function differenceOfSamples(
  { startMs, stepMs, endMs }: EvalCommand,
  values: readonly SequenceValue[],
  { points }: AnswerSeries,
  type: "vector" | "matrix",
): string | undefined {
  const expected = values.flatMap((value, i): ExpectedPoint[] => {
    const timeMs = type === "vector" ? points[0].timeMs : startMs + i * stepMs;
    if (value.kind === "float") return [{ timeMs, value: value.value, hasHint: false }];
    return value.kind === "histogram" ? [{ timeMs, value: value.histogram, hasHint: value.hasHint }] : [];
  });
  if (type === "matrix" && startMs + (values.length - 1) * stepMs > endMs)
    return "expects more points than there can be";
  if (points.length !== expected.length) return `${points.length} points, not ${expected.length}`;
  for (const [i, point] of points.entries()) {
    if (point.timeMs !== expected[i].timeMs) return `point at ${point.timeMs}, not ${expected[i].timeMs}`;
    if (!isSameValue(point.value, expected[i]))
      return `${printValue(point.value)}, not ${printValue(expected[i].value)}`;
  }
  return undefined;
}

function isSameValue(actual: AnswerPoint["value"], { value: expected, hasHint }: ExpectedPoint): boolean {
  if (typeof actual === "number" || typeof expected === "number") {
    if (typeof actual !== typeof expected) return false;
    return isAlmostEqual(actual as number, expected as number);
  }
  if (actual.kind === "printed") return isSamePrinted(actual, asPrinted(expected));
  return isSameHistogram(compactHistogram(actual), compactHistogram(expected), hasHint);
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

function printSeries({ points }: AnswerSeries): string {
  return points.map(({ timeMs, value }) => `${printValue(value)} @${timeMs}`).join(" ");
}

function printValue(value: AnswerPoint["value"]): string {
  if (typeof value === "number") return String(value);
  if (value.kind === "printed") return JSON.stringify(value);
  const { schema, counterResetHint, zeroThreshold, customBounds } = value;
  return `${printHistogram(value)} (schema ${schema}, zero ${zeroThreshold}, bounds ${customBounds}, ${counterResetHint})`;
}
