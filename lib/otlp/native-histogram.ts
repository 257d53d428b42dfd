/**
 * Histograms of OpenTelemetry -> native histograms: exponential ones, and ones with explicit bounds as custom buckets.
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

/** What Prometheus takes, whatever the sender's is. */
const ZERO_THRESHOLD = 1e-128;
/** Finer scales than this are finer than a double's bits. */
const MAX_STEPS = 40;
/** So many empty buckets are kept rather than a new span begun, as client_golang does. */
const MAX_GAP = 2;
const NO_BOUNDS = new Float64Array(0);

/** A native histogram, or why it cannot be one. */
export function exponentialHistogram(point: ExponentialPoint): Histogram | string {
  const { scale, count, sum, zeroCount, positive, negative } = point;
  if (point.hasNoValue) return staleHistogram("integer", "unknown");
  if (scale < MIN_EXPONENTIAL_SCHEMA) {
    return `an exponential histogram of scale ${scale}: at least ${MIN_EXPONENTIAL_SCHEMA} is expected`;
  }
  const steps = Math.min(Math.max(scale - MAX_EXPONENTIAL_SCHEMA, 0), MAX_STEPS);
  return {
    kind: "integer",
    counterResetHint: "unknown",
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

/** Prometheus' bucket i ends where OpenTelemetry's bucket i begins. */
function exponentialBuckets({ offset, counts }: ExponentialBuckets, steps: number): Buckets {
  return sparseBuckets(counts, (i) => Math.floor((offset + i) / 2 ** steps) + 1);
}

/** A native histogram with custom buckets. One without buckets has all it counted in its only one, up to +Inf. */
export function customHistogram(point: HistogramPoint): Histogram {
  const { count, sum, bucketCounts, explicitBounds } = point;
  if (point.hasNoValue) return staleHistogram("integer", "unknown");
  const hasBuckets = bucketCounts.length > 0;
  return {
    kind: "integer",
    counterResetHint: "unknown",
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

/** Adds up what comes to one index, and leaves empty buckets away but for small gaps. `indexOf` ascends. */
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
