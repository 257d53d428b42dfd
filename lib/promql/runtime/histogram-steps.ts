/** What an operation on a native histogram counts against the deadline. */
import type { Histogram } from "../../model/histogram.ts";

/** Steps of any histogram, and of each of its buckets: up to 200 ns. */
const HISTOGRAM_STEPS = 50;
const BUCKET_STEPS = 4;

export function histogramSteps({ positive, negative }: Histogram): number {
  return HISTOGRAM_STEPS + BUCKET_STEPS * (positive.counts.length + negative.counts.length);
}
