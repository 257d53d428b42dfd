/**
 * How much a process may read of dictionaries: a whole load at once now and then, and a little for each
 * request on average, whatever was forgotten.
 */

/** Earned by each request: 8 read units. */
const EARNED_BYTES = 64 * 1024;
/** A process with hardly any memory may still learn the series of a few requests. */
const MIN_LOAD_BYTES = 1024 * 1024;
/** More than a day of 300,000 series and 500,000 more that came and went. */
const MAX_LOAD_BYTES = 16 * 1024 * 1024;
/** A load takes at most this share of the writers' memory: a hash takes about twice its bytes there. */
const LOAD_SHARE = 1 / 4;
/** Loads that can be saved up. */
const MAX_SAVED_LOADS = 2;

export class LoadBudget {
  readonly #maxLoadBytes: number;
  #saved: number;

  /** `maxBytes`: what all writers of the process may hold. */
  constructor(maxBytes: number) {
    this.#maxLoadBytes = Math.min(Math.max(maxBytes * LOAD_SHARE, MIN_LOAD_BYTES), MAX_LOAD_BYTES);
    this.#saved = this.#maxLoadBytes * MAX_SAVED_LOADS;
  }

  /** What the next load may read, in bytes; 0: nothing. */
  get availableBytes(): number {
    return Math.max(Math.min(this.#saved, this.#maxLoadBytes), 0);
  }

  spend(bytes: number): void {
    this.#saved -= bytes;
  }

  /** Called for each request. */
  earn(): void {
    this.#saved = Math.min(this.#saved + EARNED_BYTES, this.#maxLoadBytes * MAX_SAVED_LOADS);
  }
}
