/**
 * A table that throttles at a capacity, as DynamoDB's provisioned mode: unused write units of 300 s are saved, and a write for
 * which there are none is refused. Stricter than DynamoDB, whose client would try for seconds before it gives up.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
 */
import { HearthError } from "../../../lib/model/errors.ts";
import { itemSizeBytes, writeUnits } from "../../../lib/storage/table/item-size.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import {
  type Item,
  type Key,
  type KeyRange,
  type Meter,
  newMeter,
  type QueryOptions,
  type Table,
} from "../../../lib/storage/table/table.ts";

const BURST_SECONDS = 300;

export class Capacity {
  /** Units a second. */
  unitsPerSecond: number;
  /** All that was written. */
  readonly meter = newMeter();
  /** The fewest saved units since it was last set. */
  leastTokens = Number.POSITIVE_INFINITY;
  readonly #clock: () => number;
  #tokens: number;
  #atMs: number;

  constructor(unitsPerSecond: number, clock: () => number) {
    this.unitsPerSecond = unitsPerSecond;
    this.#clock = clock;
    this.#atMs = clock();
    this.#tokens = unitsPerSecond * BURST_SECONDS;
  }

  /** Whether there are so many units now. */
  has(units: number): boolean {
    const nowMs = this.#clock();
    const came = ((nowMs - this.#atMs) / 1000) * this.unitsPerSecond;
    this.#tokens = Math.min(this.#tokens + came, this.unitsPerSecond * BURST_SECONDS);
    this.#atMs = nowMs;
    return this.#tokens >= units;
  }

  spend(units: number): void {
    this.#tokens -= units;
    this.leastTokens = Math.min(this.leastTokens, this.#tokens);
  }
}

export class CapacityTable implements Table {
  /** Writes that were refused. */
  throttledCalls = 0;
  readonly #inner: Table;
  readonly #capacity: Capacity;
  readonly #counted = newMeter();
  readonly #root: CapacityTable;
  #seen = 0;

  /** One of several tables over the same items; each counts its own refusals. */
  constructor(
    items: MemoryTable,
    capacity: Capacity,
    metered?: { readonly inner: Table; readonly root: CapacityTable },
  ) {
    this.#inner = metered?.inner ?? items.metered(this.#counted).metered(capacity.meter);
    this.#root = metered?.root ?? this;
    this.#capacity = capacity;
  }

  metered(meter: Meter): CapacityTable {
    const metered = { inner: this.#inner.metered(meter), root: this.#root };
    return new CapacityTable(new MemoryTable(), this.#capacity, metered);
  }

  put(item: Item): Promise<void> {
    return this.#write([item], () => this.#inner.put(item));
  }

  putIfAbsent(item: Item): Promise<boolean> {
    return this.#write([item], () => this.#inner.putIfAbsent(item));
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    return this.#write([item], () => this.#inner.putIfEqual(item, expected));
  }

  /** Stores one after another, as many as there are units for. */
  async putAll(items: readonly Item[]): Promise<void> {
    for (const item of items) await this.put(item);
  }

  async delete(key: Key): Promise<void> {
    await this.#write([{ ...key, value: new Uint8Array(0) }], () => this.#inner.delete(key));
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#inner.get(key, options);
  }

  query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    return this.#inner.query(range, options);
  }

  async #write<T>(items: readonly Item[], write: () => Promise<T>): Promise<T> {
    const units = items.reduce((sum, item) => sum + writeUnits(itemSizeBytes(item)), 0);
    if (!this.#capacity.has(units)) {
      this.#root.throttledCalls++;
      throw new HearthError("unavailable", "put: throttled");
    }
    const stored = await write();
    this.#capacity.spend(this.#root.#newUnits());
    return stored;
  }

  /** What the table has billed since it was asked last: an item that replaces a larger one costs that one's units. */
  #newUnits(): number {
    const units = this.#counted.writeUnits - this.#seen;
    this.#seen = this.#counted.writeUnits;
    return units;
  }
}
