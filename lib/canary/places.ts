/**
 * Where the canary looks for its samples. The newest are in the log, those of an hour ago in a run, those of the bucket
 * before this one in chunks of today; and one older day at a time, so that in a day or so every day has had its turn.
 */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../model/time.ts";
import { dayOf } from "../storage/layout/keys.ts";

export interface Place {
  /** `log`, `run`, `chunks`, or a UTC day as in `2026-11-29`. */
  readonly name: string;
  /** In ms, both included. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Of a whole UTC day: which. */
  readonly day?: number | undefined;
}

/** How often the canary runs. */
export const CANARY_INTERVAL_MS = 5 * MINUTE_MS;

/** The places of one run: the log, and another in turn. None reaches back before `oldestMs`. */
export function placesOf(nowMs: number, oldestMs: number): readonly Place[] {
  const turn = Math.floor(nowMs / CANARY_INTERVAL_MS);
  const places = [
    { name: "log", fromMs: nowMs - 3 * CANARY_INTERVAL_MS, toMs: nowMs },
    placeInTurn(turn, nowMs, oldestMs),
  ];
  return places.flatMap((place) => {
    if (place === undefined || place.toMs < oldestMs) return [];
    return [{ ...place, fromMs: Math.max(place.fromMs, oldestMs) }];
  });
}

function placeInTurn(turn: number, nowMs: number, oldestMs: number): Place | undefined {
  if (turn % 3 === 0) return { name: "run", fromMs: nowMs - 3 * HOUR_MS, toMs: nowMs - HOUR_MS };
  if (turn % 3 === 1) return { name: "chunks", fromMs: nowMs - 18 * HOUR_MS, toMs: nowMs - 9 * HOUR_MS };
  const yesterday = dayOf(nowMs) - 1;
  const days = yesterday - dayOf(oldestMs) + 1;
  return days > 0 ? placeOfDay(yesterday - (Math.floor(turn / 3) % days)) : undefined;
}

function placeOfDay(day: number): Place {
  const fromMs = day * DAY_MS;
  return { name: new Date(fromMs).toISOString().slice(0, 10), fromMs, toMs: fromMs + DAY_MS - 1, day };
}
