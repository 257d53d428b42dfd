/** What one query may read, and what it holds in memory at once. */

import type { Limits } from "../../model/limits.ts";
import { tooLarge } from "../parts/too-large.ts";

/** How the bytes that a query may hold are shared out. */
export interface ByteShares {
  /** A group of series while it is read; two groups are held, one being answered and the next. */
  readonly groupBytes: number;
  /** A group that is the whole query: there is no other beside it. */
  readonly wholeBytes: number;
  /** Items that a later group needs again. */
  readonly keptBytes: number;
}

export function shareBytes(maxQueryBytes: number): ByteShares {
  const keptBytes = Math.floor(maxQueryBytes / 8);
  const wholeBytes = maxQueryBytes - keptBytes;
  return { keptBytes, wholeBytes, groupBytes: Math.floor(wholeBytes / 2) };
}

/** Counts bytes that are held, and the most that were. */
export class HeldBytes {
  current = 0;
  peak = 0;

  add(deltaBytes: number): void {
    this.current += deltaBytes;
    this.peak = Math.max(this.peak, this.current);
  }
}

/** Counts the samples that one query reads. */
export class SampleBudget {
  readonly #maxSamples: number;
  #samples = 0;

  constructor({ maxQuerySamples }: Pick<Limits, "maxQuerySamples">) {
    this.#maxSamples = maxQuerySamples;
  }

  /** Throws "too large", naming the limit. */
  add(count: number): void {
    this.#samples += count;
    if (this.#samples <= this.#maxSamples) return;
    throw tooLarge(`more than ${this.#maxSamples} samples match`, "maxQuerySamples");
  }
}
