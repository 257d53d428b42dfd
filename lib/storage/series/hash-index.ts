/**
 * Numbers for series hashes: open addressing over typed columns, 20 bytes of hash and 8 to 16 of
 * slots each. Callers look hashes up in the order in which they were added, so the entry after the
 * last one found is tried first.
 */
import type { RandomBytes } from "../../model/random-bytes.ts";
import { HASH_BYTES } from "../layout/keys.ts";

/** A hash in words of 32 bits: its bytes, in the byte order of the machine. */
export const HASH_WORDS = HASH_BYTES / Int32Array.BYTES_PER_ELEMENT;

const INITIAL_ENTRIES = 64;
/** Slots are doubled when two thirds are taken, so that a probe ends soon. */
const SLOTS_PER_ENTRY = 1.5;
/** Small steps: doubled columns would be empty for a quarter of their memory on average. */
const GROWTH = 1.25;
const FACTORS = 4;

/**
 * Secret factors of a multiplicative hash: a sender cannot know which series hashes share a slot.
 * One set serves all tables of a process.
 */
export function newHashFactors(randomBytes: RandomBytes): Int32Array {
  const factors = new Int32Array(Uint8Array.from(randomBytes(FACTORS * Int32Array.BYTES_PER_ELEMENT)).buffer);
  return factors.map((factor) => factor | 1);
}

export class HashIndex {
  readonly #factors: Int32Array;
  #words = new Int32Array(INITIAL_ENTRIES * HASH_WORDS);
  /** An entry plus one; 0: free. */
  #slots = new Int32Array(INITIAL_ENTRIES * 2);
  #count = 0;
  /** The entry found or added last. */
  #latest = -1;

  constructor(factors: Int32Array) {
    this.#factors = factors;
  }

  get count(): number {
    return this.#count;
  }

  /** Entries that fit before it grows. */
  get capacity(): number {
    return this.#words.length / HASH_WORDS;
  }

  get sizeBytes(): number {
    return (this.#words.length + this.#slots.length) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** The hashes of all entries, one after another: a view that is good until the next `add`. */
  get words(): Int32Array {
    return this.#words.subarray(0, this.#count * HASH_WORDS);
  }

  /** What it occupies at most with one more entry, in bytes. */
  get grownBytes(): number {
    if (this.#count < this.capacity) return this.sizeBytes;
    const capacity = Math.ceil(this.capacity * GROWTH);
    const slots = this.#slots.length * (capacity * SLOTS_PER_ENTRY > this.#slots.length ? 2 : 1);
    return (capacity * HASH_WORDS + slots) * Int32Array.BYTES_PER_ELEMENT;
  }

  /** Copies the hash of an entry to `words[at..]`. */
  copy(entry: number, words: Int32Array, at: number): void {
    const own = this.#words;
    const start = entry * HASH_WORDS;
    words[at] = own[start];
    words[at + 1] = own[start + 1];
    words[at + 2] = own[start + 2];
    words[at + 3] = own[start + 3];
    words[at + 4] = own[start + 4];
  }

  /** The entry of the hash at `words[at..]`, or -1. */
  find(words: Int32Array, at: number): number {
    const guess = this.#latest + 1;
    if (guess < this.#count && this.#equals(guess, words, at)) {
      this.#latest = guess;
      return guess;
    }
    const mask = this.#slots.length - 1;
    for (let slot = this.#slotOf(words, at); this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] - 1;
      if (!this.#equals(entry, words, at)) continue;
      this.#latest = entry;
      return entry;
    }
    return -1;
  }

  /** Adds a hash that `find` did not find; entries count from 0. */
  add(words: Int32Array, at: number): number {
    if (this.#count === this.capacity) this.#grow();
    const entry = this.#count++;
    for (let i = 0; i < HASH_WORDS; i++) this.#words[entry * HASH_WORDS + i] = words[at + i];
    this.#place(entry);
    this.#latest = entry;
    return entry;
  }

  #equals(entry: number, words: Int32Array, at: number): boolean {
    const own = this.#words;
    const start = entry * HASH_WORDS;
    return (
      own[start + 1] === words[at + 1] &&
      own[start + 2] === words[at + 2] &&
      own[start + 3] === words[at + 3] &&
      own[start + 4] === words[at + 4] &&
      own[start] === words[at]
    );
  }

  /** The first word is the metric's, which many series share. */
  #slotOf(words: Int32Array, at: number): number {
    const [a, b, c, d] = this.#factors;
    const product =
      (Math.imul(words[at + 1], a) + Math.imul(words[at + 2], b)) ^
      (Math.imul(words[at + 3], c) + Math.imul(words[at + 4], d));
    return Math.imul(product, a) >>> (Math.clz32(this.#slots.length) + 1);
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#slotOf(this.#words, entry * HASH_WORDS);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #grow(): void {
    const capacity = Math.ceil(this.capacity * GROWTH);
    const words = new Int32Array(capacity * HASH_WORDS);
    words.set(this.#words);
    this.#words = words;
    if (capacity * SLOTS_PER_ENTRY <= this.#slots.length) return;
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let entry = 0; entry < this.#count; entry++) this.#place(entry);
  }
}

/** The words of some hashes, `HASH_BYTES` each, one after another: a copy. */
export function wordsOf(hashes: Uint8Array): Int32Array {
  return new Int32Array(Uint8Array.from(hashes).buffer);
}

/** The bytes of the hash at `words[at..]`: a copy. */
export function bytesAt(words: Int32Array, at: number): Uint8Array {
  return new Uint8Array(words.slice(at, at + HASH_WORDS).buffer);
}
