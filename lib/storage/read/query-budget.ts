/** What one query may read, and what it holds in memory at once. */
import { HearthError } from "../../model/errors.ts";
import type { Limits } from "../../model/limits.ts";

/** What a sample in columns takes in memory at most: a time, a value, and the room that columns double by. */
export const COLUMN_SAMPLE_BYTES = 32;
/** What a sample takes at most while its series is put in order: two columns to merge from, two to merge to, the result. */
export const DECODED_SAMPLE_BYTES = 48;
/** What the starts add to either, of samples that have them. */
export const COLUMN_START_BYTES = 16;
export const DECODED_START_BYTES = 24;

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

/** Throws "too large" for a series whose samples, decoded together, would take more than a query may hold. */
export function checkDecodable(decodedBytes: number, maxQueryBytes: number): void {
  if (decodedBytes > maxQueryBytes) throw seriesTooLarge(maxQueryBytes);
}

/** A series is read whole, so a single one can be too large. */
export function seriesTooLarge(maxQueryBytes: number): HearthError {
  return tooLarge(`one series takes too much of the ${maxQueryBytes} bytes of memory`, "maxQueryBytes");
}

function tooLarge(what: string, limit: string): HearthError {
  return new HearthError(
    "too large",
    `query: ${what}; add matchers or shorten the time range limit=${limit}`,
  );
}
