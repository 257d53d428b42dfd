/** Hours as rows have them: left-open, (end - 1 h, end]. A sample at an hour's edge is its last. */
import { lowerBound } from "../../model/lower-bound.ts";
import { HOUR_MS } from "../../model/time.ts";

/** The end of the hour that a time lies in, both in ms. */
export function hourEnd(timeMs: number): number {
  return Math.ceil(timeMs / HOUR_MS) * HOUR_MS;
}

export interface HourSpan {
  /** The end of the hour, in ms. */
  readonly hour: number;
  /** Its times, as a half-open range of the column. */
  readonly start: number;
  readonly end: number;
}

/** The hours that ascending times lie in. */
export function* hoursOf(timestamps: Float64Array): Generator<HourSpan, void, void> {
  for (let start = 0; start < timestamps.length; ) {
    const hour = hourEnd(timestamps[start]);
    const end = lowerBound(timestamps, hour + 1, start);
    yield { hour, start, end };
    start = end;
  }
}
