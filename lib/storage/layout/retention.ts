/**
 * How long samples are kept. TTL removes a day's items some time after the whole day is past retention, for free and up to
 * two days late; readers therefore never look further back than retention, whatever the table still holds.
 */
import { DAY_MS, HOUR_MS, SECOND_MS } from "../../model/time.ts";

/** In ms; 0 keeps for ever. */
export type RetentionMs = number;

/** The oldest timestamp that is kept at a time `nowMs`. */
export function oldestKept(nowMs: number, retentionMs: RetentionMs): number {
  return retentionMs === 0 ? Number.NEGATIVE_INFINITY : nowMs - retentionMs;
}

/**
 * How much longer than retention a day's items stay: four times the longest a function runs. TTL takes them in no order, a
 * dictionary before the log records that need it; whoever began with the day in time has ended by then.
 */
const LEAVING_MS = HOUR_MS;

/** Whether all of a UTC day is past retention at `nowMs`: nobody begins anything with it, its items may leave soon. */
export function isDayPast(day: number, nowMs: number, retentionMs: RetentionMs): boolean {
  return oldestKept(nowMs, retentionMs) >= (day + 1) * DAY_MS;
}

/** When the items of a UTC day may be removed, in seconds since the epoch. */
export function dayExpirySeconds(day: number, retentionMs: RetentionMs): number | undefined {
  if (retentionMs === 0) return undefined;
  return Math.ceil(((day + 1) * DAY_MS + retentionMs + LEAVING_MS) / SECOND_MS);
}

/** The property of an item that expires with a day. */
export function expiry(day: number, retentionMs: RetentionMs): { readonly expiresAtSeconds?: number } {
  const expiresAtSeconds = dayExpirySeconds(day, retentionMs);
  return expiresAtSeconds === undefined ? {} : { expiresAtSeconds };
}

/**
 * How long log records, series records and runs stay at the least: as long as DynamoDB's longest point-in-time backup. A
 * removed stack can return within it. The compactor stores what is past half of it and not superseded again, without TTL.
 */
export const TRANSIENT_MS = 35 * DAY_MS;

/** The property of an item that compaction supersedes: written at `nowMs`, it leaves with its day or earlier. */
export function transientExpiry(
  nowMs: number,
  day: number,
  retentionMs: RetentionMs,
): { readonly expiresAtSeconds: number } {
  return earlier(nowMs + TRANSIENT_MS, day, retentionMs);
}

/** The property of a mark, which outlives the log records that it announces. */
export function markExpiry(
  nowMs: number,
  day: number,
  retentionMs: RetentionMs,
): { readonly expiresAtSeconds: number } {
  return earlier(nowMs + 2 * TRANSIENT_MS, day, retentionMs);
}

function earlier(
  expiresMs: number,
  day: number,
  retentionMs: RetentionMs,
): { readonly expiresAtSeconds: number } {
  const seconds = Math.ceil(expiresMs / SECOND_MS);
  return { expiresAtSeconds: Math.min(seconds, dayExpirySeconds(day, retentionMs) ?? seconds) };
}
