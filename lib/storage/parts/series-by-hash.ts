/** Series while they are read, by their hashes. */
import { METRIC_HASH_BYTES } from "../layout/keys.ts";
import { hashHex, metricNumber } from "../series/series-hash.ts";
import { SeriesData } from "./series-data.ts";

/** Where what is read goes. */
export interface SeriesSink {
  /** By hash in hex; undefined for a series that is not wanted. */
  find(hash: string): SeriesData | undefined;
  /** By a hash itself. */
  findByBytes(hash: Uint8Array): SeriesData | undefined;
  /** What the hashes of its series begin with, as numbers. */
  readonly metrics: ReadonlySet<number>;
  /** Notes that the series have grown by so many bytes; may throw. */
  hold(sizeBytes: number): void;
}

/** Where samples go that series share the times of. */
export interface SharedTimesSink extends SeriesSink {
  /** Notes that a series has these times, which others may have too. */
  holdTimes(timestamps: Float64Array): void;
}

export class SeriesByHash {
  readonly #data = new Map<string, SeriesData>();
  readonly #metrics = new Set<number>();

  /** `hashes`: in hex. */
  constructor(hashes: readonly string[]) {
    for (const hash of hashes) {
      this.#data.set(hash, new SeriesData());
      this.#metrics.add(Number.parseInt(hash.slice(0, 2 * METRIC_HASH_BYTES), 16));
    }
  }

  find(hash: string): SeriesData | undefined {
    return this.#data.get(hash);
  }

  /** Hex is made only of the hashes of its metrics. */
  findByBytes(hash: Uint8Array): SeriesData | undefined {
    return this.#metrics.has(metricNumber(hash)) ? this.#data.get(hashHex(hash)) : undefined;
  }

  /** What the hashes of its series begin with, as numbers. */
  get metrics(): ReadonlySet<number> {
    return this.#metrics;
  }

  all(): Iterable<SeriesData> {
    return this.#data.values();
  }

  /** Lets go of a series. */
  delete(hash: string): void {
    this.#data.delete(hash);
  }

  clear(): void {
    this.#data.clear();
  }
}
