/**
 * Queries whose items are kept, not decoded, for the next groups of a selection. Log records, dictionaries
 * and run blocks hold samples of many series, so each group needs them. They take 1 to 3 bytes a sample,
 * decoded ones 32. Items that no longer fit are not kept: they are read again. (Releasing the oldest
 * instead would keep nothing, since groups read in the same order.)
 */

import type { Item, KeyRange, QueryOptions, Table } from "../table/table.ts";
import type { HeldBytes } from "./query-budget.ts";

/** Keys and objects of an item beside its value, about. */
const ITEM_OVERHEAD_BYTES = 600;

type Pages = readonly (readonly Item[])[];

export class KeptQueries {
  /** Whether more is kept; useful only if another group follows. */
  isKeeping = false;
  readonly #table: Pick<Table, "query">;
  readonly #limitBytes: number;
  readonly #held: HeldBytes;
  readonly #kept = new Map<string, Pages>();
  #sizeBytes = 0;

  constructor(table: Pick<Table, "query">, limitBytes: number, held: HeldBytes) {
    this.#table = table;
    this.#limitBytes = limitBytes;
    this.#held = held;
  }

  /** As `Table.query`; the same pages whenever they come from memory. */
  query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    // Most queries have one group, for which keys and another generator would be made in vain.
    const isIdle = !this.isKeeping && this.#kept.size === 0;
    return isIdle ? this.#table.query(range, options) : this.#keptQuery(range, options);
  }

  async *#keptQuery(
    range: KeyRange,
    options: QueryOptions | undefined,
  ): AsyncGenerator<readonly Item[], void, void> {
    const key = keyOf(range, options);
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      yield* kept;
      return;
    }
    let pages: (readonly Item[])[] | undefined = [];
    let sizeBytes = key.length;
    for await (const page of this.#table.query(range, options)) {
      sizeBytes += sizeOf(page);
      if (!this.#fits(sizeBytes)) pages = undefined;
      pages?.push(page);
      yield page;
    }
    if (pages === undefined || !this.#fits(sizeBytes)) return;
    this.#kept.set(key, pages);
    this.#sizeBytes += sizeBytes;
    this.#held.add(sizeBytes);
  }

  /** Releases everything. */
  drop(): void {
    this.#kept.clear();
    this.#held.add(-this.#sizeBytes);
    this.#sizeBytes = 0;
  }

  #fits(sizeBytes: number): boolean {
    return this.isKeeping && this.#sizeBytes + sizeBytes <= this.#limitBytes;
  }
}

function keyOf({ pk, first, last }: KeyRange, { consistent = false }: QueryOptions = {}): string {
  const keys = [pk, first, last].map((bytes) => (bytes ? Buffer.from(bytes).toString("base64") : ""));
  return [...keys, consistent].join();
}

function sizeOf(page: readonly Item[]): number {
  return page.reduce((total, { value }) => total + value.length + ITEM_OVERHEAD_BYTES, 0);
}
