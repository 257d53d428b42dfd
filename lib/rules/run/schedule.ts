/**
 * When groups are evaluated: at times that their interval and their name alone decide, so whoever evaluates a group does it
 * at the same times, and groups spread over their interval.
 */
import { createHash } from "node:crypto";
import { HOUR_MS, MINUTE_MS } from "../../model/time.ts";

/** Evaluations that are further behind are left out, and counted as missed. */
export const CATCH_UP_MS = HOUR_MS;
/** A state whose time is further ahead of the clock was stored by a process with a wrong clock. */
export const MAX_AHEAD_MS = MINUTE_MS;

export interface DueTimes {
  /** Nominal times in ms, ascending. */
  readonly times: readonly number[];
  /** How many were left out before the first. */
  readonly missed: number;
}

/** The offset of a group's nominal times from the multiples of its interval, in whole ms. */
export function slotOffset(tenant: string, namespace: string, name: string, intervalMs: number): number {
  const hash = createHash("sha256").update([tenant, namespace, name].join("\0")).digest();
  return Number(hash.readBigUInt64BE(0) % BigInt(Math.max(1, Math.floor(intervalMs))));
}

/** The latest nominal time up to `nowMs`. */
export function latestSlot(nowMs: number, intervalMs: number, offsetMs: number): number {
  return Math.floor((nowMs - offsetMs) / intervalMs) * intervalMs + offsetMs;
}

/**
 * The nominal times after `evaluatedMs` up to `nowMs`, at most `maxTimes`. A group that was never evaluated begins with
 * the latest.
 */
export function dueTimes(
  evaluatedMs: number | undefined,
  nowMs: number,
  intervalMs: number,
  offsetMs: number,
  maxTimes: number,
): DueTimes {
  const latest = latestSlot(nowMs, intervalMs, offsetMs);
  const isFirst = evaluatedMs === undefined || evaluatedMs > nowMs + MAX_AHEAD_MS;
  if (isFirst) return { times: [latest], missed: 0 };
  const next = latestSlot(evaluatedMs, intervalMs, offsetMs) + intervalMs;
  if (next > latest) return { times: [], missed: 0 };
  const oldest = latestSlot(nowMs - CATCH_UP_MS, intervalMs, offsetMs) + intervalMs;
  const first = Math.min(Math.max(next, oldest), latest);
  const times: number[] = [];
  for (let time = first; time <= latest && times.length < maxTimes; time += intervalMs) times.push(time);
  return { times, missed: Math.round((first - next) / intervalMs) };
}
