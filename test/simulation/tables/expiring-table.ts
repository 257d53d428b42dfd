/** A table with TTL: what has expired leaves when it is told to. */
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "../../../lib/storage/table/table.ts";

export class ExpiringTable implements Table {
  readonly #inner: Table;
  readonly #onCall: () => void;
  /** All that is stored, by key. */
  readonly #items: Map<string, Item>;
  /** How often something was removed, by TTL or behind everybody's back. */
  removals = 0;

  /** `onCall` is told of every call before it is made, and may throw; `items` is for `metered`. */
  constructor(inner: Table, onCall: () => void, items: Map<string, Item> = new Map()) {
    this.#inner = inner;
    this.#onCall = onCall;
    this.#items = items;
  }

  /** All that is stored, in the order in which keys came. */
  items(): Item[] {
    return [...this.#items.values()];
  }

  /** An item as it is stored; undefined where there is none. Nobody is told. */
  peek(key: Key): Item | undefined {
    return this.#items.get(textOf(key));
  }

  /** Changes an item behind everybody's back, or takes it away. */
  tamper(key: Key, changed: Item | undefined): void {
    if (changed === undefined) this.#remove(key);
    else {
      this.#note(changed);
      void this.#inner.put(changed);
    }
  }

  #remove(key: Key): void {
    this.removals++;
    this.#items.delete(textOf(key));
    void this.#inner.delete(key);
  }

  /** Removes the expired items that `isTaken` says; answers how many. */
  removeExpired(nowMs: number, isTaken: () => boolean): number {
    let removed = 0;
    for (const item of this.#items.values()) {
      if (item.expiresAtSeconds === undefined || item.expiresAtSeconds * 1000 >= nowMs || !isTaken())
        continue;
      this.#remove(item);
      removed++;
    }
    return removed;
  }

  metered(meter: Meter): Table {
    return new ExpiringTable(this.#inner.metered(meter), this.#onCall, this.#items);
  }

  async put(item: Item): Promise<void> {
    this.#onCall();
    this.#note(item);
    return this.#inner.put(item);
  }

  async putIfAbsent(item: Item): Promise<boolean> {
    this.#onCall();
    const isStored = await this.#inner.putIfAbsent(item);
    if (isStored) this.#note(item);
    return isStored;
  }

  async putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    this.#onCall();
    const isStored = await this.#inner.putIfEqual(item, expected);
    if (isStored) this.#note(item);
    return isStored;
  }

  async putAll(items: readonly Item[]): Promise<void> {
    this.#onCall();
    for (const item of items) this.#note(item);
    return this.#inner.putAll(items);
  }

  async get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    this.#onCall();
    return this.#inner.get(key, options);
  }

  async delete(key: Key): Promise<void> {
    this.#onCall();
    this.#remove(key);
  }

  query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    this.#onCall();
    return this.#inner.query(range, options);
  }

  #note(item: Item): void {
    this.#items.set(textOf(item), copyOf(item));
  }
}

/** A caller may change its bytes once the call is answered. */
function copyOf(item: Item): Item {
  return {
    ...item,
    pk: new Uint8Array(item.pk),
    sk: new Uint8Array(item.sk),
    value: new Uint8Array(item.value),
  };
}

function textOf({ pk, sk }: Key): string {
  return `${Buffer.from(pk).toString("latin1")}|${Buffer.from(sk).toString("latin1")}`;
}
