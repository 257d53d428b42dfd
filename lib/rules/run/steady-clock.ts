/**
 * The time of a run of the rules: the process' time when it begins, moved on by a clock that never steps. A process' clock may
 * step by a day in the middle of a run, long before a response of the table says so; groups would be evaluated at times
 * that are not.
 */
import type { Clock } from "../../model/time.ts";

export class SteadyClock {
  readonly #wall: Clock;
  readonly #steady: Clock;
  #aheadMs = 0;

  /** `steady`: in ms, from any beginning. Default: `wall`, which is believed then. */
  constructor(wall: Clock, steady: Clock = wall) {
    this.#wall = wall;
    this.#steady = steady;
    this.begin();
  }

  /** Takes the process' time, which is to be known at this moment. */
  begin(): void {
    this.#aheadMs = this.#steady === this.#wall ? 0 : this.#wall() - this.#steady();
  }

  /** In whole ms since the epoch. */
  readonly now: Clock = () => Math.round(this.#steady() + this.#aheadMs);
}
