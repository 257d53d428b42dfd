/** Counts the write units of a table by the sizes of items, as DynamoDB bills them: a stub does not say. */
import { itemSizeBytes, writeUnits } from "../../lib/storage/table/item-size.ts";
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "../../lib/storage/table/table.ts";

export class CountedTable implements Table {
  readonly #inner: Table;
  units = 0;
  items = 0;

  constructor(inner: Table) {
    this.#inner = inner;
  }

  put(item: Item): Promise<void> {
    this.#count([item]);
    return this.#inner.put(item);
  }

  putIfAbsent(item: Item): Promise<boolean> {
    this.#count([item]);
    return this.#inner.putIfAbsent(item);
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    this.#count([item]);
    return this.#inner.putIfEqual(item, expected);
  }

  putAll(items: readonly Item[]): Promise<void> {
    this.#count(items);
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

  metered(_meter: Meter): Table {
    return this;
  }

  #count(items: readonly Item[]): void {
    for (const item of items) this.units += writeUnits(itemSizeBytes(item));
    this.items += items.length;
  }
}
