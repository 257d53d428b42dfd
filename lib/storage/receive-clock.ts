/**
 * The times in the keys of one process' log records: each after the one before it, whatever the clock does, so that of two
 * records the one received last sorts last.
 */
import type { Clock } from "../model/time.ts";

export class ReceiveClock {
  readonly #clock: Clock;
  #latestMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new receive time, in ms. */
  next(): number {
    this.#latestMs = Math.max(this.#latestMs + 1, this.#clock());
    return this.#latestMs;
  }

  /** How long ago a receive time was, in ms. */
  since(receivedMs: number): number {
    return this.#clock() - receivedMs;
  }
}
