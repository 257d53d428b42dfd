/** Times of a command line. */
import { HearthError } from "../../lib/model/errors.ts";

/** RFC 3339 or seconds since the epoch, in ms. Throws "invalid". */
export function parseTime(option: string, text: string): number {
  const ms = /^-?\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new HearthError(
    "invalid",
    `${option} ${text}: expected a time, as 2026-11-30T08:00:00Z or seconds since the epoch`,
  );
}
