/** The dictionary that a writer adds to: an id, and the references that are given out. */
import type { RandomBytes } from "../../model/random-bytes.ts";
import { DAY_MS, MINUTE_MS } from "../../model/time.ts";
import { WRITER_ID_BYTES } from "../layout/keys.ts";

/**
 * Series of one dictionary at most: 1.3 MB. A reader loads all of one that a record names, so one that
 * took all the series that come and go in a day would make every query slow.
 */
export const MAX_DICTIONARY_SERIES = 65_536;

/** What an id begins with: minutes, so that the newest of a day comes first in key order. */
const AGE_BYTES = 2;
const MAX_AGE = 2 ** (8 * AGE_BYTES) - 1;

export class OwnDictionary {
  readonly id: Uint8Array;
  /** Its number among the shard's. */
  readonly number: number;
  #next = 0;

  constructor(id: Uint8Array, number: number) {
    this.id = id;
    this.number = number;
  }

  hasRoomFor(count: number): boolean {
    return this.#next + count <= MAX_DICTIONARY_SERIES;
  }

  /**
   * The first of some new references. They are used up even if storing them fails: a put that failed may
   * still take effect, even after another, so its key is not used again.
   */
  take(count: number): number {
    const first = this.#next;
    this.#next += count;
    return first;
  }
}

/** The id of the dictionaries that the shards of a level add to: shards that name the same share a series record. */
export class LevelDictionary {
  readonly #newId: () => Uint8Array;
  #id: Uint8Array | undefined;

  constructor(newId: () => Uint8Array) {
    this.#newId = newId;
  }

  get id(): Uint8Array {
    this.#id ??= this.#newId();
    return this.#id;
  }

  /** The id after `full`, a shard's dictionary that has no room. No shard ever returns to one that it has left. */
  idAfter(full: Uint8Array | undefined): Uint8Array {
    if (this.#id === full) this.#id = undefined;
    return this.id;
  }
}

/**
 * An id that nobody else makes: 48 random bits behind the age. Whoever reads the dictionaries of a day
 * in key order meets the newest first, so a bounded read has those that live series stand in.
 */
export function newDictionaryId(day: number, nowMs: number, randomBytes: RandomBytes): Uint8Array {
  const minutes = Math.floor((nowMs - (day - 1) * DAY_MS) / MINUTE_MS);
  const age = MAX_AGE - Math.min(Math.max(minutes, 0), MAX_AGE);
  const id = randomBytes(WRITER_ID_BYTES);
  id[0] = age >>> 8;
  id[1] = age & 0xff;
  return id;
}
