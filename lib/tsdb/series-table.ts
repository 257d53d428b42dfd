/**
 * The series of a block in the order in which Hearth keeps them, that of their hashes: 28 bytes a series, so a block of two
 * million takes 56 MB. What else is to be known of one is read again from the block.
 */
import { HASH_BYTES } from "../storage/layout/keys.ts";

const INITIAL_SERIES = 1024;
/** Bytes of a hash that a number holds exactly. */
const PREFIX_BYTES = 6;

export class SeriesTableBuilder {
  #hashes = new Uint8Array(INITIAL_SERIES * HASH_BYTES);
  #offsets = new Float64Array(INITIAL_SERIES);
  #count = 0;

  add(hash: Uint8Array, offset: number): void {
    if (this.#count === this.#offsets.length) this.#grow();
    this.#hashes.set(hash, this.#count * HASH_BYTES);
    this.#offsets[this.#count++] = offset;
  }

  finish(): SeriesTable {
    const count = this.#count;
    const prefixes = Float64Array.from({ length: count }, (_, i) => this.#prefixOf(i));
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    order.sort((a, b) => prefixes[a] - prefixes[b] || this.#compare(a, b) || a - b);
    const hashes = new Uint8Array(count * HASH_BYTES);
    const offsets = new Float64Array(count);
    order.forEach((from, to) => {
      hashes.set(this.#hashes.subarray(from * HASH_BYTES, (from + 1) * HASH_BYTES), to * HASH_BYTES);
      offsets[to] = this.#offsets[from];
    });
    return new SeriesTable(hashes, offsets);
  }

  #prefixOf(index: number): number {
    let prefix = 0;
    for (let i = 0; i < PREFIX_BYTES; i++) prefix = prefix * 256 + this.#hashes[index * HASH_BYTES + i];
    return prefix;
  }

  #compare(a: number, b: number): number {
    for (let i = PREFIX_BYTES; i < HASH_BYTES; i++) {
      const order = this.#hashes[a * HASH_BYTES + i] - this.#hashes[b * HASH_BYTES + i];
      if (order !== 0) return order;
    }
    return 0;
  }

  #grow(): void {
    const hashes = new Uint8Array(this.#hashes.length * 2);
    hashes.set(this.#hashes);
    const offsets = new Float64Array(this.#offsets.length * 2);
    offsets.set(this.#offsets);
    this.#hashes = hashes;
    this.#offsets = offsets;
  }
}

/** By ascending hash; label edits may give two series one hash. */
export class SeriesTable {
  readonly #hashes: Uint8Array;
  readonly #offsets: Float64Array;

  constructor(hashes: Uint8Array, offsets: Float64Array) {
    this.#hashes = hashes;
    this.#offsets = offsets;
  }

  get count(): number {
    return this.#offsets.length;
  }

  /** In hex; undefined past the end. */
  hash(index: number): string | undefined {
    if (index >= this.count) return undefined;
    const from = index * HASH_BYTES;
    return Buffer.from(this.#hashes.buffer, from, HASH_BYTES).toString("hex");
  }

  /** Of the series in its block's index. */
  offset(index: number): number {
    return this.#offsets[index];
  }
}
