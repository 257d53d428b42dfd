/** A table whose calls take time, as DynamoDB's do, and which knows how many of them were made in a row. */
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "../../lib/storage/table/table.ts";

export interface TableSpeed {
  /** From a call to its response, in ms. */
  readonly callMs: number;
  /** Of the items of all calls together. */
  readonly bytesPerSecond: number;
}

/** In memory: a call ends in the next turn of the event loop. */
export const AT_ONCE: TableSpeed = { callMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY };

/** Keys and attribute names of an item in a response, about. */
const ITEM_OVERHEAD_BYTES = 60;

interface Shared {
  readonly speed: TableSpeed;
  calls: number;
  /** The most calls of which each began after the one before it had ended. */
  inARow: number;
  /** When the last byte of all responses so far has come, by `performance.now()`. */
  receivedMs: number;
}

export class SlowTable implements Table {
  readonly #inner: Table;
  readonly #shared: Shared;

  constructor(inner: Table, speed: TableSpeed, shared?: Shared) {
    this.#inner = inner;
    this.#shared = shared ?? { speed, calls: 0, inARow: 0, receivedMs: 0 };
  }

  get calls(): number {
    return this.#shared.calls;
  }

  get callsInARow(): number {
    return this.#shared.inARow;
  }

  /** Counts anew. */
  reset(): void {
    this.#shared.calls = 0;
    this.#shared.inARow = 0;
  }

  metered(meter: Meter): SlowTable {
    return new SlowTable(this.#inner.metered(meter), this.#shared.speed, this.#shared);
  }

  async *query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    const pages = this.#inner.query(range, options);
    try {
      for (;;) {
        const next = await this.#call(
          () => pages.next(),
          ({ value }) => sizeOf(value ?? []),
        );
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await pages.return();
    }
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#call(
      () => this.#inner.get(key, options),
      (item) => sizeOf(item === undefined ? [] : [item]),
    );
  }

  put = (item: Item) => this.#inner.put(item);
  putIfAbsent = (item: Item) => this.#inner.putIfAbsent(item);
  putIfEqual = (item: Item, expected: Uint8Array) => this.#inner.putIfEqual(item, expected);
  putAll = (items: readonly Item[]) => this.#inner.putAll(items);
  delete = (key: Key) => this.#inner.delete(key);

  async #call<T>(make: () => Promise<T>, bytesOf: (result: T) => number): Promise<T> {
    const shared = this.#shared;
    const { callMs, bytesPerSecond } = shared.speed;
    const place = shared.inARow + 1;
    const beganMs = performance.now();
    const result = await make();
    // The end of a query is not a call: DynamoDB says on the last page that it is the last.
    if ((result as { done?: boolean } | undefined)?.done === true) return result;
    shared.calls++;
    const transferMs = (bytesOf(result) / bytesPerSecond) * 1000;
    shared.receivedMs = Math.max(shared.receivedMs, beganMs) + transferMs;
    await until(Math.max(beganMs + callMs, shared.receivedMs));
    shared.inARow = Math.max(shared.inARow, place);
    return result;
  }
}

function sizeOf(items: readonly Item[]): number {
  return items.reduce((sum, { sk, value }) => sum + sk.length + value.length + ITEM_OVERHEAD_BYTES, 0);
}

async function until(timeMs: number): Promise<void> {
  const waitMs = timeMs - performance.now();
  await new Promise((resolve) => (waitMs > 0.5 ? setTimeout(resolve, waitMs) : setImmediate(resolve)));
}
