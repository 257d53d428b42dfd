/**
 * A table whose reads are made once: whoever reads a range again, or a part of it, gets what was read the first time. So many
 * queries of the same moment cost what the first of them costs. Writes go through and are not seen.
 */
import { HearthError } from "../../model/errors.ts";
import { itemSizeBytes } from "./item-size.ts";
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "./table.ts";

interface Damage {
  readonly item: Item;
  readonly reason: string;
}

/** What one query returned so far. Its pages come as someone asks for them. */
interface SharedRead {
  readonly range: KeyRange;
  readonly isConsistent: boolean;
  readonly pages: (readonly Item[])[];
  readonly damage: Damage[];
  readonly source: AsyncGenerator<readonly Item[], void, void>;
  isDone: boolean;
  /** What ended it: every reader that comes to this point gets it. */
  error: unknown;
  /** The page under way. */
  next: Promise<void> | undefined;
}

/** Shared by a table and its metered views. */
interface Memory {
  /** By partition. */
  readonly reads: Map<string, SharedRead[]>;
  readonly items: Map<string, Promise<Item | undefined>>;
  sizeBytes: number;
  readonly maxBytes: number;
}

export class SnapshotTable implements Table {
  readonly #inner: Table;
  readonly #memory: Memory;

  /** Keeps up to `maxBytes` of items; what comes after is read as from `inner`. `memory` is for `metered`. */
  constructor(inner: Table, maxBytes: number, memory?: Memory) {
    this.#inner = inner;
    this.#memory = memory ?? { reads: new Map(), items: new Map(), sizeBytes: 0, maxBytes };
  }

  metered(meter: Meter): SnapshotTable {
    return new SnapshotTable(this.#inner.metered(meter), this.#memory.maxBytes, this.#memory);
  }

  async *query(range: KeyRange, options: QueryOptions = {}): AsyncGenerator<readonly Item[], void, void> {
    const { limit, signal, onDamage, consistent = false } = options;
    const read = limit === undefined ? this.#find(range, consistent) : undefined;
    if (read === undefined) {
      yield* this.#inner.query(range, options);
      return;
    }
    let reported = 0;
    for (let page = 0; ; page++) {
      while (page >= read.pages.length && !read.isDone) await this.#advance(read);
      for (; reported < read.damage.length; reported++) report(read.damage[reported], onDamage);
      if (page >= read.pages.length && read.error !== undefined) throw read.error;
      if (page >= read.pages.length) return;
      if (signal?.aborted) throw new HearthError("unavailable", "table: the query was canceled");
      const items = within(read.pages[page], range, read.range);
      if (items.length > 0) yield items;
    }
  }

  /** A read of the range or of more, a new one if there is room; undefined if there is none. */
  #find(range: KeyRange, isConsistent: boolean): SharedRead | undefined {
    const memory = this.#memory;
    const partition = keyOf(range.pk);
    const reads = memory.reads.get(partition) ?? [];
    const known = reads.find((read) => (read.isConsistent || !isConsistent) && covers(read.range, range));
    if (known !== undefined) return known;
    if (memory.sizeBytes >= memory.maxBytes) return undefined;
    const damage: Damage[] = [];
    // A signal of one reader must not end what others read too.
    const source = this.#inner.query(range, {
      consistent: isConsistent,
      onDamage: (item, reason) => damage.push({ item, reason }),
    });
    const read = {
      range,
      isConsistent,
      pages: [],
      damage,
      source,
      isDone: false,
      error: undefined,
      next: undefined,
    };
    memory.reads.set(partition, [...reads, read]);
    return read;
  }

  /** Reads the next page, once for all who wait for it. */
  async #advance(read: SharedRead): Promise<void> {
    read.next ??= this.#readPage(read).finally(() => {
      read.next = undefined;
    });
    await read.next;
  }

  async #readPage(read: SharedRead): Promise<void> {
    try {
      const { done, value } = await read.source.next();
      if (done === true) read.isDone = true;
      else {
        read.pages.push(value);
        this.#memory.sizeBytes += value.reduce((total, item) => total + itemSizeBytes(item), 0);
      }
    } catch (error) {
      read.error = error;
      this.#forget(read);
    }
  }

  /** Whoever comes later reads again. */
  #forget(read: SharedRead): void {
    read.isDone = true;
    const { reads } = this.#memory;
    const partition = keyOf(read.range.pk);
    const left = (reads.get(partition) ?? []).filter((other) => other !== read);
    reads.set(partition, left);
  }

  get(key: Key, options: { readonly consistent?: boolean } = {}): Promise<Item | undefined> {
    const { items } = this.#memory;
    const name = `${options.consistent === true}/${keyOf(key.pk)}/${keyOf(key.sk)}`;
    let item = items.get(name);
    if (item === undefined) {
      item = this.#inner.get(key, options);
      items.set(name, item);
      item.catch(() => items.delete(name));
    }
    return item;
  }

  put(item: Item): Promise<void> {
    return this.#inner.put(item);
  }

  putIfAbsent(item: Item): Promise<boolean> {
    return this.#inner.putIfAbsent(item);
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    return this.#inner.putIfEqual(item, expected);
  }

  putAll(items: readonly Item[]): Promise<void> {
    return this.#inner.putAll(items);
  }

  delete(key: Key): Promise<void> {
    return this.#inner.delete(key);
  }
}

/** Throws "data" where nobody takes notes, as a table does. */
function report({ item, reason }: Damage, onDamage: QueryOptions["onDamage"]): void {
  if (onDamage === undefined) throw new HearthError("data", `table: damaged item: ${reason}`);
  onDamage(item, reason);
}

function within(page: readonly Item[], { first, last }: KeyRange, read: KeyRange): readonly Item[] {
  if (isSame(first, read.first) && isSame(last, read.last)) return page;
  return page.filter(
    ({ sk }) =>
      (first === undefined || Buffer.compare(sk, first) >= 0) &&
      (last === undefined || Buffer.compare(sk, last) <= 0),
  );
}

function covers(read: KeyRange, wanted: KeyRange): boolean {
  const begins =
    read.first === undefined || (wanted.first !== undefined && Buffer.compare(read.first, wanted.first) <= 0);
  const ends =
    read.last === undefined || (wanted.last !== undefined && Buffer.compare(read.last, wanted.last) >= 0);
  return begins && ends;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0);
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
