/**
 * A table whose items carry a checksum of key and value, written with each put and compared with each read. An item of a
 * version that wrote none is accepted and counted.
 *
 * One damaged item costs itself alone: a query that is handed `onDamage` leaves it out and goes on. Everything else
 * throws "data", so damage is never silent.
 */
import { HearthError } from "../../model/errors.ts";
import { checksumOf } from "../table/checksum.ts";
import { checkKey } from "../table/item-size.ts";
import type { Item, Key, KeyRange, Meter, OnDamage, QueryOptions, Table } from "../table/table.ts";
import { describeKey } from "./key-place.ts";

export class VerifiedTable implements Table {
  readonly #inner: Table;
  readonly #meters: readonly Meter[];

  /** `meters` is for `metered`. */
  constructor(inner: Table, meters: readonly Meter[] = []) {
    this.#inner = inner;
    this.#meters = meters;
  }

  metered(meter: Meter): Table {
    return new VerifiedTable(this.#inner.metered(meter), [...this.#meters, meter]);
  }

  async put(item: Item): Promise<void> {
    return this.#inner.put(withChecksum(item));
  }

  async putIfAbsent(item: Item): Promise<boolean> {
    return this.#inner.putIfAbsent(withChecksum(item));
  }

  async putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    return this.#inner.putIfEqual(withChecksum(item), expected);
  }

  async putAll(items: readonly Item[]): Promise<void> {
    return this.#inner.putAll(items.map(withChecksum));
  }

  delete(key: Key): Promise<void> {
    return this.#inner.delete(key);
  }

  async get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    const item = await this.#inner.get(key, options);
    if (item === undefined) return undefined;
    const reason = this.#verify(item);
    if (reason !== undefined) throw damaged(item, reason);
    return withoutChecksum(item);
  }

  async *query(range: KeyRange, options: QueryOptions = {}): AsyncGenerator<readonly Item[], void, void> {
    for await (const page of this.#inner.query(range, options)) yield this.#verifyAll(page, options.onDamage);
  }

  #verifyAll(page: readonly Item[], onDamage: OnDamage | undefined): readonly Item[] {
    const items: Item[] = [];
    for (const item of page) {
      const reason = this.#verify(item);
      if (reason === undefined) items.push(withoutChecksum(item));
      else if (onDamage === undefined) throw damaged(item, reason);
      else onDamage(item, reason);
    }
    return items;
  }

  /** Returns why an item is damaged, undefined for one that is not. */
  #verify(item: Item): string | undefined {
    if (item.checksum === undefined) {
      for (const meter of this.#meters) meter.uncheckedItems++;
      return undefined;
    }
    const checksum = checksumOf(item);
    if (checksum === item.checksum) return undefined;
    for (const meter of this.#meters) meter.damagedItems++;
    return `checksum ${print(checksum)}, expected ${print(item.checksum)}`;
  }
}

function print(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}

/** Takes the key of an item that is damaged, or beside which one is missing, and what is wrong. */
export type NoteDamage = (key: Key, reason: string) => void;

/** For callers that cannot go on without the item. Throws "data". */
export const throwDamaged: NoteDamage = (key, reason) => {
  throw damaged(key, reason);
};

/** The error of an item that cannot be used. */
export function damaged(item: Key, reason: string): HearthError {
  return new HearthError(
    "data",
    `table: damaged item: ${reason}; run "hearthdb verify" ${describeKey(item)}`,
  );
}

/** Throws "internal" for a key that no item can have, which has no checksum either. */
function withChecksum({ pk, sk, value, expiresAtSeconds }: Item): Item {
  checkKey({ pk, sk });
  const item = { pk, sk, value, checksum: checksumOf({ pk, sk, value }) };
  return expiresAtSeconds === undefined ? item : { ...item, expiresAtSeconds };
}

function withoutChecksum({ pk, sk, value, expiresAtSeconds }: Item): Item {
  return expiresAtSeconds === undefined ? { pk, sk, value } : { pk, sk, value, expiresAtSeconds };
}
