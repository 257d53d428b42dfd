/** What a tenant or key has spent in the current UTC hour and day: this process' part, and the others' as they last said. */
import type { DAY_MS, HOUR_MS } from "../../model/time.ts";

/** A number of hours or days since the epoch, and what was spent in it. */
export interface Spent {
  readonly number: number;
  readonly units: number;
}

export class UsageWindow {
  readonly #lengthMs: number;
  #number = 0;
  #own = 0;
  #others = 0;

  constructor(lengthMs: typeof HOUR_MS | typeof DAY_MS) {
    this.#lengthMs = lengthMs;
  }

  /** This process' part, for the others. */
  own(nowMs: number): Spent {
    this.#turn(nowMs);
    return { number: this.#number, units: this.#own };
  }

  /** All that is known. */
  total(nowMs: number): number {
    this.#turn(nowMs);
    return this.#own + this.#others;
  }

  spend(units: number, nowMs: number): void {
    this.#turn(nowMs);
    this.#own += units;
  }

  learn(others: readonly Spent[], nowMs: number): void {
    this.#turn(nowMs);
    this.#others = others.reduce((sum, { number, units }) => sum + (number === this.#number ? units : 0), 0);
  }

  /** Until the next one begins, in ms. */
  leftMs(nowMs: number): number {
    return (Math.floor(nowMs / this.#lengthMs) + 1) * this.#lengthMs - nowMs;
  }

  #turn(nowMs: number): void {
    const number = Math.floor(nowMs / this.#lengthMs);
    if (number === this.#number) return;
    this.#number = number;
    this.#own = 0;
    this.#others = 0;
  }
}
