/**
 * Durations as Prometheus writes them: `1h30m`, units from large to small, each at most once. A day
 * has 24 hours, a year 365 days.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations
 */
import { quoteInput } from "../../model/shorten.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../model/time.ts";

const YEAR_MS = 365 * DAY_MS;
const WEEK_MS = 7 * DAY_MS;

/** From large to small. */
const UNITS: readonly (readonly [unit: string, ms: number])[] = [
  ["y", YEAR_MS],
  ["w", WEEK_MS],
  ["d", DAY_MS],
  ["h", HOUR_MS],
  ["m", MINUTE_MS],
  ["s", SECOND_MS],
  ["ms", 1],
];

/** The most that an int64 of nanoseconds holds, as everywhere in Prometheus: 292 years. */
const MAX_DURATION_MS = 2 ** 63 / 1e6;

export type ParsedDuration =
  | { readonly ok: true; readonly ms: number }
  | { readonly ok: false; readonly reason: string };

/** Parses `1h30m`, or `0`, without a sign. */
export function parseDuration(text: string): ParsedDuration {
  if (text === "0") return { ok: true, ms: 0 };
  if (text === "") return { ok: false, reason: "empty duration string" };
  let ms = 0;
  let lastUnit = -1;
  for (const part of text.matchAll(/([0-9]+)([^0-9]+)|.+/gs)) {
    const [, digits, unitText] = part;
    if (digits === undefined) return notADuration(text);
    const unit = UNITS.findIndex(([name]) => name === unitText);
    if (unit < 0)
      return {
        ok: false,
        reason: `unknown unit ${quoteInput(unitText)} in duration ${quoteInput(text)}`,
      };
    if (unit <= lastUnit) return notADuration(text);
    lastUnit = unit;
    ms += Number(digits) * UNITS[unit][1];
    if (ms >= MAX_DURATION_MS) return { ok: false, reason: "duration out of range" };
  }
  return { ok: true, ms };
}

function notADuration(text: string): ParsedDuration {
  return { ok: false, reason: `not a valid duration string: ${quoteInput(text)}` };
}

/**
 * Prints whole milliseconds. Years and weeks are used only without remainder: `90d` is easier to
 * read than `12w6d`.
 */
export function printDuration(ms: number): string {
  if (ms === 0) return "0s";
  let rest = Math.abs(ms);
  let text = ms < 0 ? "-" : "";
  for (const [unit, unitMs] of UNITS) {
    const isExactOnly = unitMs >= WEEK_MS;
    if (rest < unitMs || (isExactOnly && rest % unitMs !== 0)) continue;
    text += `${Math.floor(rest / unitMs)}${unit}`;
    rest %= unitMs;
  }
  return text;
}
