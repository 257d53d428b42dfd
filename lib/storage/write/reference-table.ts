/**
 * What a writer knows of the series of one day and shard: by hash, the dictionary that has it and its
 * reference there. About 36 bytes a series, so that hundreds of thousands fit a small function.
 */
import type { BatchSeries } from "../series/batch-series.ts";
import { HASH_WORDS, HashIndex } from "../series/hash-index.ts";
import { UNKNOWN } from "../series/series-registry.ts";

/**
 * Where a series stands: a dictionary by its number in this process, a reference, whether it is recorded, and
 * whether the reference is a brief one.
 */
export type Place = number;

const REFERENCE_BITS = 20;
const DICTIONARY_BITS = 10;
/** References and dictionaries that a place can name are below these. */
export const MAX_REFERENCE = 2 ** REFERENCE_BITS;
export const MAX_DICTIONARIES = 2 ** DICTIONARY_BITS - 1;
const RECORDED = 2 ** (REFERENCE_BITS + DICTIONARY_BITS);
/** The sign: such a place is negative, as UNKNOWN is. */
const BRIEF = 1 << 31;
/** What places have in common that one record can name: dictionary and whether it is recorded. */
const ALIKE = 2 ** (DICTIONARY_BITS + 1) - 1;
/** Of a series that readers find and that has no reference. */
const NOWHERE = RECORDED | (MAX_DICTIONARIES << REFERENCE_BITS);

/** `isRecorded`: readers find the labels of the series. */
export function placeOf(dictionary: number, reference: number, isRecorded: boolean): Place {
  return (isRecorded ? RECORDED : 0) | (dictionary << REFERENCE_BITS) | reference;
}

export function dictionaryOf(place: Place): number {
  return (place >>> REFERENCE_BITS) & MAX_DICTIONARIES;
}

export function referenceOf(place: Place): number {
  return place & (MAX_REFERENCE - 1);
}

export function isRecorded(place: Place): boolean {
  return (place & RECORDED) !== 0;
}

export function recorded(place: Place): Place {
  return place | RECORDED;
}

/** The same place, its reference given out by a series record (layout/brief-keys.ts). */
export function brief(place: Place): Place {
  return place | BRIEF;
}

export function isBrief(place: Place): boolean {
  return place < 0 && place !== UNKNOWN;
}

/** Whether a record can name the place. */
export function hasReference(place: Place): boolean {
  return place !== UNKNOWN && place !== NOWHERE;
}

/** Stand for the dictionary of no series, and of series that do not all stand in one. */
export const NO_DICTIONARY = -1;
export const SEVERAL = -2;

/** Bytes of an entry's place and whether it was used. */
const COLUMN_BYTES = 5;

/** The latest version of any table of this process. 2^31 of them are years of changes. */
let versions = 0;

export class ReferenceTable {
  readonly #factors: Int32Array;
  #version = ++versions;
  /** Whether anyone may remember a place of this version. */
  #isShown = false;
  #index: HashIndex;
  #places: Int32Array;
  /** 1 for an entry that was found or set since `keepUsed` went through them. */
  #used: Uint8Array;

  constructor(factors: Int32Array) {
    this.#factors = factors;
    this.#index = new HashIndex(factors);
    this.#places = new Int32Array(this.#index.capacity);
    this.#used = new Uint8Array(this.#index.capacity);
  }

  get count(): number {
    return this.#index.count;
  }

  get sizeBytes(): number {
    return this.#index.sizeBytes + this.#places.length * COLUMN_BYTES;
  }

  /** See `SeriesTable`. */
  get version(): number {
    this.#isShown = true;
    return this.#version;
  }

  /**
   * Writes the places of those of the series `numbers[indices[i]]` that it knows to `places`, by number.
   * Returns the dictionary that has all of them, if one does and readers find them.
   */
  findPlaces(series: BatchSeries, numbers: Int32Array, indices: Int32Array, places: Int32Array): number {
    series.findPlaces(this, numbers, indices, places);
    if (indices.length === 0) return NO_DICTIONARY;
    const first = places[numbers[indices[0]]];
    if (!hasReference(first) || !isRecorded(first)) return SEVERAL;
    // What differs from the first, of the bits before the reference.
    let difference = 0;
    for (let i = 0; i < indices.length; i++) difference |= places[numbers[indices[i]]] ^ first;
    return ((difference >>> REFERENCE_BITS) & ALIKE) === 0 ? dictionaryOf(first) : SEVERAL;
  }

  /**
   * The place of the hash at `words[at..]`, or UNKNOWN. Notes that it was used: whoever remembers the
   * place for this version need not tell again.
   */
  find(words: Int32Array, at: number): Place {
    const entry = this.#index.find(words, at);
    if (entry < 0) return UNKNOWN;
    this.#used[entry] = 1;
    return this.#places[entry];
  }

  /** Notes a place, or another one of a series that has one. */
  set(words: Int32Array, at: number, place: Place): void {
    let entry = this.#index.find(words, at);
    if (entry < 0) {
      entry = this.#index.add(words, at);
      if (entry >= this.#places.length) this.#grow();
    } else if (this.#places[entry] !== place) this.#change();
    this.#places[entry] = place;
    this.#used[entry] = 1;
  }

  /** Notes a series that readers find, wherever it stands; a place that is known stays. */
  setRecorded(words: Int32Array, at: number): void {
    if (this.#index.find(words, at) < 0) this.set(words, at, NOWHERE);
  }

  /** Takes the references from series with brief ones of which `isOver` says so. Readers still find these series. */
  takeReferences(isOver: (dictionary: number, reference: number) => boolean): void {
    const places = this.#places;
    let isChanged = false;
    for (let entry = 0; entry < this.#index.count; entry++) {
      const place = places[entry];
      if (place >= 0 || !isOver(dictionaryOf(place), referenceOf(place))) continue;
      places[entry] = NOWHERE;
      isChanged = true;
    }
    if (isChanged) this.#change();
  }

  /**
   * Forgets the series that were not used since the last call, and then the ones known longest, down to
   * `maxCount` of them.
   */
  keepUsed(maxCount: number): void {
    const { words, count } = this.#index;
    const [places, used] = [this.#places, this.#used];
    let excess = -maxCount;
    for (let entry = 0; entry < count; entry++) excess += used[entry];
    const index = new HashIndex(this.#factors);
    const kept: number[] = [];
    for (let entry = 0; entry < count; entry++) {
      if (used[entry] === 0 || excess-- > 0) continue;
      index.add(words, entry * HASH_WORDS);
      kept.push(entry);
    }
    this.#index = index;
    this.#change();
    this.#places = new Int32Array(index.capacity);
    this.#used = new Uint8Array(index.capacity);
    kept.forEach((entry, i) => {
      this.#places[i] = places[entry];
    });
  }

  #change(): void {
    if (!this.#isShown) return;
    this.#version = ++versions;
    this.#isShown = false;
  }

  #grow(): void {
    const places = new Int32Array(this.#index.capacity);
    places.set(this.#places);
    this.#places = places;
    const used = new Uint8Array(this.#index.capacity);
    used.set(this.#used);
    this.#used = used;
  }
}
