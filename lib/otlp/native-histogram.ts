/**
 * Converts OpenTelemetry's histograms to native ones: exponential histograms to exponential schemas,
 * explicit bounds to custom buckets.
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#exponential-histograms
 */

import { NO_BUCKETS, spansOf, staleHistogram } from "../histogram/spans.ts";
import {
  type Buckets,
  CUSTOM_BUCKETS_SCHEMA,
  type Histogram,
  MAX_EXPONENTIAL_SCHEMA,
  MIN_EXPONENTIAL_SCHEMA,
} from "../model/histogram.ts";
import type { ExponentialBuckets, ExponentialPoint, HistogramPoint } from "./metrics.ts";

/** Prometheus' zero threshold, which replaces the sender's. */
const ZERO_THRESHOLD = 1e-128;
/** Finer scales exceed the precision of a double. */
const MAX_STEPS = 40;
/** Gaps up to this many buckets become empty buckets instead of a new span, as in client_golang. */
const MAX_GAP = 2;
const NO_BOUNDS = new Float64Array(0);

/** A native histogram, or the reason why there is none. */
export function exponentialHistogram(point: ExponentialPoint, isDelta: boolean): Histogram | string {
  const { scale, count, sum, zeroCount, positive, negative } = point;
  if (point.hasNoValue) return staleHistogram("integer", "unknown");
  if (scale < MIN_EXPONENTIAL_SCHEMA) {
    return `an exponential histogram of scale ${scale}: at least ${MIN_EXPONENTIAL_SCHEMA} is expected`;
  }
  const steps = Math.min(Math.max(scale - MAX_EXPONENTIAL_SCHEMA, 0), MAX_STEPS);
  return {
    kind: "integer",
    counterResetHint: isDelta ? "gauge" : "unknown",
    schema: Math.min(scale, MAX_EXPONENTIAL_SCHEMA),
    zeroThreshold: ZERO_THRESHOLD,
    zeroCount,
    count,
    sum: sum ?? 0,
    positive: exponentialBuckets(positive, steps),
    negative: exponentialBuckets(negative, steps),
    customBounds: NO_BOUNDS,
    isStale: false,
  };
}

/** Prometheus' bucket i ends where OpenTelemetry's bucket i starts. */
function exponentialBuckets({ offset, counts }: ExponentialBuckets, steps: number): Buckets {
  return sparseBuckets(counts, (i) => Math.floor((offset + i) / 2 ** steps) + 1);
}

/** Makes a native histogram with custom buckets. Without bounds, its only bucket, up to +Inf, has the whole count. */
export function customHistogram(point: HistogramPoint, isDelta: boolean): Histogram {
  const { count, sum, bucketCounts, explicitBounds } = point;
  if (point.hasNoValue) return staleHistogram("integer", "unknown");
  const hasBuckets = bucketCounts.length > 0;
  return {
    kind: "integer",
    counterResetHint: isDelta ? "gauge" : "unknown",
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count,
    sum: sum ?? 0,
    positive: sparseBuckets(hasBuckets ? bucketCounts : [count], (i) => i),
    negative: NO_BUCKETS,
    customBounds: hasBuckets ? Float64Array.from(explicitBounds) : NO_BOUNDS,
    isStale: false,
  };
}

/** Sums counts per index. Omits empty buckets except in small gaps. `indexOf` must ascend. */
function sparseBuckets(dense: readonly number[], indexOf: (i: number) => number): Buckets {
  const indices: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < dense.length; i++) {
    if (dense[i] === 0) continue;
    const index = indexOf(i);
    const last = indices.at(-1);
    if (last === index) {
      counts[counts.length - 1] += dense[i];
      continue;
    }
    if (last !== undefined && index - last - 1 <= MAX_GAP) {
      for (let empty = last + 1; empty < index; empty++) {
        indices.push(empty);
        counts.push(0);
      }
    }
    indices.push(index);
    counts.push(dense[i]);
  }
  return { spans: spansOf(Float64Array.from(indices)), counts: Float64Array.from(counts) };
}
