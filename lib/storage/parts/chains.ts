/**
 * Items of a partition that say in their sort keys what lies beside them, so that a reader knows whether it has all of them: the
 * blocks of a run, the chunk items of a part. They are immutable and stored before the manifest that names them, so an
 * eventually consistent read, at half the price, either has them or lacks some that a consistent read has.
 */
import { ByteReader } from "../codec/bytes.ts";
import { HASH_BYTES } from "../layout/keys.ts";
import { parseChunkLink, parseRunSortKey } from "../layout/part-keys.ts";
import type { Item, KeyRange, Table } from "../table/table.ts";

/** What is known of a range that is read from its start on. */
export interface Chain {
  /** How many items from the start of a page have nothing missing before them. */
  follow(page: readonly Item[]): number;
  /** Whether nothing of the range can be missing behind what was followed. */
  isComplete(): boolean;
}

/**
 * The items of a range, all of them: read eventually consistently, and consistently from where that lacks something, or may.
 */
export async function* queryChain(
  table: Pick<Table, "query">,
  range: KeyRange,
  chain: Chain,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Item[], void, void> {
  let rest = range;
  for await (const page of table.query(range, { consistent: false, signal })) {
    const count = chain.follow(page);
    if (count > 0) {
      yield count === page.length ? page : page.slice(0, count);
      rest = { ...range, first: Uint8Array.from([...page[count - 1].sk, 0]) };
    }
    if (count < page.length) break;
  }
  if (!chain.isComplete()) yield* table.query(rest, { consistent: true, signal });
}

/** The blocks of a partition of a run: numbered, the last one marked. */
export class RunChain implements Chain {
  #next = 0;
  #isComplete = false;

  follow(page: readonly Item[]): number {
    for (let i = 0; i < page.length; i++) {
      const { number, isLast } = parseRunSortKey(page[i].sk);
      if (number !== this.#next) return i;
      this.#next++;
      this.#isComplete = isLast;
    }
    return page.length;
  }

  isComplete(): boolean {
    return this.#isComplete;
  }
}

/**
 * The chunk items of a partition, or of a span of it: each says its place and which series come before and after it, by the
 * beginnings of their hashes. Where a beginning does not tell, something may be missing.
 */
export class ChunkChain implements Chain {
  /** Hashes of the first and the last series of the span, both included; undefined: from the start, to the end. */
  readonly #first: Uint8Array | undefined;
  readonly #last: Uint8Array | undefined;
  /** The place of the item after the one that was followed last. */
  #next: number | undefined;
  #isComplete = false;

  constructor({ first, last }: KeyRange) {
    this.#first = first && hashOf(first);
    this.#last = last && hashOf(last);
  }

  follow(page: readonly Item[]): number {
    for (let i = 0; i < page.length; i++) {
      const link = parseChunkLink(page[i].sk);
      if (link === undefined) return i;
      const { place, before, after } = link;
      if (this.#next === undefined ? !this.#isOutside(before) : place !== this.#next) return i;
      this.#next = place + 1;
      this.#isComplete = after === undefined || isLess(this.#last, after);
    }
    return page.length;
  }

  isComplete(): boolean {
    return this.#isComplete;
  }

  /** Whether the series before an item is not of the span, or there is none. */
  #isOutside(before: Uint8Array | undefined): boolean {
    return before === undefined || (this.#first !== undefined && isLess(before, this.#first));
  }
}

function hashOf(sk: Uint8Array): Uint8Array {
  return new ByteReader(sk, "chunk's sort key").readBytes(HASH_BYTES);
}

/** Whether `a` is less than `b` already by as many bytes as both have. */
function isLess(a: Uint8Array | undefined, b: Uint8Array): boolean {
  if (a === undefined) return false;
  const length = Math.min(a.length, b.length);
  return Buffer.compare(a.subarray(0, length), b.subarray(0, length)) < 0;
}
