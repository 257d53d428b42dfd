/** Time as in Prometheus: milliseconds since the Unix epoch, in a double. */

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Returns milliseconds since the Unix epoch. The library reads no other clock. */
export type Clock = () => number;

/**
 * The largest distance of a stored timestamp from the epoch, in ms: 285,000 years. Deltas of deltas
 * of such timestamps stay exact in a double (2^53).
 */
export const MAX_TIMESTAMP_MS = 2 ** 51;

/** The `Date` of one response of the table's service. Each response has an object of its own. */
export interface ServiceDate {
  readonly ms: number;
}

export interface TimeRange {
  /** In ms, inclusive. */
  readonly minTime: number;
  readonly maxTime: number;
}

/** The largest distance from the epoch that a `Date` holds, in ms. */
const MAX_DATE_MS = 8_640_000_000_000_000;

/** Prints `2026-05-01T10:00:00Z`, with ms unless they are 0; prints epoch seconds for times outside of `Date`. */
export function printTime(timeMs: number): string {
  if (!(Math.abs(timeMs) <= MAX_DATE_MS)) return `${timeMs / 1000}s`;
  const wholeMs = Math.trunc(timeMs);
  const day = Math.floor(wholeMs / DAY_MS);
  if (day !== latestDay) {
    const text = new Date(day * DAY_MS).toISOString();
    [latestDay, latestDate] = [day, text.slice(0, text.indexOf("T") + 1)];
  }
  const ofDayMs = wholeMs - day * DAY_MS;
  const ms = ofDayMs % SECOND_MS;
  const clock = `${twoDigits(ofDayMs / HOUR_MS)}:${twoDigits((ofDayMs / MINUTE_MS) % 60)}:${twoDigits((ofDayMs / SECOND_MS) % 60)}`;
  return `${latestDate}${clock}${ms === 0 ? "" : `.${String(ms).padStart(3, "0")}`}Z`;
}

/** The day that was printed last: a query's times are mostly of one day. */
let latestDay = Number.NaN;
let latestDate = "";

function twoDigits(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}

export const ALL_TIME: TimeRange = { minTime: -MAX_TIMESTAMP_MS, maxTime: MAX_TIMESTAMP_MS };

/** An unbounded range, for decoders that keep every time. */
export const UNBOUNDED_TIME: TimeRange = {
  minTime: Number.NEGATIVE_INFINITY,
  maxTime: Number.POSITIVE_INFINITY,
};
