/**
 * The labels a warm writer has met, by the very bytes in which a sender encoded them. A known series
 * costs one comparison of bytes, no string and no hash. Senders repeat their series in one order, so
 * the entry that followed last time is tried first. Only a miss hashes the bytes and probes the table.
 */
import type { RandomBytes } from "../../model/random-bytes.ts";

const INITIAL_ENTRIES = 1024;
const INITIAL_ARENA_BYTES = 128 * 1024;
/** The table is grown at half full, so that a probe ends soon. */
const SLOTS_PER_ENTRY = 2;
/** A step of a comparison: two words of 64 bits. */
const BLOCK_BYTES = 16;
const HASH_TABLE_ENTRIES = 256;
/** Bytes of the columns of an entry: end, hash, successor, slots, whether it was used. */
const COLUMN_BYTES = 4 * (3 + SLOTS_PER_ENTRY) + 1;
/** What an arena grows by: doubled, it would be empty for a quarter of its memory on average. */
const ARENA_GROWTH = 1.25;

export class LabelCache {
  /** All entries' bytes, one after another. */
  #arena = new Uint8Array(INITIAL_ARENA_BYTES);
  #arenaView = new DataView(this.#arena.buffer);
  /** Where entry e ends in the arena is `#ends[e]`; it starts where the one before it ends. */
  #ends = new Int32Array(INITIAL_ENTRIES);
  #hashes = new Int32Array(INITIAL_ENTRIES);
  /** The entry that followed entry e in the latest batch, plus one; 0: none yet. */
  #next = new Int32Array(INITIAL_ENTRIES);
  /** 1 for an entry that was found or added since `keepUsed` went through them. */
  #used = new Uint8Array(INITIAL_ENTRIES);
  /** Open addressing by hash; an entry plus one, 0: free. */
  #slots = new Int32Array(INITIAL_ENTRIES * SLOTS_PER_ENTRY);
  #count = 0;
  /** The entry found or added last. */
  #latest = 0;
  /**
   * Secret and different in every cache, so that nobody can send label sets that all fall into one
   * slot, where each probe would walk them all. A seed alone does not prevent that: MurmurHash has
   * collisions for every seed.
   */
  readonly #hashTable: Int32Array;

  constructor(randomBytes: RandomBytes) {
    this.#hashTable = new Int32Array(
      Uint8Array.from(randomBytes(HASH_TABLE_ENTRIES * Int32Array.BYTES_PER_ELEMENT)).buffer,
    );
  }

  get count(): number {
    return this.#count;
  }

  /** What it occupies, about, in bytes. */
  get sizeBytes(): number {
    return this.#arena.length + this.#ends.length * COLUMN_BYTES;
  }

  /** The entry of `bytes[start..end)`, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const guess = this.#count === 0 ? -1 : this.#next[this.#latest] - 1;
    if (guess >= 0 && this.#equals(guess, bytes, start, end)) {
      this.#latest = guess;
      this.#used[guess] = 1;
      return guess;
    }
    const found = this.#probe(this.#hash(bytes, start, end), bytes, start, end);
    if (found >= 0) {
      this.#follow(found);
      this.#used[found] = 1;
    }
    return found;
  }

  /** Bytes that it would occupy with one more entry of `length` bytes, at most. */
  sizeWith(length: number): number {
    const arena = this.#start(this.#count) + length;
    const arenaBytes =
      arena <= this.#arena.length ? this.#arena.length : arenaLength(this.#arena.length, arena);
    const entries = this.#count < this.#ends.length ? this.#ends.length : this.#ends.length * 2;
    return arenaBytes + entries * COLUMN_BYTES;
  }

  /**
   * Forgets the entries that were not used since the last call, and of the others the last ones that
   * `maxBytes` of labels and columns do not hold. Returns the former numbers of those that are left,
   * which ascend; their new numbers count from 0.
   */
  keepUsed(maxBytes: number): Int32Array {
    const kept = new Int32Array(this.#count);
    let count = 0;
    let capacity = INITIAL_ENTRIES;
    let arenaBytes = 0;
    for (let entry = 0; entry < this.#count; entry++) {
      if (this.#used[entry] === 0) continue;
      const length = this.#ends[entry] - this.#start(entry);
      if (count === capacity) capacity *= 2;
      if (arenaBytes + length + capacity * COLUMN_BYTES > maxBytes) break;
      arenaBytes += length;
      kept[count++] = entry;
    }
    this.#rebuild(kept.subarray(0, count), arenaBytes);
    return kept.subarray(0, count);
  }

  #rebuild(kept: Int32Array, arenaBytes: number): void {
    const arena = new Uint8Array(Math.max(arenaBytes, INITIAL_ARENA_BYTES));
    let capacity = INITIAL_ENTRIES;
    while (capacity < kept.length) capacity *= 2;
    const [ends, hashes, next] = [0, 0, 0].map(() => new Int32Array(capacity));
    let end = 0;
    kept.forEach((entry, i) => {
      arena.set(this.bytesOf(entry), end);
      end += this.#ends[entry] - this.#start(entry);
      ends[i] = end;
      hashes[i] = this.#hashes[entry];
      // Those that are left were added in the order of requests.
      next[i] = i + 1 < kept.length ? i + 2 : 0;
    });
    this.#arena = arena;
    this.#arenaView = new DataView(arena.buffer);
    [this.#ends, this.#hashes, this.#next] = [ends, hashes, next];
    this.#used = new Uint8Array(capacity);
    this.#slots = new Int32Array(capacity * SLOTS_PER_ENTRY);
    this.#count = kept.length;
    this.#latest = 0;
    for (let entry = 0; entry < this.#count; entry++) this.#place(entry);
  }

  /** Adds bytes that `find` did not find; answers their entry, entries count from 0. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const offset = this.#start(this.#count);
    this.#reserve(offset + length);
    this.#arena.set(bytes.subarray(start, end), offset);
    const entry = this.#count++;
    this.#ends[entry] = offset + length;
    this.#hashes[entry] = this.#hash(bytes, start, end);
    this.#used[entry] = 1;
    this.#place(entry);
    this.#follow(entry);
    return entry;
  }

  /** The bytes of an entry: a view that is good until the next `add`. */
  bytesOf(entry: number): Uint8Array {
    return this.#arena.subarray(this.#start(entry), this.#ends[entry]);
  }

  /** A 32-bit hash: each byte is one step through the random table, as a CRC steps through its own. */
  #hash(bytes: Uint8Array, start: number, end: number): number {
    const table = this.#hashTable;
    let hash = end - start;
    for (let i = start; i < end; i++) hash = table[(hash ^ bytes[i]) & 0xff] ^ (hash >>> 8);
    return hash;
  }

  #start(entry: number): number {
    return entry === 0 ? 0 : this.#ends[entry - 1];
  }

  #follow(entry: number): void {
    if (entry !== this.#latest) this.#next[this.#latest] = entry + 1;
    this.#latest = entry;
  }

  /**
   * Compares blocks; the last may overlap the one before it. 160 bytes, a series' average, take 38 ns with 10,000
   * series: by 64-bit integers, which the compiler keeps in registers. By four words of 32 bits they take 43.
   */
  #equals(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const at = this.#start(entry);
    const length = end - start;
    if (this.#ends[entry] - at !== length) return false;
    const last = length - BLOCK_BYTES;
    if (last < 0) {
      for (let i = 0; i < length; i++) if (this.#arena[at + i] !== bytes[start + i]) return false;
      return true;
    }
    const arena = this.#arenaView;
    const sent = viewOf(bytes);
    for (let i = 0; i < last; i += BLOCK_BYTES)
      if (blocksDiffer(arena, at + i, sent, start + i)) return false;
    return !blocksDiffer(arena, at + last, sent, start + last);
  }

  #probe(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] - 1;
      if (this.#hashes[entry] === hash && this.#equals(entry, bytes, start, end)) return entry;
    }
    return -1;
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[entry] & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  /** Room for one more entry and for the arena to reach `arenaEnd`. */
  #reserve(arenaEnd: number): void {
    if (arenaEnd > this.#arena.length) {
      const length = arenaLength(this.#arena.length, arenaEnd);
      this.#arena = new Uint8Array(this.#arena.buffer.transfer(length));
      this.#arenaView = new DataView(this.#arena.buffer);
    }
    if (this.#count < this.#ends.length) return;
    const capacity = this.#ends.length * 2;
    this.#ends = grown(this.#ends, capacity);
    this.#hashes = grown(this.#hashes, capacity);
    this.#next = grown(this.#next, capacity);
    const used = new Uint8Array(capacity);
    used.set(this.#used);
    this.#used = used;
    this.#slots = new Int32Array(capacity * SLOTS_PER_ENTRY);
    for (let entry = 0; entry < this.#count; entry++) this.#place(entry);
  }
}

function arenaLength(length: number, needed: number): number {
  return Math.max(Math.ceil(length * ARENA_GROWTH), needed);
}

function blocksDiffer(a: DataView, at: number, b: DataView, start: number): boolean {
  return (
    a.getBigUint64(at, true) !== b.getBigUint64(start, true) ||
    a.getBigUint64(at + 8, true) !== b.getBigUint64(start + 8, true)
  );
}

/** A view of the bytes that were viewed last costs nothing: a request's series all lie in the same. */
let viewed: Uint8Array = new Uint8Array(0);
let view = new DataView(viewed.buffer);

function viewOf(bytes: Uint8Array): DataView {
  if (bytes !== viewed) {
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    viewed = bytes;
  }
  return view;
}

function grown(column: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const result = new Int32Array(length);
  result.set(column);
  return result;
}
