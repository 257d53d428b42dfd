/**
 * Queries whose items are kept, as they lie, for whoever asks the same again: log records, dictionaries and run blocks hold
 * samples of many series, so each group of a query needs them, and they take 1 to 3 bytes a sample where decoded ones take 32.
 * What comes once there is no more room is not kept: it is read again. (To let go of the oldest instead would keep nothing of
 * what is read in the same order again and again.)
 */

import type { Item, KeyRange, QueryOptions, Table } from "../table/table.ts";
import type { HeldBytes } from "./query-budget.ts";

/** Keys and objects of an item beside its value, about. */
const ITEM_OVERHEAD_BYTES = 600;

type Pages = readonly (readonly Item[])[];

export class KeptQueries {
  /** Whether anything more is kept; it is of no use before a second group is expected. */
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

  /** As `Table.query`, and the same pages every time that it answers from memory. */
  async *query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
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

  /** Lets go of everything. */
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
