/**
 * Reduces exponential histograms of a finer schema than any here to the finest one, by adding up
 * neighbours. https://prometheus.io/docs/specs/native_histograms/#schema (bucket i of schema s lies
 * in bucket ceil(i / 2) of s - 1)
 */
import { type Buckets, type Histogram, MAX_EXPONENTIAL_SCHEMA } from "../model/histogram.ts";
import { bucketIndices, spansOf, staleHistogram } from "./spans.ts";

/**
 * The finest schema that is reserved for exponential buckets. Schemas above 8 are reduced, as in
 * Prometheus.
 */
export const MAX_RESERVED_SCHEMA = 52;

/**
 * The histogram itself, or one of the finest supported schema. It must have passed
 * `checkHistogram`.
 */
export function reduceToSupported(histogram: Histogram): Histogram {
  const { schema, kind, counterResetHint } = histogram;
  // Its buckets mean nothing and were not checked: spans may claim any number of them.
  if (histogram.isStale) return staleHistogram(kind, counterResetHint);
  const supported = supportedSchema(schema);
  if (supported === schema) return histogram;
  const steps = schema - supported;
  return {
    ...histogram,
    schema: supported,
    positive: reduceBuckets(histogram.positive, steps),
    negative: reduceBuckets(histogram.negative, steps),
  };
}

/** The schema after the reduction. */
export function supportedSchema(schema: number): number {
  return schema <= MAX_EXPONENTIAL_SCHEMA || schema > MAX_RESERVED_SCHEMA ? schema : MAX_EXPONENTIAL_SCHEMA;
}

/** Halves the resolution `steps` times. */
export function reduceBuckets({ spans, counts }: Buckets, steps: number): Buckets {
  const from = bucketIndices(spans);
  const indices = new Float64Array(from.length);
  const reduced = new Float64Array(from.length);
  let last = -1;
  for (let i = 0; i < from.length; i++) {
    // Not -0, which is not a bucket index.
    const index = Math.ceil(from[i] / 2 ** steps) + 0;
    if (last < 0 || indices[last] !== index) indices[++last] = index;
    reduced[last] += counts[i];
  }
  return { spans: spansOf(indices.subarray(0, last + 1)), counts: reduced.slice(0, last + 1) };
}
