/** What an operation on a native histogram counts against the deadline. */
import type { Histogram } from "../../model/histogram.ts";

/** Steps of any histogram, and of each of its buckets: up to 200 ns. */
const HISTOGRAM_STEPS = 50;
const BUCKET_STEPS = 4;

/** The same of each float sample that a histogram counts as: two buckets, or two bounds. */
export const STEPS_PER_HISTOGRAM_SAMPLE = 2 * BUCKET_STEPS;

export function histogramSteps({ positive, negative, customBounds }: Histogram): number {
  const columns = positive.counts.length + negative.counts.length + customBounds.length;
  return HISTOGRAM_STEPS + BUCKET_STEPS * columns;
}
