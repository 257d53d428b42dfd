/** A group of consecutive series while they are read and answered, and the bytes that it holds. */
import { METRIC_HASH_BYTES } from "./keys.ts";
import { type HeldBytes, seriesTooLarge } from "./query-budget.ts";
import { SERIES_BYTES, SeriesData } from "./series-data.ts";
import { hashHex } from "./series-hash.ts";

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

export class SeriesGroup {
  readonly #options: GroupOptions;
  readonly #data = new Map<string, SeriesData>();
  /** What the hashes of its series begin with, as numbers. */
  readonly #metrics = new Set<number>();
  #end: number;
  #limitBytes: number;
  #heldBytes = 0;

  constructor(options: GroupOptions) {
    const { hashes, start, end } = options;
    this.#options = options;
    this.#end = end;
    this.#limitBytes = options.limitBytes;
    for (let number = start; number < end; number++) {
      this.#data.set(hashes[number], new SeriesData());
      this.#metrics.add(Number.parseInt(hashes[number].slice(0, 2 * METRIC_HASH_BYTES), 16));
    }
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

  get samples(): number {
    let samples = 0;
    for (const data of this.#data.values()) samples += data.sampleCount;
    return samples;
  }

  /** By hash in hex; undefined for a series that is not, or no longer, of the group. */
  find(hash: string): SeriesData | undefined {
    return this.#data.get(hash);
  }

  /** By a hash itself: hex is made only of those of its metrics. */
  findByBytes(hash: Uint8Array): SeriesData | undefined {
    return this.#metrics.has(metricNumber(hash)) ? this.#data.get(hashHex(hash)) : undefined;
  }

  /**
   * Notes that its series have grown by so much. When they take more than the group may hold, it lets go of the last of
   * them: the next group reads them, and what the others have been given need not be read again. Throws "too large" for
   * one series that is too large by itself.
   */
  hold(sizeBytes: number): void {
    this.#heldBytes += sizeBytes;
    this.#options.held.add(sizeBytes);
    if (this.#heldBytes > this.#limitBytes) this.#shrink();
  }

  #shrink(): void {
    const { hashes, start, shrunkLimitBytes, maxQueryBytes } = this.#options;
    // Samples of a writer's record are counted for series too that were let go of.
    this.#recount();
    while (this.#heldBytes > this.#limitBytes) {
      if (this.#end - start === 1) throw seriesTooLarge(maxQueryBytes);
      const end = start + Math.ceil((this.#end - start - 1) * KEPT_SHARE);
      for (let number = end; number < this.#end; number++) this.#data.delete(hashes[number]);
      this.#end = end;
      this.#limitBytes = shrunkLimitBytes;
      this.#recount();
    }
  }

  #recount(): void {
    let sizeBytes = 0;
    for (const data of this.#data.values()) sizeBytes += data.sizeBytes;
    this.#options.held.add(sizeBytes - this.#heldBytes);
    this.#heldBytes = sizeBytes;
  }

  /** Its series in order, each let go of when the next is asked for. */
  *take(): Generator<readonly [number: number, data: SeriesData], void, void> {
    const { hashes, start } = this.#options;
    for (let number = start; number < this.#end; number++) {
      const data = this.#data.get(hashes[number])!;
      this.#data.delete(hashes[number]);
      if (!data.isEmpty) yield [number, data];
      this.#release(data.sizeBytes);
    }
  }

  /** Lets go of all that is left. */
  drop(): void {
    this.#data.clear();
    this.#release(this.#heldBytes);
  }

  #release(sizeBytes: number): void {
    this.#heldBytes -= sizeBytes;
    this.#options.held.add(-sizeBytes);
  }
}

function metricNumber(hash: Uint8Array): number {
  return ((hash[0] << 24) | (hash[1] << 16) | (hash[2] << 8) | hash[3]) >>> 0;
}
