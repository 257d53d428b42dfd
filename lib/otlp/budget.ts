/** Bounds what a request decodes to: few bytes of a body may take much memory. */
import { type Deadline, NO_DEADLINE } from "../model/deadline.ts";
import { HearthError } from "../model/errors.ts";

/** The budget of a request. A bucket count costs 1; everything else costs its memory in such counts, roughly. */
export const MAX_COST = 4_000_000;
export const POINT_COST = 16;
export const ATTRIBUTE_COST = 8;
export const NUMBER_COST = 1;

export class Budget {
  readonly #deadline: Deadline;
  #left = MAX_COST;

  /** Whatever spends it looks at `deadline` too. */
  constructor(deadline: Deadline = NO_DEADLINE) {
    this.#deadline = deadline;
  }

  /** Throws "too large" once the budget is spent, and as the deadline does. */
  spend(cost: number): void {
    this.#left -= cost;
    this.#deadline.spend(cost);
    if (this.#left < 0) {
      throw new HearthError(
        "too large",
        `OTLP request: more data points, attributes and buckets than are taken; send fewer a request`,
      );
    }
  }
}
