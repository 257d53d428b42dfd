/**
 * The times in the keys of one process' log records: each after the one before it, whatever the clock does, so that of two
 * records the one received last sorts last.
 */

import { HearthError } from "../../model/errors.ts";
import type { Clock } from "../../model/time.ts";
import { MAX_HOLD_MS } from "../log/settling.ts";

/** How often that is tried. */
const MAX_HOLD_ATTEMPTS = 3;

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

  /** Stores records under a receive time that is not long ago when they are there. Throws "unavailable". */
  async storeDated(store: (receivedMs: number) => Promise<void>): Promise<void> {
    for (let attempt = 0; attempt < MAX_HOLD_ATTEMPTS; attempt++) {
      const receivedMs = this.next();
      await store(receivedMs);
      if (this.#clock() - receivedMs <= MAX_HOLD_MS) return;
    }
    throw new HearthError("unavailable", `log record: took longer than ${MAX_HOLD_MS} ms to be stored`);
  }
}
