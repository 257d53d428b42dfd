/** A table with TTL: what has expired leaves when it is told to. */
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "../../lib/storage/table/table.ts";

export class ExpiringTable implements Table {
  readonly #inner: Table;
  readonly #onCall: () => void;
  readonly #expiring = new Map<string, Item>();

  /** `onCall` is told of every call before it is made, and may throw. */
  constructor(inner: Table, onCall: () => void) {
    this.#inner = inner;
    this.#onCall = onCall;
  }

  /** Removes the expired items that `isTaken` says; answers how many. */
  removeExpired(nowMs: number, isTaken: () => boolean): number {
    let removed = 0;
    for (const [key, item] of this.#expiring) {
      if (item.expiresAtSeconds === undefined || item.expiresAtSeconds * 1000 >= nowMs || !isTaken())
        continue;
      this.#expiring.delete(key);
      void this.#inner.delete(item);
      removed++;
    }
    return removed;
  }

  metered(_meter: Meter): Table {
    return this;
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
    return this.#inner.delete(key);
  }

  async *query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    this.#onCall();
    yield* this.#inner.query(range, options);
  }

  #note(item: Item): void {
    this.#expiring.set(textOf(item), item);
  }
}

function textOf({ pk, sk }: Key): string {
  return `${Buffer.from(pk).toString("latin1")}|${Buffer.from(sk).toString("latin1")}`;
}
