/** A table for one request: its reads end when they have cost what a request may. */
import { ReadUnitsError } from "../../model/errors.ts";
import { printReadUnits } from "./read-price.ts";
import {
  type Item,
  type Key,
  type KeyRange,
  type Meter,
  newMeter,
  type OnDamage,
  type QueryOptions,
  type Table,
} from "./table.ts";

/** As the table itself counts units, after each page: calls under way at the same time may pass the limit by a page each. */
export class LimitedTable implements Table {
  readonly #inner: Table;
  readonly #maxReadUnits: number;
  readonly #spent: Meter;

  readonly #onDamage: OnDamage | undefined;

  /** `spent` and `onDamage` are for `metered` and `reporting`; `spent` counts `inner`'s calls. */
  constructor(inner: Table, maxReadUnits: number, spent?: Meter, onDamage?: OnDamage) {
    this.#onDamage = onDamage;
    this.#spent = spent ?? newMeter();
    this.#inner = spent === undefined ? inner.metered(this.#spent) : inner;
    this.#maxReadUnits = maxReadUnits;
  }

  metered(meter: Meter): LimitedTable {
    return new LimitedTable(this.#inner.metered(meter), this.#maxReadUnits, this.#spent, this.#onDamage);
  }

  /** The same table, within the same limit; its queries leave damaged items out and hand them on. */
  reporting(onDamage: OnDamage): LimitedTable {
    return new LimitedTable(this.#inner, this.#maxReadUnits, this.#spent, onDamage);
  }

  async *query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    const all = this.#onDamage === undefined ? options : { onDamage: this.#onDamage, ...options };
    for await (const page of this.#inner.query(range, all)) {
      this.#check();
      yield page;
    }
  }

  async get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    const item = await this.#inner.get(key, options);
    this.#check();
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

  /** Throws "too large", naming the limit. */
  #check(): void {
    if (this.#spent.readUnits <= this.#maxReadUnits) return;
    throw new ReadUnitsError(
      `query: the request needs more than ${printReadUnits(this.#maxReadUnits)} of DynamoDB; add matchers or shorten the time range limit=maxQueryReadUnits`,
    );
  }
}
