/** How much a request may decode to: what takes little of a body may take much memory. */
import { HearthError } from "../model/errors.ts";

/** What a request may spend; a number of a bucket costs 1, everything else what it takes in such numbers, about. */
export const MAX_COST = 4_000_000;
export const POINT_COST = 16;
export const ATTRIBUTE_COST = 8;
export const NUMBER_COST = 1;

export class Budget {
  #left = MAX_COST;

  /** Throws "too large" when the request has spent it all. */
  spend(cost: number): void {
    this.#left -= cost;
    if (this.#left < 0) {
      throw new HearthError(
        "too large",
        `OTLP request: more data points, attributes and buckets than are taken; send fewer a request`,
      );
    }
  }
}
