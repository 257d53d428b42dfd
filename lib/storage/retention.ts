/**
 * How long samples are kept. TTL removes a day's items some time after the whole day is past retention, for free and up to
 * two days late; readers therefore never look further back than retention, whatever the table still holds.
 */
import { DAY_MS, SECOND_MS } from "../model/time.ts";

/** In ms; 0 keeps for ever. */
export type RetentionMs = number;

/** The oldest timestamp that is kept at a time `nowMs`. */
export function oldestKept(nowMs: number, retentionMs: RetentionMs): number {
  return retentionMs === 0 ? Number.NEGATIVE_INFINITY : nowMs - retentionMs;
}

/** When the items of a UTC day may be removed, in seconds since the epoch. */
export function dayExpirySeconds(day: number, retentionMs: RetentionMs): number | undefined {
  if (retentionMs === 0) return undefined;
  return Math.ceil(((day + 1) * DAY_MS + retentionMs) / SECOND_MS);
}

/** The property of an item that expires with a day. */
export function expiry(day: number, retentionMs: RetentionMs): { readonly expiresAtSeconds?: number } {
  const expiresAtSeconds = dayExpirySeconds(day, retentionMs);
  return expiresAtSeconds === undefined ? {} : { expiresAtSeconds };
}
