/** Samples in memory. An operator's input is given back when its output is complete. */
import { HearthError } from "../../model/errors.ts";

export class Budget {
  readonly #max: number;
  #current = 0;
  #peak = 0;

  constructor(maxSamples: number) {
    this.#max = maxSamples;
  }

  get current(): number {
    return this.#current;
  }

  get peak(): number {
    return this.#peak;
  }

  /** Throws "too large", naming the limit. */
  take(samples: number): void {
    this.#current += samples;
    if (this.#current > this.#peak) this.#peak = this.#current;
    if (this.#current <= this.#max) return;
    throw new HearthError(
      "too large",
      `query processing would load too many samples into memory in query execution: more than ${this.#max}; add matchers, shorten its range or widen its step limit=maxSamples`,
    );
  }

  /** Back to what was in memory at some time before, and what is kept of what came since. */
  resetTo(samples: number): void {
    this.#current = samples;
  }
}
