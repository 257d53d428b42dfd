/**
 * A table whose calls all take the same time: those under way end together once nothing else goes on. So the rounds are what a
 * user waits for, in calls one after the other, whatever else the machine does.
 */
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "../../../lib/storage/table/table.ts";

/** Turns of the event loop after which nothing more is expected to begin by itself. */
const QUIET_TURNS = 5;

interface Rounds {
  count: number;
  waiting: (() => void)[];
  turnsLeft: number;
}

export class RoundTable implements Table {
  readonly #inner: Table;
  readonly #rounds: Rounds;

  constructor(inner: Table, rounds: Rounds = { count: 0, waiting: [], turnsLeft: 0 }) {
    this.#inner = inner;
    this.#rounds = rounds;
  }

  get rounds(): number {
    return this.#rounds.count;
  }

  metered(meter: Meter): RoundTable {
    return new RoundTable(this.#inner.metered(meter), this.#rounds);
  }

  async *query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    // DynamoDB says on a page whether it is the last, so the end is no call; a query without items is one.
    let isFirst = true;
    for await (const page of this.#inner.query(range, options)) {
      await this.#end();
      isFirst = false;
      yield page;
    }
    if (isFirst) await this.#end();
  }

  get = (key: Key, options?: { readonly consistent?: boolean }) => this.#call(this.#inner.get(key, options));
  put = (item: Item) => this.#call(this.#inner.put(item));
  putIfAbsent = (item: Item) => this.#call(this.#inner.putIfAbsent(item));
  putIfEqual = (item: Item, expected: Uint8Array) => this.#call(this.#inner.putIfEqual(item, expected));
  putAll = (items: readonly Item[]) => this.#call(this.#inner.putAll(items));
  delete = (key: Key) => this.#call(this.#inner.delete(key));

  async #call<T>(made: Promise<T>): Promise<T> {
    const result = await made;
    await this.#end();
    return result;
  }

  /** Resolves at the end of the round. */
  #end(): Promise<void> {
    const rounds = this.#rounds;
    const isFirst = rounds.waiting.length === 0;
    rounds.turnsLeft = QUIET_TURNS;
    const ended = new Promise<void>((resolve) => rounds.waiting.push(resolve));
    if (isFirst) setImmediate(() => this.#turn());
    return ended;
  }

  #turn(): void {
    const rounds = this.#rounds;
    if (rounds.turnsLeft-- > 0) {
      setImmediate(() => this.#turn());
      return;
    }
    rounds.count++;
    for (const resolve of rounds.waiting.splice(0)) resolve();
  }
}
