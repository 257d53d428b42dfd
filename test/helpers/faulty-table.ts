/** A table that notes its calls and fails when it is told to. */
import { HearthError } from "../../lib/model/errors.ts";
import { MemoryTable } from "../../lib/storage/memory-table.ts";
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "../../lib/storage/table.ts";

/**
 * What became of a call that fails: nothing was stored, all of it was (the answer was lost), or the first half of the
 * items.
 */
export type Fault = "lost" | "stored" | "half stored";
export const FAULTS: readonly Fault[] = ["lost", "stored", "half stored"];

interface Shared {
  readonly calls: string[];
  failAt: number;
  fault: Fault;
}

/** Kinds of items by the first byte of their partition key. */
const kindOf = (key: { readonly pk: Uint8Array }) => String.fromCharCode(key.pk[0]);

export class FaultyTable implements Table {
  readonly inner: Table;
  readonly #shared: Shared;

  constructor(inner: Table = new MemoryTable(), shared: Shared = { calls: [], failAt: -1, fault: "lost" }) {
    this.inner = inner;
    this.#shared = shared;
  }

  /** Every call so far: `put S`, `query D`; a query is a call for each page. */
  get calls(): readonly string[] {
    return this.#shared.calls;
  }

  /** Fails the call of this number from now on, counted from 0, and no other. */
  failOnce(number: number, fault: Fault = "lost"): void {
    this.#shared.failAt = this.#shared.calls.length + number;
    this.#shared.fault = fault;
  }

  /** Whether the call that was to fail has been made. */
  get hasFailed(): boolean {
    return this.#shared.failAt >= 0 && this.#shared.calls.length > this.#shared.failAt;
  }

  metered(meter: Meter): Table {
    return new FaultyTable(this.inner.metered(meter), this.#shared);
  }

  put(item: Item): Promise<void> {
    return this.#write(`put ${kindOf(item)}`, [item], async (items) => {
      for (const one of items) await this.inner.put(one);
    });
  }

  async putIfAbsent(item: Item): Promise<boolean> {
    let answer = false;
    await this.#write(`putIfAbsent ${kindOf(item)}`, [item], async (items) => {
      for (const one of items) answer = await this.inner.putIfAbsent(one);
    });
    return answer;
  }

  putAll(items: readonly Item[]): Promise<void> {
    const kinds = [...new Set(items.map(kindOf))].join("");
    return this.#write(`putAll ${kinds}`, items, (some) => this.inner.putAll(some));
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#call(`get ${kindOf(key)}`, () => this.inner.get(key, options));
  }

  delete(key: Key): Promise<void> {
    return this.#call(`delete ${kindOf(key)}`, () => this.inner.delete(key));
  }

  async *query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    const pages = this.inner.query(range, options);
    for (;;) {
      const page = await this.#call(`query ${kindOf(range)}`, () => pages.next());
      if (page.done) return;
      yield page.value;
    }
  }

  async #write(name: string, items: readonly Item[], store: (items: readonly Item[]) => Promise<void>) {
    const { fault } = this.#shared;
    const kept = fault === "lost" ? 0 : Math.ceil(items.length / (fault === "stored" ? 1 : 2));
    await this.#call(
      name,
      () => store(items),
      () => store(items.slice(0, kept)),
    );
  }

  async #call<T>(name: string, make: () => Promise<T>, makeFaulty?: () => Promise<unknown>): Promise<T> {
    const { calls } = this.#shared;
    const number = calls.push(name) - 1;
    // As a table far away: nothing happens before the caller has gone on.
    await null;
    if (number !== this.#shared.failAt) return make();
    await makeFaulty?.();
    throw new HearthError("unavailable", `the table fails at call ${number} (${name})`);
  }
}
