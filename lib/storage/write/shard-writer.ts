/**
 * What a writer knows of one day and shard: in which dictionary each series stands. A series may stand in
 * a dictionary of its own making or in one that it adopted: dictionaries are immutable, and a record may
 * name any.
 */
import type { RandomBytes } from "../../model/random-bytes.ts";
import type { Clock } from "../../model/time.ts";
import { dictionaryKey } from "../layout/keys.ts";
import { expiry } from "../layout/retention.ts";
import type { Shard } from "../layout/shard.ts";
import { encodeDictionary } from "../log/dictionary.ts";
import type { BatchSeries } from "../series/batch-series.ts";
import { HASH_WORDS, wordsOf } from "../series/hash-index.ts";
import { UNKNOWN } from "../series/series-registry.ts";
import type { Table } from "../table/table.ts";
import type { DayPlace } from "./day-place.ts";
import type { LoadedDictionary } from "./load-dictionaries.ts";
import { newDictionaryId, OwnDictionary } from "./own-dictionary.ts";
import {
  MAX_DICTIONARIES,
  MAX_REFERENCE,
  type Place,
  placeOf,
  ReferenceTable,
  recorded,
} from "./reference-table.ts";

/** Dictionaries of its own that a writer may still begin beside those that it adopted. */
const RESERVED_DICTIONARIES = 64;
/** What an open shard takes in memory beside its table. */
const BASE_BYTES = 1000;

export interface ShardContext {
  readonly place: DayPlace;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly factors: Int32Array;
}

/** A batch's series, and the place of each by its number. */
export interface Registration {
  readonly series: BatchSeries;
  readonly places: Int32Array;
}

/** The numbers of one series of a batch: one that comes twice has two. */
export type Alike = readonly number[];

export class ShardWriter {
  readonly shard: Shard;
  readonly #context: ShardContext;
  readonly #table: ReferenceTable;
  /** Ids by number. */
  readonly #dictionaries: Uint8Array[] = [];
  #own: OwnDictionary | undefined;
  /** Dictionaries that it began. */
  #begun = 0;
  /** What scattered series have cost so far that one dictionary would have saved, in write units. */
  debtUnits = 0;

  constructor(shard: Shard, context: ShardContext) {
    this.shard = shard;
    this.#context = context;
    this.#table = new ReferenceTable(context.factors);
  }

  get sizeBytes(): number {
    return BASE_BYTES + this.#table.sizeBytes;
  }

  /** Series that it knows. */
  get seriesCount(): number {
    return this.#table.count;
  }

  get begunDictionaries(): number {
    return this.#begun;
  }

  /** The number of the dictionary that it adds to; -1 before there is one. */
  get ownDictionary(): number {
    return this.#own?.number ?? -1;
  }

  /** The id of a dictionary, as records name it. */
  dictionaryId(number: number): Uint8Array {
    return this.#dictionaries[number];
  }

  /** See `ReferenceTable`. */
  findPlaces({ series, places }: Registration, numbers: Int32Array, indices: Int32Array): number {
    return this.#table.findPlaces(series, numbers, indices, places);
  }

  /** The place of the series at `words[at..]`, or UNKNOWN. */
  find(words: Int32Array, at: number): Place {
    return this.#table.find(words, at);
  }

  /** Forgets the series that were not used of late, and others until a share of the memory is free. */
  forget(share: number): void {
    this.#table.keepUsed(Math.floor(this.#table.count * (1 - share)));
  }

  /** Takes over dictionaries that others stored; of a series that stands in several, the first counts. */
  adopt(dictionaries: readonly LoadedDictionary[], areRecorded: boolean): void {
    for (const { id, items } of dictionaries) {
      if (this.#dictionaries.length >= MAX_DICTIONARIES - RESERVED_DICTIONARIES) return;
      const number = this.#dictionaries.push(id) - 1;
      for (const { firstReference, hashes } of items) {
        const words = wordsOf(hashes);
        for (let at = 0, reference = firstReference; at < words.length; at += HASH_WORDS, reference++) {
          if (reference >= MAX_REFERENCE) break;
          if (this.#table.find(words, at) !== UNKNOWN) continue;
          this.#table.set(words, at, placeOf(number, reference, areRecorded));
        }
      }
    }
  }

  /**
   * Stores an item of its own dictionary for series that readers find, and notes their places. `slice`:
   * the numbers of each series; one that comes twice in a batch has two. Throws "unavailable".
   */
  async store(table: Table, { series, places }: Registration, slice: readonly Alike[]): Promise<void> {
    if (slice.length === 0) return;
    const { tenant, day, retentionMs } = this.#context.place;
    const own = this.#ownWithRoom(slice.length);
    const value = encodeDictionary(slice.map(([number]) => series.hash(number)));
    const first = own.take(slice.length);
    const key = dictionaryKey(tenant, day, this.shard, own.id, first);
    // Nobody else has this key. A call that failed and takes effect late must not undo a renewal, which set another expiry.
    await table.putIfAbsent({ ...key, value, ...expiry(day, retentionMs) });
    slice.forEach((alike, i) => {
      this.#note(series, alike, placeOf(own.number, first + i, true), places);
    });
  }

  /** Notes that readers find the series of an adopted dictionary. */
  noteRecorded({ series, places }: Registration, alike: Alike): void {
    this.#note(series, alike, recorded(places[alike[0]]), places);
  }

  #note(series: BatchSeries, alike: Alike, place: Place, places: Int32Array): void {
    this.#table.set(series.hashes, alike[0] * HASH_WORDS, place);
    for (const number of alike) places[number] = place;
  }

  #ownWithRoom(count: number): OwnDictionary {
    if (this.#own?.hasRoomFor(count)) return this.#own;
    const { place, clock, randomBytes } = this.#context;
    const id = newDictionaryId(place.day, clock(), randomBytes);
    this.#own = new OwnDictionary(id, this.#dictionaries.push(id) - 1);
    this.#begun++;
    return this.#own;
  }
}
