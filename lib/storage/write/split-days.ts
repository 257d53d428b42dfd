/** The samples of a batch by UTC day. */
import { dayOf } from "../layout/keys.ts";
import { REJECTED } from "../series/series-registry.ts";
import type { Accepted } from "./accepted.ts";

/**
 * Where the accepted samples of each day are, in the order of arrival: nearly always all of a batch, of one day. In four bytes
 * a sample, since a request of the most samples that are taken already fills half of the function's memory.
 */
export function splitByDay(accepted: Accepted): Map<number, Int32Array> {
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

/** Calls `run` for each unbroken run `start..end` of accepted samples of one day. */
function forEachRun(
  { series, timestamps }: Accepted,
  run: (day: number, start: number, end: number) => void,
): void {
  for (let start = 0, end = 0; start < series.length; start = end) {
    end = start + 1;
    if (series[start] === REJECTED) continue;
    const day = dayOf(timestamps[start]);
    while (end < series.length && series[end] !== REJECTED && dayOf(timestamps[end]) === day) end++;
    run(day, start, end);
  }
}
