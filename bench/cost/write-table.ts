/** A table that counts the cost of writes, and keeps only items that a writer reads again. */
import { KIND } from "../../lib/storage/layout/keys.ts";
import { itemSizeBytes, writeUnits } from "../../lib/storage/table/item-size.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import {
  BATCH_PUT_ITEMS,
  type Item,
  type Key,
  type KeyRange,
  type Meter,
  newMeter,
  type QueryOptions,
  type Table,
} from "../../lib/storage/table/table.ts";

/** Items that writers never read: those of many scrapes would not fit into memory. */
const UNREAD_KINDS: readonly number[] = [KIND.log];

/** The cost of some calls, and the bytes of their items. */
export interface Moved extends Meter {
  readBytes: number;
  writtenBytes: number;
}

export function newMoved(): Moved {
  return { ...newMeter(), readBytes: 0, writtenBytes: 0 };
}

export class WriteTable implements Table {
  /** The cost of all calls since it was last set. */
  moved = newMoved();
  readonly #inner = new MemoryTable();
  readonly #onPut: (item: Item) => void;

  constructor(onPut: (item: Item) => void = () => {}) {
    this.#onPut = onPut;
  }

  metered(): Table {
    return this;
  }

  put(item: Item): Promise<void> {
    return this.putAll([item]);
  }

  async putIfAbsent(item: Item): Promise<boolean> {
    if ((await this.#inner.get(item)) !== undefined) return false;
    await this.put(item);
    return true;
  }

  putIfEqual(): Promise<boolean> {
    throw new Error("a writer replaces nothing");
  }

  async putAll(items: readonly Item[]): Promise<void> {
    const { moved } = this;
    moved.calls += Math.ceil(items.length / BATCH_PUT_ITEMS);
    for (const item of items) {
      const sizeBytes = itemSizeBytes(item);
      moved.writeUnits += writeUnits(sizeBytes);
      moved.writtenBytes += sizeBytes;
      this.#onPut(item);
    }
    await this.#inner.putAll(items.filter(({ pk }) => !UNREAD_KINDS.includes(pk[0])));
  }

  async get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    const { moved } = this;
    const item = await this.#inner.metered(moved).get(key, options);
    if (item !== undefined) moved.readBytes += itemSizeBytes(item);
    return item;
  }

  delete(): Promise<void> {
    throw new Error("a writer removes nothing");
  }

  async *query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    const { moved } = this;
    for await (const page of this.#inner.metered(moved).query(range, options)) {
      for (const item of page) moved.readBytes += itemSizeBytes(item);
      yield page;
    }
  }
}
