/** The compactor's table: each write waits for its turn, and is counted by what DynamoDB says it cost. */
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "../../table/table.ts";

/** Whoever decides when a write's turn comes, and counts what it cost. */
export interface Turns {
  /** Called before a write: waits for its turn. */
  admit(): Promise<void>;
  /** Called after it, also when it failed. */
  settle(): void;
}

export class PacedTable implements Table {
  readonly #inner: Table;
  readonly #turns: Turns;

  constructor(inner: Table, turns: Turns) {
    this.#inner = inner;
    this.#turns = turns;
  }

  metered(meter: Meter): PacedTable {
    return new PacedTable(this.#inner.metered(meter), this.#turns);
  }

  put(item: Item): Promise<void> {
    return this.#paced(() => this.#inner.put(item));
  }

  putIfAbsent(item: Item): Promise<boolean> {
    return this.#paced(() => this.#inner.putIfAbsent(item));
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    return this.#paced(() => this.#inner.putIfEqual(item, expected));
  }

  putAll(items: readonly Item[]): Promise<void> {
    return this.#paced(() => this.#inner.putAll(items));
  }

  delete(key: Key): Promise<void> {
    return this.#paced(() => this.#inner.delete(key));
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#inner.get(key, options);
  }

  query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    return this.#inner.query(range, options);
  }

  async #paced<T>(write: () => Promise<T>): Promise<T> {
    await this.#turns.admit();
    try {
      return await write();
    } finally {
      this.#turns.settle();
    }
  }
}
