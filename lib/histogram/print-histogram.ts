/**
 * Native histograms as Prometheus prints them: `{count:5, sum:18.4, [-0.001,0.001]:1, (1,2]:4}`.
 */

import type { Histogram } from "../model/histogram.ts";
import { printGeneralFloat } from "../number/print-general-float.ts";
import { usesCustomBuckets } from "./bounds.ts";
import { type Bucket, negativeBuckets, positiveBuckets, zeroBucket } from "./buckets.ts";

/** Without empty buckets. */
export function printHistogram(histogram: Histogram): string {
  const { count, sum, zeroCount } = histogram;
  const buckets = [
    ...negativeBuckets(histogram).reverse(),
    ...(zeroCount === 0 || usesCustomBuckets(histogram) ? [] : [zeroBucket(histogram)]),
    ...positiveBuckets(histogram),
  ].filter((bucket) => bucket.count !== 0);
  const parts = [
    `count:${printGeneralFloat(count)}`,
    `sum:${printGeneralFloat(sum)}`,
    ...buckets.map(printBucket),
  ];
  return `{${parts.join(", ")}}`;
}

function printBucket({ lower, upper, lowerInclusive, upperInclusive, count }: Bucket): string {
  const bounds = `${printGeneralFloat(lower)},${printGeneralFloat(upper)}`;
  return `${lowerInclusive ? "[" : "("}${bounds}${upperInclusive ? "]" : ")"}:${printGeneralFloat(count)}`;
}
