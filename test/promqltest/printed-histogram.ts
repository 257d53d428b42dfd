/**
 * A native histogram as the JSON of the API has it: totals and the buckets that are not empty, with their bounds. Schema, zero
 * threshold and hints are not in it. What is expected is worked out here once more, apart from the code that prints answers.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#native-histograms
 */
import { sideOf } from "../../lib/histogram/side.ts";
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../lib/model/histogram.ts";
import { isAlmostEqual } from "./almost-equal.ts";

/** 0 has its upper bound in it, 1 its lower, 2 none, 3 both. */
type Boundaries = 0 | 1 | 2 | 3;
type PrintedBucket = readonly [boundaries: Boundaries, lower: number, upper: number, count: number];

export interface PrintedHistogram {
  readonly kind: "printed";
  readonly count: number;
  readonly sum: number;
  /** From the lowest to the highest. */
  readonly buckets: readonly PrintedBucket[];
}

/** As the API sends it: numbers are texts. */
export interface HistogramJson {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly (readonly [Boundaries, string, string, string])[];
}

export function parsePrinted({ count, sum, buckets = [] }: HistogramJson): PrintedHistogram {
  return {
    kind: "printed",
    count: parseGoFloat(count),
    sum: parseGoFloat(sum),
    buckets: buckets.map(([boundaries, lower, upper, n]) => [
      boundaries,
      parseGoFloat(lower),
      parseGoFloat(upper),
      parseGoFloat(n),
    ]),
  };
}

/** A number as Go prints it. */
export function parseGoFloat(text: string): number {
  return Number(text.replace(/Inf$/, "Infinity"));
}

export function asPrinted(histogram: Histogram): PrintedHistogram {
  const { count, sum, zeroCount, zeroThreshold, positive, negative } = histogram;
  const above = bucketsOf(histogram, positive);
  const below = bucketsOf(histogram, negative).map(mirrored).reverse();
  // Prometheus leaves the zero bucket away where it is NaN or, after a subtraction, negative; other buckets it does not.
  const zero: PrintedBucket[] = zeroCount > 0 ? [[3, -zeroThreshold, zeroThreshold, zeroCount]] : [];
  return { kind: "printed", count, sum, buckets: [...below, ...zero, ...above] };
}

/** Those of one sign, as if they were positive. */
function bucketsOf(histogram: Histogram, side: Histogram["positive"]): PrintedBucket[] {
  const { indexes } = sideOf(side);
  const all = Array.from(side.counts, (count, i) => bucketOf(histogram, indexes[i], count));
  return all.filter(([, , , count]) => count !== 0);
}

function bucketOf({ schema, customBounds }: Histogram, index: number, count: number): PrintedBucket {
  if (schema !== CUSTOM_BUCKETS_SCHEMA)
    return [0, 2 ** ((index - 1) * 2 ** -schema), 2 ** (index * 2 ** -schema), count];
  // The first has no lower end.
  return [index === 0 ? 3 : 0, customBounds[index - 1] ?? -Infinity, customBounds[index] ?? Infinity, count];
}

function mirrored([, lower, upper, count]: PrintedBucket): PrintedBucket {
  return [1, -upper, -lower, count];
}

export function isSamePrinted(a: PrintedHistogram, b: PrintedHistogram): boolean {
  return (
    isAlmostEqual(a.count, b.count) &&
    isAlmostEqual(a.sum, b.sum) &&
    a.buckets.length === b.buckets.length &&
    a.buckets.every((bucket, i) => bucket.every((number, j) => isAlmostEqual(number, b.buckets[i][j])))
  );
}
