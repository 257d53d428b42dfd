/** Rows cut and put together, without regard to what they say. */
import type { FloatRows, HistogramRows, HourRows, RowColumns } from "../../model/rows/hour-rows.ts";
import { newFloatRows, newRowColumns } from "./float-rows.ts";

export const ROW_COLUMNS = [
  "hours",
  "counts",
  "firstTimes",
  "lastTimes",
  "resets",
  "changes",
  "flags",
] as const;
export const FLOAT_COLUMNS = [
  ...ROW_COLUMNS,
  "firstValues",
  "lastValues",
  "mins",
  "maxs",
  "sums",
  "drops",
] as const;
export const HISTOGRAM_LISTS = ["firsts", "lasts", "sums", "drops"] as const;

/** Rows of floats, one after another. */
export function gatherFloats(all: readonly HourRows[]): FloatRows {
  const gathered = newFloatRows(all.reduce((total, { floats }) => total + floats.hours.length, 0));
  let at = 0;
  for (const { floats } of all) {
    for (const name of FLOAT_COLUMNS) gathered[name].set(floats[name], at);
    at += floats.hours.length;
  }
  return gathered;
}

/** The same of histograms. */
export function gatherHistograms(all: readonly HourRows[]): HistogramRows {
  const parts = all.flatMap(({ histograms }) => histograms ?? []);
  const columns = newRowColumns(parts.reduce((total, { hours }) => total + hours.length, 0));
  let at = 0;
  for (const part of parts) {
    for (const name of ROW_COLUMNS) columns[name].set(part[name], at);
    at += part.hours.length;
  }
  const listOf = (name: (typeof HISTOGRAM_LISTS)[number]) => parts.flatMap((part) => part[name]);
  return {
    ...columns,
    firsts: listOf("firsts"),
    lasts: listOf("lasts"),
    sums: listOf("sums"),
    drops: listOf("drops"),
  };
}

/** Rows `start..end` (half-open): views. */
export function sliceFloats(rows: FloatRows, start: number, end: number): FloatRows {
  return {
    ...sliceColumns(rows, start, end),
    firstValues: rows.firstValues.subarray(start, end),
    lastValues: rows.lastValues.subarray(start, end),
    mins: rows.mins.subarray(start, end),
    maxs: rows.maxs.subarray(start, end),
    sums: rows.sums.subarray(start, end),
    drops: rows.drops.subarray(start, end),
  };
}

export function sliceHistograms(rows: HistogramRows, start: number, end: number): HistogramRows {
  return {
    ...sliceColumns(rows, start, end),
    firsts: rows.firsts.slice(start, end),
    lasts: rows.lasts.slice(start, end),
    sums: rows.sums.slice(start, end),
    drops: rows.drops.slice(start, end),
  };
}

function sliceColumns(rows: RowColumns, start: number, end: number): RowColumns {
  return {
    hours: rows.hours.subarray(start, end),
    counts: rows.counts.subarray(start, end),
    firstTimes: rows.firstTimes.subarray(start, end),
    lastTimes: rows.lastTimes.subarray(start, end),
    resets: rows.resets.subarray(start, end),
    changes: rows.changes.subarray(start, end),
    flags: rows.flags.subarray(start, end),
  };
}
