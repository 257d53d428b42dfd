/** Samples in memory. An operator's input is released when its output is complete. */
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

  /** Returns to an earlier amount plus what is kept since. */
  resetTo(samples: number): void {
    this.#current = samples;
  }
}
