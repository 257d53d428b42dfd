/**
 * The series of a block in the order in which Hearth keeps them, that of their hashes: 36 bytes a series, so a block of two
 * million takes 72 MB. What else is to be known of one is read again from the block.
 */
import { HASH_BYTES } from "../storage/layout/keys.ts";

const INITIAL_SERIES = 1024;
/** Bytes of a hash that a number holds exactly. */
const PREFIX_BYTES = 6;

export class SeriesTableBuilder {
  #hashes = new Uint8Array(INITIAL_SERIES * HASH_BYTES);
  #offsets = new Float64Array(INITIAL_SERIES);
  /** First and last day of each series. */
  #days = new Int32Array(2 * INITIAL_SERIES);
  #count = 0;

  /** `first`, `last`: the days that it has chunks of. */
  add(hash: Uint8Array, offset: number, first: number, last: number): void {
    if (this.#count === this.#offsets.length) this.#grow();
    this.#hashes.set(hash, this.#count * HASH_BYTES);
    this.#days[2 * this.#count] = first;
    this.#days[2 * this.#count + 1] = last;
    this.#offsets[this.#count++] = offset;
  }

  finish(): SeriesTable {
    const count = this.#count;
    const prefixes = Float64Array.from({ length: count }, (_, i) => this.#prefixOf(i));
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    order.sort((a, b) => prefixes[a] - prefixes[b] || this.#compare(a, b) || a - b);
    const hashes = new Uint8Array(count * HASH_BYTES);
    const offsets = new Float64Array(count);
    const days = new Int32Array(2 * count);
    order.forEach((from, to) => {
      days.set(this.#days.subarray(2 * from, 2 * from + 2), 2 * to);
      hashes.set(this.#hashes.subarray(from * HASH_BYTES, (from + 1) * HASH_BYTES), to * HASH_BYTES);
      offsets[to] = this.#offsets[from];
    });
    return new SeriesTable(hashes, offsets, days);
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
    const days = new Int32Array(this.#days.length * 2);
    days.set(this.#days);
    this.#hashes = hashes;
    this.#offsets = offsets;
    this.#days = days;
  }
}

/** By ascending hash; label edits may give two series one hash. */
export class SeriesTable {
  readonly #hashes: Uint8Array;
  readonly #offsets: Float64Array;
  readonly #days: Int32Array;
  #firstDay = Number.POSITIVE_INFINITY;
  #lastDay = Number.NEGATIVE_INFINITY;

  constructor(hashes: Uint8Array, offsets: Float64Array, days: Int32Array) {
    this.#hashes = hashes;
    this.#offsets = offsets;
    this.#days = days;
    for (let i = 0; i < offsets.length; i++) {
      if (days[2 * i] > days[2 * i + 1]) continue;
      this.#firstDay = Math.min(this.#firstDay, days[2 * i]);
      this.#lastDay = Math.max(this.#lastDay, days[2 * i + 1]);
    }
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

  /** Whether any series may have samples of a day. */
  mayHaveSeriesOf(day: number): boolean {
    return day >= this.#firstDay && day <= this.#lastDay;
  }

  /** Whether the series may have samples of a day. */
  mayHaveDay(index: number, day: number): boolean {
    return day >= this.#days[2 * index] && day <= this.#days[2 * index + 1];
  }

  /** Of the series in its block's index. */
  offset(index: number): number {
    return this.#offsets[index];
  }
}
