/**
 * The items of one partition in memory, sorted by sort key (unsigned bytes): a list of sorted blocks of bounded length,
 * so that a million puts cost a million short moves whatever their order. Appending at the end finds its place at once.
 */

/** A block that grows beyond this is cut in halves. */
const MAX_BLOCK_ITEMS = 512;

/** What an entry is found by. */
export interface HasSortKey {
  readonly sk: Uint8Array;
}

export class SortedItems<T extends HasSortKey> {
  /** None is empty; all keys of a block are less than all of the next. */
  readonly #blocks: T[][] = [];

  get isEmpty(): boolean {
    return this.#blocks.length === 0;
  }

  get(sk: Uint8Array): T | undefined {
    const block = this.#blocks[this.#blockOf(sk)];
    if (block === undefined) return undefined;
    const entry = block[lowerBound(block, sk)];
    return entry !== undefined && Buffer.compare(entry.sk, sk) === 0 ? entry : undefined;
  }

  /** Adds an entry, or replaces the one of its key. */
  set(entry: T): void {
    const at = this.#blockOf(entry.sk);
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([entry]);
      return;
    }
    const i = lowerBound(block, entry.sk);
    const isThere = i < block.length && Buffer.compare(block[i].sk, entry.sk) === 0;
    block.splice(i, isThere ? 1 : 0, entry);
    if (block.length > MAX_BLOCK_ITEMS) this.#split(at);
  }

  delete(sk: Uint8Array): void {
    const at = this.#blockOf(sk);
    const block = this.#blocks[at];
    if (block === undefined) return;
    const i = lowerBound(block, sk);
    if (i === block.length || Buffer.compare(block[i].sk, sk) !== 0) return;
    block.splice(i, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** The entries with `sk >= first` (all when absent) in order. The items must not change meanwhile. */
  *from(first: Uint8Array | undefined): Generator<T, void, void> {
    let at = first === undefined ? 0 : this.#blockOf(first);
    let i = first === undefined || this.isEmpty ? 0 : lowerBound(this.#blocks[at], first);
    for (; at < this.#blocks.length; at++, i = 0) {
      const block = this.#blocks[at];
      for (; i < block.length; i++) yield block[i];
    }
  }

  /** The last block that starts at or before a key, else the first. */
  #blockOf(sk: Uint8Array): number {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length - 1;
    if (high > 0 && Buffer.compare(blocks[high][0].sk, sk) <= 0) return high;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (Buffer.compare(blocks[middle][0].sk, sk) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Appends are the common case: the last block keeps all but its newest entry, so that blocks stay full. */
  #split(at: number): void {
    const block = this.#blocks[at];
    const isLast = at === this.#blocks.length - 1;
    this.#blocks.splice(at + 1, 0, block.splice(isLast ? block.length - 1 : block.length >>> 1));
  }
}

/** The first index whose key is not less than `sk`. */
function lowerBound(block: readonly HasSortKey[], sk: Uint8Array): number {
  let low = 0;
  let high = block.length;
  if (high > 0 && Buffer.compare(block[high - 1].sk, sk) < 0) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Buffer.compare(block[middle].sk, sk) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
