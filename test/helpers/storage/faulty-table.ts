/** A table that notes its calls and fails when it is told to. */
import { HearthError } from "../../../lib/model/errors.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "../../../lib/storage/table/table.ts";

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
  hasFailed: boolean;
  /** Called before the call of this number. */
  hook: { readonly number: number; readonly run: () => void } | undefined;
}

/** Kinds of items by the first byte of their partition key. */
const kindOf = (key: { readonly pk: Uint8Array }) => String.fromCharCode(key.pk[0]);

export class FaultyTable implements Table {
  readonly inner: Table;
  /** Items of failed puts that are not stored: a put may take effect long after its caller gave up. */
  readonly lost: Item[] = [];
  readonly #shared: Shared;

  constructor(inner: Table = new MemoryTable(), shared?: Shared) {
    this.inner = inner;
    this.#shared = shared ?? { calls: [], failAt: -1, fault: "lost", hasFailed: false, hook: undefined };
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

  /** Does something before the call of this number from now on, counted from 0. */
  beforeCall(number: number, run: () => void): void {
    this.#shared.hook = { number: this.#shared.calls.length + number, run };
  }

  /** From now on every call succeeds. */
  heal(): void {
    this.#shared.failAt = -1;
  }

  /** Whether a call that was to fail has been made. */
  get hasFailed(): boolean {
    return this.#shared.hasFailed;
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

  async putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    let answer = false;
    await this.#write(`putIfEqual ${kindOf(item)}`, [item], async (items) => {
      for (const one of items) answer = await this.inner.putIfEqual(one, expected);
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
    for await (const page of this.inner.query(range, options)) {
      yield await this.#call(`query ${kindOf(range)}`, async () => page);
    }
  }

  async #write(name: string, items: readonly Item[], store: (items: readonly Item[]) => Promise<void>) {
    const { fault } = this.#shared;
    const kept = fault === "lost" ? 0 : Math.ceil(items.length / (fault === "stored" ? 1 : 2));
    await this.#call(
      name,
      () => store(items),
      async () => {
        this.lost.push(...items.slice(kept));
        await store(items.slice(0, kept));
      },
    );
  }

  async #call<T>(name: string, make: () => Promise<T>, makeFaulty?: () => Promise<unknown>): Promise<T> {
    const { calls } = this.#shared;
    const number = calls.push(name) - 1;
    if (number === this.#shared.hook?.number) this.#shared.hook.run();
    // As a table far away: nothing happens before the caller has gone on.
    await null;
    if (number !== this.#shared.failAt) return make();
    this.#shared.hasFailed = true;
    await makeFaulty?.();
    throw new HearthError("unavailable", `the table fails at call ${number} (${name})`);
  }
}
