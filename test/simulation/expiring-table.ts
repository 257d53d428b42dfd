/** A table with TTL: what has expired leaves when it is told to. */
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "../../lib/storage/table.ts";

export class ExpiringTable implements Table {
  readonly #inner: Table;
  readonly #expiring = new Map<string, Item>();

  constructor(inner: Table) {
    this.#inner = inner;
  }

  removeExpired(nowMs: number): void {
    for (const item of this.#expiring.values()) {
      if (item.expiresAtSeconds !== undefined && item.expiresAtSeconds * 1000 < nowMs)
        void this.#inner.delete(item);
    }
  }

  metered(_meter: Meter): Table {
    return this;
  }

  put(item: Item): Promise<void> {
    this.#note(item);
    return this.#inner.put(item);
  }

  async putIfAbsent(item: Item): Promise<boolean> {
    const isStored = await this.#inner.putIfAbsent(item);
    if (isStored) this.#note(item);
    return isStored;
  }

  async putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    const isStored = await this.#inner.putIfEqual(item, expected);
    if (isStored) this.#note(item);
    return isStored;
  }

  putAll(items: readonly Item[]): Promise<void> {
    for (const item of items) this.#note(item);
    return this.#inner.putAll(items);
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#inner.get(key, options);
  }

  delete(key: Key): Promise<void> {
    return this.#inner.delete(key);
  }

  query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    return this.#inner.query(range, options);
  }

  #note(item: Item): void {
    this.#expiring.set(
      `${Buffer.from(item.pk).toString("hex")}/${Buffer.from(item.sk).toString("hex")}`,
      item,
    );
  }
}
