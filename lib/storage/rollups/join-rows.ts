/**
 * Joins rows of one series that were made of consecutive samples. A day's samples begin at midnight,
 * an hour's after it: a sample at midnight is in a row of its day, and in the last hour of the day
 * before. Such an hour has a row in both, and the two become one.
 */
import { equalHistograms } from "../../histogram/float-histogram.ts";
import { isReset as isHistogramReset } from "../../histogram/reset.ts";
import { addToSum, startSum, sumOf } from "../../histogram/sum.ts";
import type { Histogram } from "../../model/histogram.ts";
import {
  type FloatRows,
  type HistogramRows,
  type HourRows,
  ROW_ENDS_STALE,
  ROW_FIRST_IS_RESET,
  ROW_IS_INCOMPATIBLE,
  ROW_IS_MIXED,
  type RowColumns,
} from "../../model/rows/hour-rows.ts";
import { isChange, isReset, newFloatRows } from "./float-rows.ts";
import { canAdd, type NewHistogramRows, newHistogramRows } from "./histogram-rows.ts";
import { forEachShared } from "./make-rows.ts";
import { FLOAT_COLUMNS, HISTOGRAM_LISTS, ROW_COLUMNS, sliceFloats } from "./row-slices.ts";

/** `parts`: in order of time. Only the last hour of one may be the first of the next. */
export function joinRows(parts: readonly HourRows[]): HourRows {
  if (parts.length === 1) return parts[0];
  const clean = parts.map((part, i) => withoutPassedMarker(part, parts.slice(i + 1)));
  const floats = joinFloats(clean.map((part) => part.floats));
  const ofHistograms = clean.flatMap((part) => part.histograms ?? []);
  if (ofHistograms.length === 0) return { floats };
  const histograms = joinHistograms(ofHistograms);
  forEachShared(floats, histograms, (float, histogram) => {
    if (floats.counts[float] === 0 || histograms.counts[histogram] === 0) return;
    floats.flags[float] |= ROW_IS_MIXED;
    histograms.flags[histogram] |= ROW_IS_MIXED;
  });
  return { floats, histograms };
}

/** A part whose last hour goes on in a later one does not end it. */
function withoutPassedMarker(part: HourRows, later: readonly HourRows[]): HourRows {
  const next = later.find(hasRows);
  if (next === undefined || !hasRows(part)) return part;
  const hour = firstHour(next);
  const clear = <T extends RowColumns>(rows: T): T => {
    const last = rows.hours.length - 1;
    if (rows.hours[last] !== hour || (rows.flags[last] & ROW_ENDS_STALE) === 0) return rows;
    const flags = rows.flags.slice();
    flags[last] &= ~ROW_ENDS_STALE;
    return { ...rows, flags };
  };
  return { floats: clear(part.floats), histograms: part.histograms && clear(part.histograms) };
}

/** Whether there is a row of either kind. */
export function hasRows({ floats, histograms }: HourRows): boolean {
  return floats.hours.length + (histograms?.hours.length ?? 0) > 0;
}

function firstHour({ floats, histograms }: HourRows): number {
  return Math.min(floats.hours[0] ?? Infinity, histograms?.hours[0] ?? Infinity);
}

function joinFloats(parts: readonly FloatRows[]): FloatRows {
  const joined = newFloatRows(countJoined(parts));
  let at = 0;
  for (const part of parts) {
    const shared = sharesHour(joined, at, part) ? 1 : 0;
    if (shared === 1) mergeFloatRow(joined, at - 1, part);
    for (const name of FLOAT_COLUMNS) joined[name].set(part[name].subarray(shared), at);
    at += part.hours.length - shared;
  }
  return joined;
}

function joinHistograms(parts: readonly HistogramRows[]): HistogramRows {
  const joined = newHistogramRows(countJoined(parts));
  let at = 0;
  for (const part of parts) {
    const shared = sharesHour(joined, at, part) ? 1 : 0;
    if (shared === 1) mergeHistogramRow(joined, at - 1, part);
    for (const name of ROW_COLUMNS) joined[name].set(part[name].subarray(shared), at);
    for (const name of HISTOGRAM_LISTS)
      for (let row = shared; row < part.hours.length; row++)
        joined[name][at + row - shared] = part[name][row];
    at += part.hours.length - shared;
  }
  return joined;
}

function countJoined(parts: readonly RowColumns[]): number {
  let count = 0;
  let latest = Number.NaN;
  for (const { hours } of parts) {
    if (hours.length === 0) continue;
    count += hours.length - (hours[0] === latest ? 1 : 0);
    latest = hours[hours.length - 1];
  }
  return count;
}

function sharesHour({ hours }: RowColumns, at: number, part: RowColumns): boolean {
  return at > 0 && part.hours.length > 0 && hours[at - 1] === part.hours[0];
}

/**
 * One row an hour of rows of floats in order of their samples, of which an hour at midnight has two. Changes `rows`. The same
 * as `joinRows` of their days, without a copy of each.
 */
export function joinMidnights(rows: FloatRows): FloatRows {
  const { hours, flags } = rows;
  let end = 0;
  for (let start = 0; start < hours.length; ) {
    if (end > 0 && hours[end - 1] === hours[start]) {
      flags[end - 1] &= ~ROW_ENDS_STALE;
      mergeFloatRow(rows, end - 1, rows, start++);
      continue;
    }
    let stop = start + 1;
    while (stop < hours.length && hours[stop] !== hours[stop - 1]) stop++;
    if (end < start) for (const name of FLOAT_COLUMNS) rows[name].copyWithin(end, start, stop);
    end += stop - start;
    start = stop;
  }
  return sliceFloats(rows, 0, end);
}

/** Adds a row, of other rows or of the same, to a row of the same hour. */
function mergeFloatRow(rows: FloatRows, row: number, part: FloatRows, from = 0): void {
  rows.flags[row] |= part.flags[from];
  if (part.counts[from] === 0) {
    if (rows.counts[row] === 0) rows.lastTimes[row] = part.lastTimes[from];
    return;
  }
  if (rows.counts[row] === 0) {
    const flags = rows.flags[row];
    for (const name of FLOAT_COLUMNS) rows[name][row] = part[name][from];
    rows.flags[row] = flags;
    return;
  }
  const [before, after] = [rows.lastValues[row], part.firstValues[from]];
  const isDrop = isReset(before, after);
  rows.resets[row] += part.resets[from] + (isDrop ? 1 : 0);
  rows.drops[row] += part.drops[from] + (isDrop ? before : 0);
  rows.changes[row] += part.changes[from] + (isChange(before, after) ? 1 : 0);
  rows.sums[row] += part.sums[from];
  rows.counts[row] += part.counts[from];
  if (part.mins[from] < rows.mins[row] || Number.isNaN(rows.mins[row])) rows.mins[row] = part.mins[from];
  if (part.maxs[from] > rows.maxs[row] || Number.isNaN(rows.maxs[row])) rows.maxs[row] = part.maxs[from];
  rows.lastTimes[row] = part.lastTimes[from];
  rows.lastValues[row] = part.lastValues[from];
}

function mergeHistogramRow(rows: NewHistogramRows, row: number, part: HistogramRows): void {
  const after = part.firsts[0];
  if (after === undefined) {
    rows.flags[row] |= part.flags[0];
    if (rows.counts[row] === 0) rows.lastTimes[row] = part.lastTimes[0];
    return;
  }
  const before = rows.lasts[row];
  const flags = rows.flags[row] | part.flags[0];
  if (before === undefined) {
    for (const name of ROW_COLUMNS) rows[name][row] = part[name][0];
    for (const name of HISTOGRAM_LISTS) rows[name][row] = part[name][0];
    rows.flags[row] = flags;
    return;
  }
  const isDrop = isHistogramReset(after, before);
  const wasAlone = rows.counts[row] === 1;
  const own = rows.flags[row] & ROW_FIRST_IS_RESET;
  const sum = addAll([rows.sums[row], part.sums[0]]);
  const isIncompatible = (flags & ROW_IS_INCOMPATIBLE) !== 0 || sum === undefined;
  const drops = [
    rows.drops[row],
    isDrop && !wasAlone ? before : undefined,
    // It is not the first any more.
    part.flags[0] & ROW_FIRST_IS_RESET ? after : undefined,
    part.drops[0],
  ];
  rows.flags[row] =
    (flags & ~ROW_FIRST_IS_RESET) |
    (isDrop && wasAlone ? ROW_FIRST_IS_RESET : own) |
    (isIncompatible ? ROW_IS_INCOMPATIBLE : 0);
  rows.sums[row] = isIncompatible ? undefined : sum;
  rows.drops[row] = isIncompatible ? undefined : addAll(drops);
  rows.resets[row] += part.resets[0] + (isDrop ? 1 : 0);
  rows.changes[row] += part.changes[0] + (equalHistograms(after, before) ? 0 : 1);
  rows.counts[row] += part.counts[0];
  rows.lasts[row] = part.lasts[0];
  rows.lastTimes[row] = part.lastTimes[0];
}

/** The sum of those that are there; undefined of none, and where they cannot be added. */
function addAll(histograms: readonly (Histogram | undefined)[]): Histogram | undefined {
  const [first, ...rest] = histograms.filter((one) => one !== undefined);
  if (first === undefined) return undefined;
  const sum = startSum(first);
  for (const one of rest) {
    if (!canAdd(sum, one)) return undefined;
    addToSum(sum, one);
  }
  return sumOf(sum);
}
