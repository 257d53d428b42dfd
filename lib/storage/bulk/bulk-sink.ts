/** Stores items while the next ones are made: some are on their way, some are gathered. */
import type { Item, Table } from "../table/table.ts";

/** Items stored at a time: eight calls of 25 at once. */
const STORE_SLICE = 200;

export class BulkSink {
  readonly #table: Table;
  #items: Item[] = [];
  #underWay: Promise<void> = Promise.resolve();

  constructor(table: Table) {
    this.#table = table;
  }

  /** Throws what storing earlier items threw. */
  async add(items: Iterable<Item>): Promise<void> {
    for (const item of items) {
      this.#items.push(item);
      if (this.#items.length >= STORE_SLICE) await this.#store();
    }
  }

  /** Everything is stored once it resolves. */
  async finish(): Promise<void> {
    await this.#store();
    await this.#underWay;
  }

  /** Nothing is on its way any more once it resolves; what was gathered is dropped. */
  async abandon(): Promise<void> {
    this.#items = [];
    await this.#underWay.catch(() => {});
  }

  async #store(): Promise<void> {
    await this.#underWay;
    const items = this.#items;
    this.#items = [];
    this.#underWay = this.#table.putAll(items);
    // A failure is thrown by the next call, and is not unhandled until then.
    this.#underWay.catch(() => {});
  }
}
