/**
 * Items of a partition that say in their sort keys what lies beside them, so that a reader knows whether it has all of
 * them: the blocks of a run, the chunk items of a part. They are immutable and stored before the manifest that names
 * them. So an eventually consistent read, at half the price, either has them or lacks some that a consistent read has.
 * What a consistent read lacks is gone, and reported.
 */
import { ByteReader } from "../codec/bytes.ts";
import { HASH_BYTES } from "../layout/keys.ts";
import { LINK_HASH_BYTES, parseChunkLink, parseRunSortKey } from "../layout/part-keys.ts";
import { type NoteDamage, throwDamaged } from "../layout/verified-table.ts";
import type { Item, KeyRange, Table } from "../table/table.ts";

/** What is known of a range that is read from its start on. */
export interface Chain {
  /** Whether anything was followed or accepted. */
  readonly isBegun: boolean;
  /** How many items from the start of a page have nothing missing before them. */
  follow(page: readonly Item[]): number;
  /** Whether nothing of the range can be missing behind what was followed. */
  isComplete(): boolean;
  /** What must be read consistently to know what is missing: the range and items that links cannot tell from its own. */
  widen(range: KeyRange): KeyRange;
  /** Goes on with an item of a consistent read, of the widened range. Returns whether something before it is missing. */
  accept(item: Item): boolean;
  /** Whether something is missing behind the last item of the widened range. */
  isCut(): boolean;
}

export interface ChainOptions {
  readonly signal?: AbortSignal | undefined;
  /** Takes what is missing; default: the query throws "data". */
  readonly note?: NoteDamage | undefined;
  /** Whether the range is a partition that has items. */
  readonly isFilled?: boolean | undefined;
  /** Whether the last item of the partition is of the range or behind it, so that something must be found. */
  readonly hasEnd?: boolean | undefined;
}

/** Of a partition as a whole. */
const NO_SORT_KEY = new Uint8Array(0);

/**
 * The items of a range, all of them: read eventually consistently, and consistently from where that lacks something, or may.
 */
export async function* queryChain(
  table: Pick<Table, "query">,
  range: KeyRange,
  chain: Chain,
  options: ChainOptions = {},
): AsyncGenerator<readonly Item[], void, void> {
  const { signal } = options;
  let rest = range;
  let isEmpty = true;
  for await (const page of table.query(range, { consistent: false, signal })) {
    isEmpty &&= page.length === 0;
    const count = chain.follow(page);
    if (count > 0) {
      yield count === page.length ? page : page.slice(0, count);
      rest = { ...range, first: Uint8Array.from([...page[count - 1].sk, 0]) };
    }
    if (count < page.length) break;
  }
  if (chain.isComplete()) return;
  if (isEmpty && (await isNothingThere(table, range, chain, options))) return;
  yield* readRest(table, rest, chain, options);
}

/** The rest of a range, read consistently. */
async function* readRest(
  table: Pick<Table, "query">,
  rest: KeyRange,
  chain: Chain,
  { signal, note = throwDamaged, isFilled = false }: ChainOptions,
): AsyncGenerator<readonly Item[], void, void> {
  const { first, last } = rest;
  const widened = chain.isBegun ? { ...chain.widen(rest), ...(first && { first }) } : chain.widen(rest);
  let latest: Item | undefined;
  for await (const page of table.query(widened, { consistent: true, signal })) {
    const within = page.filter((item) => {
      if (chain.accept(item)) note(item, "the item before it is missing");
      latest = item;
      return !isBefore(item.sk, first) && !isBefore(last, item.sk);
    });
    yield within;
  }
  if (isFilled && latest === undefined && !chain.isBegun)
    note({ pk: rest.pk, sk: NO_SORT_KEY }, "every item of a partition is missing");
  if (chain.isCut()) note({ pk: rest.pk, sk: latest?.sk ?? first! }, "the item after it is missing");
}

/**
 * Whether a bounded range of which nothing was found has nothing: the item behind it says what comes before. It costs as
 * much as to ask again for the range.
 */
async function isNothingThere(
  table: Pick<Table, "query">,
  range: KeyRange,
  chain: Chain,
  { signal, note = throwDamaged, hasEnd = false }: ChainOptions,
): Promise<boolean> {
  const { first, last } = chain.widen(range);
  if (first === undefined || last === undefined) return false;
  const next = { pk: range.pk, first };
  for await (const [item] of table.query(next, { consistent: true, limit: 1, signal })) {
    if (item === undefined) continue;
    if (!isBefore(last, item.sk)) return false;
    if (chain.accept(item)) note(item, "the item before it is missing");
    return true;
  }
  if (hasEnd) note({ pk: range.pk, sk: first }, "the last items of a partition are missing");
  return true;
}

function isBefore(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) < 0;
}

/** The blocks of a partition of a run: numbered, the last one marked. */
export class RunChain implements Chain {
  #next = 0;
  #isComplete = false;
  /** Keys of the first versions have no mark. */
  #hasMarks = true;

  get isBegun(): boolean {
    return this.#next > 0;
  }

  follow(page: readonly Item[]): number {
    for (let i = 0; i < page.length; i++) {
      if (parseRunSortKey(page[i].sk).number !== this.#next) return i;
      this.accept(page[i]);
    }
    return page.length;
  }

  isComplete(): boolean {
    return this.#isComplete;
  }

  widen(range: KeyRange): KeyRange {
    return range;
  }

  accept({ sk }: Item): boolean {
    const { number, isLast, isMarked } = parseRunSortKey(sk);
    const isGap = number !== this.#next;
    this.#next = number + 1;
    this.#isComplete = isLast;
    this.#hasMarks &&= isMarked;
    return isGap;
  }

  isCut(): boolean {
    return this.isBegun && this.#hasMarks && !this.#isComplete;
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
  #after: Uint8Array | undefined;
  #isComplete = false;
  /** Items of the first versions have no links. */
  #hasLinks = true;

  constructor({ first, last }: KeyRange) {
    this.#first = first && hashOf(first);
    this.#last = last && hashOf(last);
  }

  get isBegun(): boolean {
    return this.#next !== undefined || !this.#hasLinks;
  }

  follow(page: readonly Item[]): number {
    for (let i = 0; i < page.length; i++) {
      const link = parseChunkLink(page[i].sk);
      if (link === undefined) return i;
      const { place, before, after } = link;
      if (this.#next === undefined ? !this.#isOutside(before) : place !== this.#next) return i;
      this.#next = place + 1;
      this.#after = after;
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

  widen({ pk, first, last }: KeyRange): KeyRange {
    return {
      pk,
      ...(first === undefined ? {} : { first: first.slice(0, LINK_HASH_BYTES) }),
      ...(last === undefined
        ? {}
        : { last: Uint8Array.from([...last.slice(0, LINK_HASH_BYTES), ...BEHIND]) }),
    };
  }

  accept({ sk }: Item): boolean {
    const link = parseChunkLink(sk);
    if (link === undefined || !this.#hasLinks) {
      this.#hasLinks = false;
      return false;
    }
    const { place, before, after } = link;
    // Of a widened range nothing that begins as its first series does is left out.
    const isGap =
      this.#next === undefined ? before !== undefined && !isLess(before, this.#first) : place !== this.#next;
    this.#next = place + 1;
    this.#after = after;
    return isGap;
  }

  isCut(): boolean {
    return this.#hasLinks && this.#after !== undefined && !isLess(this.#last, this.#after);
  }
}

/** Behind every key that goes on after a beginning. */
const BEHIND = new Uint8Array(2 * HASH_BYTES).fill(0xff);

function hashOf(sk: Uint8Array): Uint8Array {
  return new ByteReader(sk, "chunk's sort key").readBytes(HASH_BYTES);
}

/** Whether `a` is less than `b` already by as many bytes as both have; false if either is absent. */
function isLess(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const length = Math.min(a.length, b.length);
  return Buffer.compare(a.subarray(0, length), b.subarray(0, length)) < 0;
}
