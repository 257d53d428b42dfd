/**
 * What a writer knows of one day and shard: in which dictionary each series stands. A series may stand in
 * a dictionary of its own making or in one that it adopted: dictionaries are immutable, and a record may
 * name any.
 */
import { dictionaryKey } from "../layout/keys.ts";
import { expiry } from "../layout/retention.ts";
import type { Shard } from "../layout/shard.ts";
import { encodeDictionary } from "../log/dictionary.ts";
import type { BatchSeries } from "../series/batch-series.ts";
import { HASH_WORDS, wordsOf } from "../series/hash-index.ts";
import { UNKNOWN } from "../series/series-registry.ts";
import type { Table } from "../table/table.ts";
import { BriefSpans } from "./brief-spans.ts";
import type { DayPlace } from "./day-place.ts";
import type { LoadedDictionary } from "./load/dictionaries.ts";
import { type LevelDictionary, OwnDictionary } from "./own-dictionary.ts";
import {
  brief,
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
  readonly factors: Int32Array;
  readonly level: LevelDictionary;
}

/** A batch's series, and the place of each by its number. */
export interface Registration {
  readonly series: BatchSeries;
  readonly places: Int32Array;
}

/** The numbers of one series of a batch: one that comes twice has two. */
export type Alike = readonly number[];

/** References of a dictionary, from the first on. */
export interface TakenReferences {
  readonly own: OwnDictionary;
  readonly first: number;
}

export class ShardWriter {
  readonly shard: Shard;
  readonly #context: ShardContext;
  readonly #table: ReferenceTable;
  /** Ids by number. */
  readonly #dictionaries: Uint8Array[] = [];
  readonly #brief = new BriefSpans();
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
    return BASE_BYTES + this.#table.sizeBytes + this.#brief.sizeBytes;
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
   * Takes over references that a series record of others gives out, from `first` on; `hashes`: of the shard, in
   * its order. `isNamed`: whether records may name them; otherwise the series are only known to be recorded.
   */
  adoptBrief(
    id: Uint8Array,
    first: number,
    hashes: readonly Uint8Array[],
    receivedMs: number,
    isNamed: boolean,
  ): void {
    const number = isNamed ? this.#numberOf(id) : undefined;
    hashes.forEach((hash, i) => {
      const words = wordsOf(hash);
      if (number === undefined || first + i >= MAX_REFERENCE) this.#table.setRecorded(words, 0);
      else if (this.#table.find(words, 0) === UNKNOWN)
        this.#table.set(words, 0, brief(placeOf(number, first + i, true)));
    });
    if (number !== undefined) this.#brief.add(number, first, first + hashes.length, receivedMs);
  }

  /** Undefined for one more than there may be. */
  #numberOf(id: Uint8Array): number | undefined {
    const known = this.#dictionaries.findIndex((one) => Buffer.compare(one, id) === 0);
    if (known >= 0) return known;
    if (this.#dictionaries.length >= MAX_DICTIONARIES - RESERVED_DICTIONARIES) return undefined;
    return this.#dictionaries.push(id) - 1;
  }

  /** See `BriefSpans`. */
  get briefSinceMs(): number | undefined {
    return this.#brief.sinceMs;
  }

  /** Takes the brief references from series that have had them for too long, or with `all` from every one. */
  endBrief(nowMs: number, all: boolean): void {
    const isOver = this.#brief.takeOld(nowMs, all);
    if (isOver !== undefined) this.#table.takeReferences(isOver);
  }

  /** Whether brief references to so many series fit the dictionary of its level. */
  hasBriefRoom(count: number): boolean {
    const own = this.#own;
    return own === undefined || own.id !== this.#context.level.id || own.hasRoomFor(count);
  }

  /** Some references of the level's dictionary, used up whatever happens. `hasBriefRoom` said that there are so many. */
  takeBrief(count: number): TakenReferences {
    const { id } = this.#context.level;
    const own = this.#own?.id === id ? this.#own : this.#begin(id);
    return { own, first: own.take(count) };
  }

  /** Notes brief references that a series record gives out that is stored. Another dictionary may be its own by now. */
  noteBrief(
    { series, places }: Registration,
    slice: readonly Alike[],
    { own, first }: TakenReferences,
    receivedMs: number,
  ): void {
    const { number } = own;
    slice.forEach((alike, i) => {
      this.#note(series, alike, brief(placeOf(number, first + i, true)), places);
    });
    this.#brief.add(number, first, first + slice.length, receivedMs);
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
    return this.#begin(this.#context.level.idAfter(this.#own?.id));
  }

  #begin(id: Uint8Array): OwnDictionary {
    this.#own = new OwnDictionary(id, this.#dictionaries.push(id) - 1);
    this.#begun++;
    return this.#own;
  }
}
