/** Hours as rows have them: left-open, (end - 1 h, end]. A sample at an hour's edge is its last. */
import { lowerBound } from "../../model/lower-bound.ts";
import { HOUR_MS } from "../../model/time.ts";

/** The end of the hour that a time lies in, both in ms. */
export function hourEnd(timeMs: number): number {
  return Math.ceil(timeMs / HOUR_MS) * HOUR_MS;
}

/** How many hours ascending times lie in. */
export function countHours(timestamps: Float64Array): number {
  let count = 0;
  for (let at = 0; at < timestamps.length; count++)
    at = lowerBound(timestamps, hourEnd(timestamps[at]) + 1, at);
  return count;
}
