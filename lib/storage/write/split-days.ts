/** The samples of a batch by UTC day. */
import { DAY_MS } from "../../model/time.ts";
import { dayOf } from "../layout/keys.ts";
import { REJECTED } from "../series/series-registry.ts";
import type { Accepted } from "./accepted.ts";

/**
 * Where the accepted samples of each day are, in the order of arrival: nearly always all of a batch, of one day. In four bytes
 * a sample, since a request of the most samples that are taken already fills half of the function's memory.
 */
export function splitByDay(accepted: Accepted): Map<number, Int32Array> {
  if (accepted.onlyDay !== undefined)
    return new Map([[accepted.onlyDay, allIndices(accepted.series.length)]]);
  const counts = new Map<number, number>();
  forEachRun(accepted, (day, start, end) => {
    counts.set(day, (counts.get(day) ?? 0) + end - start);
  });
  const filled = new Map<number, number>();
  const days = new Map([...counts].map(([day, count]) => [day, new Int32Array(count)]));
  forEachRun(accepted, (day, start, end) => {
    const indices = days.get(day) as Int32Array;
    let at = filled.get(day) ?? 0;
    for (let i = start; i < end; i++) indices[at++] = i;
    filled.set(day, at);
  });
  return days;
}

/** From 0 up, for batches of which nothing is left out. */
let ascending = new Int32Array(0);
/** As many samples as senders put in one request. */
const MAX_SHARED_INDICES = 16_384;

/** The indices `0..count`: for usual batches a view that all of them share, so it must not be changed. */
function allIndices(count: number): Int32Array {
  if (count > MAX_SHARED_INDICES) return ascendingTo(count);
  if (ascending.length < count) ascending = ascendingTo(MAX_SHARED_INDICES);
  return ascending.subarray(0, count);
}

function ascendingTo(count: number): Int32Array<ArrayBuffer> {
  return new Int32Array(count).map((_, i) => i);
}

/** Calls `run` for each unbroken run `start..end` of accepted samples of one day. */
function forEachRun(
  { series, timestamps }: Accepted,
  run: (day: number, start: number, end: number) => void,
): void {
  for (let start = 0, end = 0; start < series.length; start = end) {
    end = start + 1;
    if (series[start] === REJECTED) continue;
    const day = dayOf(timestamps[start]);
    const [first, beyond] = [day * DAY_MS, (day + 1) * DAY_MS];
    while (
      end < series.length &&
      series[end] !== REJECTED &&
      timestamps[end] >= first &&
      timestamps[end] < beyond
    )
      end++;
    run(day, start, end);
  }
}
