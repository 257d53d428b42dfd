/**
 * A table for a bulk of writes: it stores no more units a second than it may, and waits out a table that throttles. Only
 * `putAll` keeps the pace. Every call waits: a day that was written for hours must not fail by its last put.
 */
import { errorKind } from "../../model/errors.ts";
import { type Clock, MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import { CHECKSUM_BYTES } from "./checksum.ts";
import { CHECKSUM_ATTRIBUTE, itemSizeBytes, writeUnits } from "./item-size.ts";
import type { Item, Key, KeyRange, Meter, QueryOptions, Table } from "./table.ts";

/** The attribute that `VerifiedTable` adds. */
const CHECKSUM_ITEM_BYTES = CHECKSUM_ATTRIBUTE.length + CHECKSUM_BYTES;
/** Waits after a refusal: the first, and the longest. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30 * SECOND_MS;
/** A table that refuses everything for so long is not throttling. */
const PATIENCE_MS = 10 * MINUTE_MS;

export interface ThrottleOptions {
  readonly clock: Clock;
  readonly sleep: (durationMs: number) => Promise<unknown>;
  /** Undefined: as fast as the table takes them. */
  readonly unitsPerSecond?: number | undefined;
  /** Ends waiting; what `sleep` waits for should end with it too. */
  readonly signal?: AbortSignal | undefined;
  /** Takes each wait for a table that refuses. */
  readonly onThrottled?: ((waitMs: number, error: unknown) => void) | undefined;
}

/** In ms. */
interface Pace {
  /** When the next write may begin. */
  nextMs: number;
  /** Since when every call was refused. */
  refusedSinceMs: number | undefined;
}

export class ThrottledTable implements Table {
  readonly #inner: Table;
  readonly #options: ThrottleOptions;
  /** Shared by the tables made with `metered`. */
  readonly #pace: Pace;

  constructor(inner: Table, options: ThrottleOptions, pace: Pace = { nextMs: 0, refusedSinceMs: undefined }) {
    this.#inner = inner;
    this.#options = options;
    this.#pace = pace;
  }

  metered(meter: Meter): ThrottledTable {
    return new ThrottledTable(this.#inner.metered(meter), this.#options, this.#pace);
  }

  async putAll(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    await this.#keepPace(items);
    this.#options.signal?.throwIfAborted();
    await this.#patiently(() => this.#inner.putAll(items));
  }

  /**
   * Repeats what the table refuses, until it has refused everything for ten minutes. An item that is stored twice is the
   * same item; a condition may find what an earlier try stored, as `Table` says.
   */
  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    const { clock, sleep, signal, onThrottled } = this.#options;
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      try {
        const result = await call();
        this.#pace.refusedSinceMs = undefined;
        return result;
      } catch (error) {
        if (errorKind(error) !== "unavailable") throw error;
        this.#pace.refusedSinceMs ??= clock();
        if (signal?.aborted === true || clock() - this.#pace.refusedSinceMs > PATIENCE_MS) throw error;
        onThrottled?.(waitMs, error);
        await sleep(waitMs);
        signal?.throwIfAborted();
      }
    }
  }

  async #keepPace(items: readonly Item[]): Promise<void> {
    const { unitsPerSecond, clock, sleep } = this.#options;
    if (unitsPerSecond === undefined) return;
    const units = items.reduce((sum, item) => sum + writeUnits(itemSizeBytes(item) + CHECKSUM_ITEM_BYTES), 0);
    const nowMs = clock();
    const startMs = Math.max(this.#pace.nextMs, nowMs);
    this.#pace.nextMs = startMs + (units / unitsPerSecond) * SECOND_MS;
    if (startMs > nowMs) await sleep(startMs - nowMs);
  }

  put(item: Item): Promise<void> {
    return this.#patiently(() => this.#inner.put(item));
  }

  putIfAbsent(item: Item): Promise<boolean> {
    return this.#patiently(() => this.#inner.putIfAbsent(item));
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    return this.#patiently(() => this.#inner.putIfEqual(item, expected));
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#patiently(() => this.#inner.get(key, options));
  }

  delete(key: Key): Promise<void> {
    return this.#patiently(() => this.#inner.delete(key));
  }

  /** Waits for the first page alone: what follows a page cannot be asked again. */
  async *query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    const { pages, first } = await this.#patiently(async () => {
      const pages = this.#inner.query(range, options);
      return { pages, first: await pages.next() };
    });
    try {
      if (first.done === true) return;
      yield first.value;
      yield* pages;
    } finally {
      await pages.return();
    }
  }
}
