/** What one query may read. */
import { HearthError } from "../model/errors.ts";
import type { Limits } from "../model/limits.ts";

/** What a decoded sample takes in memory: a time, a value, and the room that columns grow by. */
const SAMPLE_BYTES = 20;

export class QueryBudget {
  readonly #limits: Pick<Limits, "maxQuerySamples" | "maxQueryBytes">;
  #samples = 0;
  #sizeBytes = 0;

  constructor(limits: Pick<Limits, "maxQuerySamples" | "maxQueryBytes">) {
    this.#limits = limits;
  }

  /** Throws "too large", naming the limit. */
  addSamples(count: number): void {
    this.#samples += count;
    this.addBytes(count * SAMPLE_BYTES);
    this.#check();
  }

  /** Stored chunks: `count` samples in `sizeBytes`. */
  addChunks(count: number, sizeBytes: number): void {
    this.#samples += count;
    this.addBytes(sizeBytes);
  }

  addBytes(sizeBytes: number): void {
    this.#sizeBytes += sizeBytes;
    this.#check();
  }

  #check(): void {
    const { maxQuerySamples, maxQueryBytes } = this.#limits;
    if (this.#samples > maxQuerySamples) {
      throw tooLarge(`more than ${maxQuerySamples} samples match`, "maxQuerySamples");
    }
    if (this.#sizeBytes > maxQueryBytes) {
      throw tooLarge(`what matches takes more than ${maxQueryBytes} bytes of memory`, "maxQueryBytes");
    }
  }
}

function tooLarge(what: string, limit: string): HearthError {
  return new HearthError(
    "too large",
    `query: ${what}; add matchers or shorten the time range limit=${limit}`,
  );
}
