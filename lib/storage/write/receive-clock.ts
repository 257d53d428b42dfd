/**
 * The times in the keys of one process' log records. Within a day of a tenant each is after the one
 * before it, even if the clock stands still, so that of two records the one received last sorts last.
 *
 * A clock that is set back comes to the same times again. So each record also has a number that its
 * process uses once: no record takes the key of another.
 */

import { HearthError } from "../../model/errors.ts";
import type { Clock, ServiceDate } from "../../model/time.ts";
import { MAX_HOLD_MS } from "../log/settling.ts";

/** How often that is tried. */
const MAX_HOLD_ATTEMPTS = 3;
/** Above so many, places whose latest time is over are forgotten. */
const MAX_PLACES = 1000;
/** Times of a place that are remembered on either side of the latest. */
const MAX_TIMES = 8;
/** Numbers of records have four bytes; after so many they start again. */
const SEQUENCES = 2 ** 32;

/** Stores records under a receive time, in ms. */
export type StoreDated = (receivedMs: number) => Promise<void>;

/** The `Date` of the latest response of the table; undefined: none had one. */
export type LatestDate = () => ServiceDate | undefined;

export class ReceiveClock {
  readonly #clock: Clock;
  readonly #latestDate: LatestDate;
  /**
   * By place, descending: times that the clock said before it was put back, the latest time, and times before that, each
   * by more than `MAX_HOLD_MS`, to which a clock that is ahead may return.
   */
  readonly #latest = new Map<string, readonly number[]>();
  /** By place: the latest receive time that a `Date` proved. It is no more than `MAX_HOLD_MS` ahead, so none comes before it. */
  readonly #proven = new Map<string, number>();
  #sequence = 0;

  constructor(clock: Clock, latestDate: LatestDate = () => undefined) {
    this.#clock = clock;
    this.#latestDate = latestDate;
  }

  /** A new receive time for records of a place, in ms. */
  next(place: string): number {
    const nowMs = this.#clock();
    const earliestMs = Math.max((this.#proven.get(place) ?? 0) + 1, nowMs);
    const latest = this.#latest.get(place) ?? [];
    // Most often: one time, and not long ago.
    if (latest.length === 1 && Math.abs(nowMs - latest[0]) < MAX_HOLD_MS) {
      const receivedMs = Math.max(latest[0] + 1, earliestMs);
      this.#latest.set(place, [receivedMs]);
      return receivedMs;
    }
    // A clock that was corrected by more is followed back: records must not stay dated in the future.
    const ahead = latest.filter((ms) => ms - nowMs > MAX_HOLD_MS);
    const [before = 0, ...earlier] = latest.slice(ahead.length);
    const receivedMs = Math.max(before + 1, earliestMs);
    const isFar = receivedMs - before > MAX_HOLD_MS;
    const behind = (isFar ? [before, ...earlier] : earlier).slice(0, MAX_TIMES);
    this.#latest.set(place, [...ahead.slice(-MAX_TIMES), receivedMs, ...behind]);
    if (this.#latest.size > MAX_PLACES) this.#forgetPast(nowMs);
    return receivedMs;
  }

  /** A number that no other record of this process has. */
  nextSequence(): number {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) % SEQUENCES;
    return sequence;
  }

  /**
   * Stores records of a place under a receive time that is not long ago when they are there. The `Date` of the response
   * that acknowledges them proves it: this process' clock may be wrong at both of its looks. Throws "unavailable".
   */
  async storeDated(place: string, store: StoreDated): Promise<void> {
    for (let attempt = 0; attempt < MAX_HOLD_ATTEMPTS; attempt++) {
      const before = this.#latestDate();
      const receivedMs = this.next(place);
      await store(receivedMs);
      const [nowMs, date] = [this.#clock(), this.#latestDate()];
      const isDated = date !== before && date !== undefined;
      if (isDated && !isNear(date.ms, receivedMs)) continue;
      if (!isNear(nowMs, receivedMs)) continue;
      if (isDated) this.#proven.set(place, Math.max(receivedMs, this.#proven.get(place) ?? 0));
      return;
    }
    throw new HearthError("unavailable", `log record: took longer than ${MAX_HOLD_MS} ms to be stored`);
  }

  #forgetPast(nowMs: number): void {
    for (const [place, [latestMs]] of this.#latest) {
      if (latestMs >= nowMs) continue;
      this.#latest.delete(place);
      this.#proven.delete(place);
    }
  }
}

function isNear(nowMs: number, receivedMs: number): boolean {
  return Math.abs(nowMs - receivedMs) <= MAX_HOLD_MS;
}
