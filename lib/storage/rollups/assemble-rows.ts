/** The rows of one series from the parts that have some of its days. */

import type { HourRows, RowColumns } from "../../model/rows/hour-rows.ts";
import { DAY_MS } from "../../model/time.ts";
import { joinMidnights, joinRows } from "./join-rows.ts";
import { gatherFloats, gatherHistograms, sliceFloats, sliceHistograms } from "./row-slices.ts";

/** Which rows of a part count. */
export interface RowChoice {
  /** Hours that end after `fromMs` and until `toMs`. */
  readonly fromMs: number;
  readonly toMs: number;
  /** UTC days of their samples. */
  hasDay(day: number): boolean;
  /** Whether a row of a day, with samples of these times, is deleted. Default: none is. */
  readonly isHidden?: ((day: number, minTime: number, maxTime: number) => boolean) | undefined;
}

/** The rows of a choice, in the order in which they are. */
export function chooseRows({ floats, histograms }: HourRows, choice: RowChoice): HourRows {
  const ofFloats = runsOf(floats, choice);
  const chosen =
    ofFloats.length === 1
      ? sliceFloats(floats, ...ofFloats[0])
      : gatherFloats(ofFloats.map((run) => ({ floats: sliceFloats(floats, ...run) })));
  if (histograms === undefined) return { floats: chosen };
  const pieces = runsOf(histograms, choice).map((run) => ({
    floats,
    histograms: sliceHistograms(histograms, ...run),
  }));
  return pieces.length === 0 ? { floats: chosen } : { floats: chosen, histograms: gatherHistograms(pieces) };
}

/** Runs of rows that count, half-open. */
function runsOf(
  rows: RowColumns,
  { fromMs, toMs, hasDay, isHidden }: RowChoice,
): (readonly [start: number, end: number])[] {
  const runs: (readonly [number, number])[] = [];
  let start = -1;
  let day = Number.NaN;
  let isChosen = false;
  for (let row = 0; row < rows.hours.length; row++) {
    const own = dayOfRow(rows, row);
    if (own !== day) [day, isChosen] = [own, hasDay(own)];
    const isWanted = isChosen && rows.hours[row] > fromMs && rows.hours[row] <= toMs;
    const counts = isWanted && isHidden?.(day, rows.firstTimes[row], rows.lastTimes[row]) !== true;
    if (counts && start < 0) start = row;
    if (!counts && start >= 0) {
      runs.push([start, row]);
      start = -1;
    }
  }
  if (start >= 0) runs.push([start, rows.hours.length]);
  return runs;
}

/** The UTC day of a row's samples. Rows are of one: the hour that ends at midnight has two where the day after begins with a sample. */
function dayOfRow({ firstTimes }: RowColumns, row: number): number {
  return Math.floor(firstTimes[row] / DAY_MS);
}

/** All rows of a series of which no day is in two of the parts, in any order; each hour once. */
export function assembleRows(parts: readonly HourRows[]): HourRows {
  const sorted = parts.length === 1 ? parts : parts.toSorted((a, b) => firstTime(a) - firstTime(b));
  const floats = gatherFloats(sorted);
  const ofHistograms = sorted.some(({ histograms }) => histograms !== undefined);
  if (!ofHistograms) {
    if (isAscending(floats)) return { floats };
    if (isOrdered(floats)) return { floats: joinMidnights(floats) };
  }
  const histograms = ofHistograms ? gatherHistograms(sorted) : undefined;
  // Of both kinds an hour may be shared too.
  if (floats.hours.length === 0 && histograms !== undefined && isAscending(histograms))
    return { floats, histograms };
  return joinRows(splitDays({ floats, histograms }));
}

/** All rows in order of their samples: an hour that has rows of two days keeps both. No day is in two of the parts. */
export function concatenateRows(parts: readonly HourRows[]): HourRows {
  if (parts.length === 1) return parts[0];
  const ofHistograms = parts.some(({ histograms }) => histograms !== undefined);
  const all = {
    floats: gatherFloats(parts),
    histograms: ofHistograms ? gatherHistograms(parts) : undefined,
  };
  const days = splitDays(all);
  return {
    floats: gatherFloats(days),
    ...(ofHistograms && { histograms: gatherHistograms(days) }),
  };
}

function firstTime({ floats, histograms }: HourRows): number {
  return Math.min(floats.firstTimes[0] ?? Infinity, histograms?.firstTimes[0] ?? Infinity);
}

function isAscending({ hours }: RowColumns): boolean {
  for (let row = 1; row < hours.length; row++) if (!(hours[row] > hours[row - 1])) return false;
  return true;
}

/** Whether rows are in order of their samples; two may be of one hour. */
function isOrdered({ hours, firstTimes, lastTimes }: RowColumns): boolean {
  for (let row = 1; row < hours.length; row++)
    if (!(hours[row] >= hours[row - 1] && firstTimes[row] > lastTimes[row - 1])) return false;
  return true;
}

/** One for each day, in order. */
function splitDays({ floats, histograms }: HourRows): HourRows[] {
  const days = new Map<number, HourRows[]>();
  const add = (day: number, piece: HourRows) => {
    const pieces = days.get(day);
    if (pieces === undefined) days.set(day, [piece]);
    else pieces.push(piece);
  };
  const none = sliceFloats(floats, 0, 0);
  forEachDay(floats, (day, start, end) => add(day, { floats: sliceFloats(floats, start, end) }));
  if (histograms !== undefined)
    forEachDay(histograms, (day, start, end) =>
      add(day, { floats: none, histograms: sliceHistograms(histograms, start, end) }),
    );
  return [...days]
    .sort(([a], [b]) => a - b)
    .map(([, pieces]) => {
      if (pieces.length === 1) return pieces[0];
      const gathered = gatherHistograms(pieces);
      const joined = { floats: gatherFloats(pieces) };
      return gathered.hours.length === 0 ? joined : { ...joined, histograms: gathered };
    });
}

function forEachDay(rows: RowColumns, onDay: (day: number, start: number, end: number) => void): void {
  for (let start = 0; start < rows.hours.length; ) {
    const day = dayOfRow(rows, start);
    let end = start + 1;
    while (end < rows.hours.length && dayOfRow(rows, end) === day) end++;
    onDay(day, start, end);
    start = end;
  }
}
