/** The times that a page asks for: the last so many, or from one time to another. */
import { parseDuration, printDuration } from "./durations.ts";

export type TimeRange =
  | { readonly kind: "last"; readonly seconds: number }
  /** In seconds since the epoch. */
  | { readonly kind: "fixed"; readonly from: number; readonly to: number };

export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Prometheus' smallest time step is a millisecond; a curve over less than this shows nothing. */
const MIN_SECONDS = 1;
const MAX_SECONDS = 50 * 31_536_000;

export const LAST_HOUR: TimeRange = { kind: "last", seconds: 3600 };

export function spanOf(range: TimeRange, nowSeconds: number): Span {
  return range.kind === "last"
    ? { start: nowSeconds - range.seconds, end: nowSeconds }
    : { start: range.from, end: range.to };
}

/** Of whole seconds, within what a page asks for. */
export function fixedRange(from: number, to: number): TimeRange {
  const middle = (from + to) / 2;
  const length = Math.min(Math.max(to - from, MIN_SECONDS), MAX_SECONDS);
  const start = Math.max(0, Math.round(middle - length / 2));
  return { kind: "fixed", from: start, to: Math.round(start + length) };
}

/** By half of its length; -1 is earlier. What would end after now becomes the last so many again. */
export function shiftRange(range: TimeRange, direction: -1 | 1, nowSeconds: number): TimeRange {
  const { start, end } = spanOf(range, nowSeconds);
  const by = ((end - start) / 2) * direction;
  if (direction > 0 && range.kind === "last") return range;
  if (direction > 0 && end + by >= nowSeconds) return { kind: "last", seconds: Math.round(end - start) };
  return fixedRange(start + by, end + by);
}

/** `factor` times as long around a time, by default its middle: 2 zooms out, 0.5 in. */
export function zoomRange(range: TimeRange, factor: number, nowSeconds: number, around?: number): TimeRange {
  const { start, end } = spanOf(range, nowSeconds);
  if (range.kind === "last" && factor > 1 && around === undefined)
    return { kind: "last", seconds: Math.min(range.seconds * factor, MAX_SECONDS) };
  const center = around ?? (start + end) / 2;
  return fixedRange(center - (center - start) * factor, center + (end - center) * factor);
}

/** Parameters of the address. */
export function rangeParameters(range: TimeRange): Record<string, string> {
  if (range.kind === "last") return { range: printLength(range.seconds) };
  return { from: toIso(range.from), to: toIso(range.to) };
}

/** Undefined if the address says nothing that is a range. */
export function readRange(parameters: URLSearchParams): TimeRange | undefined {
  const [from, to] = [fromIso(parameters.get("from")), fromIso(parameters.get("to"))];
  if (from !== undefined && to !== undefined && to > from) return fixedRange(from, to);
  const seconds = parseDuration(parameters.get("range") ?? parameters.get("g0.range_input") ?? "");
  // An address without a page has its end in local time, Prometheus' own in UTC.
  const end = fromIso(parameters.get("end")) ?? fromIso(utc(parameters.get("g0.end_input")));
  if (end !== undefined) return fixedRange(end - (seconds ?? 3600), end);
  return seconds === undefined ? undefined : { kind: "last", seconds: Math.min(seconds, MAX_SECONDS) };
}

/** The exact length, which `printDuration` may shorten. */
export function printLength(seconds: number): string {
  const text = printDuration(seconds);
  return parseDuration(text) === seconds ? text : `${seconds}s`;
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

function utc(text: string | null): string | null {
  return text === null || text === "" ? null : `${text.replace(" ", "T").replace(/Z$/, "")}Z`;
}

function fromIso(text: string | null): number | undefined {
  if (text === null || text === "") return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : new Date(text).getTime() / 1000;
  return Number.isFinite(seconds) ? seconds : undefined;
}
