/** Times in seconds as text of a zone, `2026-11-30 14:05:00`, and back. */

export type Zone = "local" | "utc";

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function partsOf(seconds: number, zone: Zone): Parts {
  const date = new Date(Math.round(seconds * 1000));
  return zone === "utc"
    ? {
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
        second: date.getUTCSeconds(),
      }
    : {
        year: date.getFullYear(),
        month: date.getMonth() + 1,
        day: date.getDate(),
        hour: date.getHours(),
        minute: date.getMinutes(),
        second: date.getSeconds(),
      };
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

export function printDate(seconds: number, zone: Zone): string {
  const { year, month, day } = partsOf(seconds, zone);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

export function printClock(seconds: number, zone: Zone): string {
  const { hour, minute, second } = partsOf(seconds, zone);
  return `${two(hour)}:${two(minute)}:${two(second)}`;
}

export function printTime(seconds: number, zone: Zone): string {
  return `${printDate(seconds, zone)} ${printClock(seconds, zone)}`;
}

const WRITTEN = /^(\d{4})-(\d\d?)-(\d\d?)(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z)?)?$/;

/**
 * Seconds since the epoch of a date, a date and a time, or the epoch's seconds themselves. A `Z` at the end means UTC,
 * whichever the zone. Undefined for any other text, and for a day that the calendar does not have.
 */
export function parseTime(text: string, zone: Zone): number | undefined {
  const trimmed = text.trim();
  if (/^\d{9,11}(\.\d+)?$/.test(trimmed)) return Number(trimmed);
  const match = WRITTEN.exec(trimmed);
  if (match === null) return undefined;
  const [year, month, day, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part))) as [number, number, number];
  const isUtc = zone === "utc" || match[7] === "Z";
  const ms = isUtc
    ? Date.UTC(year, month - 1, day, hour, minute, second)
    : new Date(year, month - 1, day, hour, minute, second).getTime();
  const seconds = ms / 1000;
  const parsed = partsOf(seconds, isUtc ? "utc" : "local");
  return parsed.day === day && parsed.month === month && minute < 60 && second < 60 ? seconds : undefined;
}

/** `UTC`, or how far the local clock is from it at a time: `UTC+01:00`. */
export function printZone(seconds: number, zone: Zone): string {
  if (zone === "utc") return "UTC";
  const minutes = -new Date(seconds * 1000).getTimezoneOffset();
  if (minutes === 0) return "UTC+00:00";
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Labels for the ticks of a time axis: the clock, with the date where a day begins and at the first tick. */
export function printTicks(ticks: readonly number[], zone: Zone): string[] {
  const gap = ticks.length > 1 ? ticks[1] - ticks[0] : 0;
  let lastDate = "";
  return ticks.map((tick) => {
    const date = printDate(tick, zone);
    const isNewDate = date !== lastDate;
    lastDate = date;
    if (gap >= 86_400 * 300) return date.slice(0, 4);
    if (gap >= 86_400 * 27) return date.slice(0, 7);
    if (gap >= 86_400) return date.slice(5);
    const clock = printClock(tick, zone);
    const short = gap < 60 ? clock : clock.slice(0, 5);
    return isNewDate ? `${short}\n${date.slice(5)}` : short;
  });
}
