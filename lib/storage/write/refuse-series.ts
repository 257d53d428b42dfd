/** Samples of series that a limit refuses, taken out of those of a day. */
import type { Accepted, Chosen } from "./accepted.ts";

/** Why each of some series of a batch was refused, by number. */
export type RefusedSeries = ReadonlyMap<number, string>;

export const NO_REFUSED: RefusedSeries = new Map();

/** Whether a day may have another series, and counts what it has (limits/series-gate.ts). */
export interface SeriesLimit {
  note(day: number, words: Int32Array, at: number): void;
  refuse(day: number, words: Int32Array, at: number, knowsAll: boolean): string | undefined;
}

/** What is left of a day's samples. */
export function withoutRefused<T extends Accepted>(chosen: Chosen<T>, refused: RefusedSeries): Chosen<T> {
  if (refused.size === 0) return chosen;
  const indices = chosen.indices.filter((index) => !refused.has(chosen.series[index]));
  return { ...chosen, indices };
}

/** Samples of each refused series. */
export function countRefused(chosen: Chosen<Accepted>, refused: RefusedSeries): Map<number, number> {
  const counts = new Map<number, number>();
  for (const index of chosen.indices) {
    const number = chosen.series[index];
    if (refused.has(number)) counts.set(number, (counts.get(number) ?? 0) + 1);
  }
  return counts;
}
