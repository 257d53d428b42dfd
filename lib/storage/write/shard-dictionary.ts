/**
 * A writer's dictionary for one day and shard, under an id of its own. A reference is handed out only when a reader can
 * resolve it: the series records first, then the dictionary, then its users.
 */
import type { RandomBytes } from "../../model/random-bytes.ts";
import { dictionaryKey, WRITER_ID_BYTES } from "../layout/keys.ts";
import { expiry } from "../layout/retention.ts";
import type { Shard } from "../layout/shard.ts";
import { encodeDictionary } from "../log/dictionary.ts";
import type { SeriesRegistry } from "../series/series-registry.ts";
import type { Table } from "../table/table.ts";
import type { DayPlace, KnownSeries } from "./known-series.ts";

/**
 * Series registered at a time, their hashes one dictionary item of 20 KB. It bounds the items in memory, and what a
 * failure makes a retry do again.
 */
const REGISTER_SLICE = 1000;

export class ShardDictionary {
  /** Random: what it numbers needs no coordination. */
  readonly writer: Uint8Array;
  readonly shard: Shard;
  readonly #place: DayPlace;
  readonly #registry: SeriesRegistry;
  readonly #known: KnownSeries;
  /** By series number: its reference plus one; 0: not registered. */
  #references = new Int32Array(1024);
  #nextReference = 0;
  /** Registrations run one after another. */
  #turn: Promise<void> = Promise.resolve();

  constructor(
    place: DayPlace,
    shard: Shard,
    registry: SeriesRegistry,
    known: KnownSeries,
    randomBytes: RandomBytes,
  ) {
    this.writer = randomBytes(WRITER_ID_BYTES);
    this.#place = place;
    this.shard = shard;
    this.#registry = registry;
    this.#known = known;
  }

  get sizeBytes(): number {
    return this.#references.length * 4;
  }

  /** The reference of a series, or -1 before it is registered. */
  reference(series: number): number {
    return series < this.#references.length ? this.#references[series] - 1 : -1;
  }

  /** Makes references of series that have none. Throws "unavailable"; what was registered before stays. */
  register(table: Table, series: Iterable<number>): Promise<void> {
    const turn = this.#turn.then(() => this.#register(table, series));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #register(table: Table, series: Iterable<number>): Promise<void> {
    const missing = [...new Set(series)].filter((s) => this.reference(s) < 0);
    for (let start = 0; start < missing.length; start += REGISTER_SLICE) {
      const slice = missing.slice(start, start + REGISTER_SLICE);
      await this.#known.store(table, slice, this.shard);
      await this.#store(table, slice);
    }
  }

  async #store(table: Table, slice: readonly number[]): Promise<void> {
    const { tenant, day, retentionMs } = this.#place;
    const value = encodeDictionary(slice.map((series) => this.#registry.hash(series)));
    const first = this.#nextReference;
    // Taken before the put: one that fails may still take effect, even after another, so its key is not used again.
    this.#nextReference += slice.length;
    const key = dictionaryKey(tenant, day, this.shard, this.writer, first);
    await table.put({ ...key, value, ...expiry(day, retentionMs) });
    slice.forEach((series, i) => {
      this.#setReference(series, first + i);
    });
  }

  #setReference(series: number, reference: number): void {
    if (series >= this.#references.length) {
      const grown = new Int32Array(Math.max(this.#references.length * 2, series + 1));
      grown.set(this.#references);
      this.#references = grown;
    }
    this.#references[series] = reference + 1;
  }
}
