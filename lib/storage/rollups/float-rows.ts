/** Hourly rows of float samples. */
import {
  type FloatRows,
  ROW_ENDS_STALE,
  ROW_HAS_STARTS,
  type RowColumns,
} from "../../model/rows/hour-rows.ts";
import type { Samples } from "../../model/samples.ts";
import { isStaleMarker } from "../../model/stale-marker.ts";
import { compensate } from "../../number/kahan.ts";
import { hoursOf } from "./hours.ts";

const ROW_NUMBERS = 6;
const FLOAT_NUMBERS = 6;

/** Columns of `length` rows, all zeros. */
export function newRowColumns(length: number): RowColumns {
  return rowColumnsIn(new ArrayBuffer(ROW_NUMBERS * 8 * length + length), length, ROW_NUMBERS);
}

/** The same for rows of floats. One buffer for all: to get memory takes longer than to make its views. */
export function newFloatRows(length: number): FloatRows {
  const numbers = ROW_NUMBERS + FLOAT_NUMBERS;
  const buffer = new ArrayBuffer(numbers * 8 * length + length);
  const column = (place: number) => new Float64Array(buffer, place * 8 * length, length);
  return {
    ...rowColumnsIn(buffer, length, numbers),
    firstValues: column(6),
    lastValues: column(7),
    mins: column(8),
    maxs: column(9),
    sums: column(10),
    drops: column(11),
  };
}

/** Flags lie after `numbers` columns of numbers. */
function rowColumnsIn(buffer: ArrayBuffer, length: number, numbers: number): RowColumns {
  const column = (place: number) => new Float64Array(buffer, place * 8 * length, length);
  return {
    hours: column(0),
    counts: column(1),
    firstTimes: column(2),
    lastTimes: column(3),
    resets: column(4),
    changes: column(5),
    flags: new Uint8Array(buffer, numbers * 8 * length, length),
  };
}

/** `samples`: sorted by time, each time once. */
export function makeFloatRows(samples: Samples): FloatRows {
  const spans = [...hoursOf(samples.timestamps)];
  const rows = newFloatRows(spans.length);
  spans.forEach(({ hour, start, end }, row) => {
    rows.hours[row] = hour;
    fillRow(rows, row, samples, start, end);
  });
  return rows;
}

function fillRow(
  rows: FloatRows,
  row: number,
  { timestamps, values, startTimestamps }: Samples,
  start: number,
  end: number,
): void {
  let count = 0;
  let last = start;
  let isStale = false;
  let hasStarts = false;
  let [min, max] = [0, 0];
  let [sum, lost, drops, lostDrops] = [0, 0, 0, 0];
  let [resets, changes] = [0, 0];
  for (let i = start; i < end; i++) {
    const value = values[i];
    isStale = Number.isNaN(value) && isStaleMarker(values, i);
    if (isStale) continue;
    if (startTimestamps !== undefined && startTimestamps[i] !== 0) hasStarts = true;
    if (count === 0) {
      rows.firstTimes[row] = timestamps[i];
      rows.firstValues[row] = value;
      [min, max] = [value, value];
    } else {
      const previous = values[last];
      if (value < min || Number.isNaN(min)) min = value;
      if (value > max || Number.isNaN(max)) max = value;
      if (isReset(previous, value)) {
        resets++;
        lostDrops = compensate(previous, drops, lostDrops);
        drops += previous;
      }
      if (isChange(previous, value)) changes++;
    }
    lost = compensate(value, sum, lost);
    sum += value;
    count++;
    last = i;
  }
  rows.flags[row] = (isStale ? ROW_ENDS_STALE : 0) | (hasStarts ? ROW_HAS_STARTS : 0);
  if (count === 0) {
    [rows.firstTimes[row], rows.lastTimes[row]] = [timestamps[start], timestamps[end - 1]];
    return;
  }
  rows.counts[row] = count;
  rows.lastTimes[row] = timestamps[last];
  rows.lastValues[row] = values[last];
  rows.mins[row] = min;
  rows.maxs[row] = max;
  rows.sums[row] = total(sum, lost);
  rows.drops[row] = total(drops, lostDrops);
  rows.resets[row] = resets;
  rows.changes[row] = changes;
}

/** What a compensated sum comes to. An infinite one has lost nothing. */
function total(sum: number, lost: number): number {
  return sum === Infinity || sum === -Infinity ? sum : sum + lost;
}

/** Whether a counter was reset between two samples. */
export function isReset(previous: number, value: number): boolean {
  return value < previous;
}

/** Whether a value differs from the one before it; NaN is as NaN. */
export function isChange(previous: number, value: number): boolean {
  return value !== previous && !(Number.isNaN(value) && Number.isNaN(previous));
}
