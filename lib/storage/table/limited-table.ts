/** A table for one query: its reads end when they have cost what a query may. */
import { HearthError } from "../../model/errors.ts";
import {
  type Item,
  type Key,
  type KeyRange,
  type Meter,
  newMeter,
  type QueryOptions,
  type Table,
} from "./table.ts";

/** As the table itself counts units, after each page: calls under way at the same time may pass the limit by a page each. */
export class LimitedTable implements Table {
  readonly #inner: Table;
  readonly #maxReadUnits: number;
  readonly #spent: Meter;

  /** `spent` is for `metered`: what counts `inner`'s calls. */
  constructor(inner: Table, maxReadUnits: number, spent?: Meter) {
    this.#spent = spent ?? newMeter();
    this.#inner = spent === undefined ? inner.metered(this.#spent) : inner;
    this.#maxReadUnits = maxReadUnits;
  }

  metered(meter: Meter): Table {
    return new LimitedTable(this.#inner.metered(meter), this.#maxReadUnits, this.#spent);
  }

  async *query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    for await (const page of this.#inner.query(range, options)) {
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
    throw new HearthError(
      "too large",
      `query: more than ${this.#maxReadUnits} read units of DynamoDB are needed; add matchers or shorten the time range limit=maxQueryReadUnits`,
    );
  }
}
