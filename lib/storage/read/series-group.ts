/** A group of consecutive series while they are read and answered, and the bytes that it holds. */

import { SeriesByHash, type SharedTimesSink } from "../parts/series-by-hash.ts";
import { SERIES_BYTES, type SeriesData } from "../parts/series-data.ts";
import { seriesTooLarge } from "../parts/too-large.ts";
import type { HeldBytes } from "./query-budget.ts";

/** Of its series, what a group keeps when it has become too large. */
const KEPT_SHARE = 0.75;

export interface GroupOptions {
  /** By the number of a series, its hash in hex. */
  readonly hashes: readonly string[];
  /** Series `start..end`, half-open; at least one. */
  readonly start: number;
  readonly end: number;
  /** What it may hold, and what it may when it has had to let go of series, since another group follows then. */
  readonly limitBytes: number;
  readonly shrunkLimitBytes: number;
  /** The limit that an error names: of all that the query holds. */
  readonly maxQueryBytes: number;
  readonly held: HeldBytes;
}

export class SeriesGroup implements SharedTimesSink {
  readonly #options: GroupOptions;
  readonly #series: SeriesByHash;
  /** Of times that its series share, the memory: held once, and until the group is dropped. */
  readonly #times = new Set<ArrayBufferLike>();
  #end: number;
  #limitBytes: number;
  #heldBytes = 0;

  constructor(options: GroupOptions) {
    const { hashes, start, end } = options;
    this.#options = options;
    this.#end = end;
    this.#limitBytes = options.limitBytes;
    this.#series = new SeriesByHash(hashes.slice(start, end));
    this.hold((end - start) * SERIES_BYTES);
  }

  get start(): number {
    return this.#options.start;
  }

  /** Where it ends now: before where it was to end if its series have turned out too large. */
  get end(): number {
    return this.#end;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** By hash in hex; undefined for a series that is not, or no longer, of the group. */
  find(hash: string): SeriesData | undefined {
    return this.#series.find(hash);
  }

  findByBytes(hash: Uint8Array): SeriesData | undefined {
    return this.#series.findByBytes(hash);
  }

  get metrics(): ReadonlySet<number> {
    return this.#series.metrics;
  }

  /**
   * Adds to the memory of its series. Above the group's limit it releases the last ones, which the
   * next group reads. Nothing is read twice for the others. Throws "too large" for one series that
   * is too large by itself.
   */
  hold(sizeBytes: number): void {
    this.#heldBytes += sizeBytes;
    this.#options.held.add(sizeBytes);
    if (this.#heldBytes > this.#limitBytes) this.#shrink();
  }

  holdTimes(timestamps: Float64Array): void {
    this.hold(this.#addTimes(timestamps));
  }

  /** Answers what they take in memory that is not held yet. */
  #addTimes({ buffer, byteLength }: Float64Array): number {
    if (this.#times.has(buffer)) return 0;
    this.#times.add(buffer);
    return byteLength;
  }

  #shrink(): void {
    const { hashes, start, shrunkLimitBytes, maxQueryBytes } = this.#options;
    // Samples of a writer's record are counted for series too that were let go of.
    this.#recount();
    while (this.#heldBytes > this.#limitBytes) {
      if (this.#end - start === 1) throw seriesTooLarge(maxQueryBytes);
      const end = start + Math.ceil((this.#end - start - 1) * KEPT_SHARE);
      for (let number = end; number < this.#end; number++) this.#series.delete(hashes[number]);
      this.#end = end;
      this.#limitBytes = shrunkLimitBytes;
      this.#recount();
    }
  }

  #recount(): void {
    let sizeBytes = 0;
    this.#times.clear();
    for (const data of this.#series.all()) {
      sizeBytes += data.sizeBytes;
      for (const timestamps of data.sharedTimes) sizeBytes += this.#addTimes(timestamps);
    }
    this.#options.held.add(sizeBytes - this.#heldBytes);
    this.#heldBytes = sizeBytes;
  }

  /** Its series in order, each let go of when the next is asked for. */
  *take(): Generator<readonly [number: number, data: SeriesData], void, void> {
    const { hashes, start } = this.#options;
    for (let number = start; number < this.#end; number++) {
      const data = this.#series.find(hashes[number])!;
      this.#series.delete(hashes[number]);
      if (!data.isEmpty) yield [number, data];
      this.#release(data.sizeBytes);
    }
  }

  /** Lets go of all that is left. */
  drop(): void {
    this.#series.clear();
    this.#release(this.#heldBytes);
  }

  #release(sizeBytes: number): void {
    this.#heldBytes -= sizeBytes;
    this.#options.held.add(-sizeBytes);
  }
}
