/**
 * Stores the items of a group some at a time. A group that was stopped half-way is made again from its beginning: what is stored
 * already is skipped, item by item, and its keys are compared, so that a group which came out otherwise is noticed.
 */
import type { Item, Table } from "../../table/table.ts";

/** Items encoded before they are stored, where nothing is paced. */
export const STORE_SLICE = 200;

/** The first items of a group, which are stored. */
export interface StoredItems {
  readonly items: number;
  /** Of their keys, 32 bits. */
  readonly digest: number;
}

export const NO_ITEMS: StoredItems = { items: 0, digest: 0x811c9dc5 };

/** The group's first items are not those that an earlier run stored: an input is damaged since. */
export class ChangedGroup extends Error {}

export class ItemSink {
  readonly #table: Table;
  readonly #skipped: StoredItems;
  readonly #slice: number;
  #passed = NO_ITEMS;
  #items: Item[] = [];

  constructor(table: Table, skipped: StoredItems, slice: number) {
    this.#table = table;
    this.#skipped = skipped;
    this.#slice = slice;
  }

  /** What is stored so far. */
  get stored(): StoredItems {
    return this.#passed;
  }

  get isSkipping(): boolean {
    return this.#passed.items < this.#skipped.items;
  }

  /** Answers whether a slice was stored. Throws `ChangedGroup`. */
  async add(items: Iterable<Item>): Promise<boolean> {
    let isStored = false;
    for (const item of items) {
      if (this.isSkipping) this.#skip(item);
      else this.#items.push(item);
      if (this.#items.length < this.#slice) continue;
      await this.finish();
      isStored = true;
    }
    return isStored;
  }

  async finish(): Promise<void> {
    await this.#table.putAll(this.#items);
    for (const item of this.#items) this.#passed = passed(this.#passed, item);
    this.#items = [];
  }

  /** Throws `ChangedGroup` unless the group has come to the end of what was stored. */
  expectSkipped(): void {
    if (this.isSkipping) throw new ChangedGroup();
  }

  #skip(item: Item): void {
    this.#passed = passed(this.#passed, item);
    if (this.#passed.items === this.#skipped.items && this.#passed.digest !== this.#skipped.digest)
      throw new ChangedGroup();
  }
}

/** FNV-1a of the keys. */
function passed({ items, digest }: StoredItems, { pk, sk }: Item): StoredItems {
  let hash = digest;
  for (const bytes of [pk, sk])
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return { items: items + 1, digest: hash >>> 0 };
}
