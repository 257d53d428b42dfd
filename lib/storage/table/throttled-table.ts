/**
 * A table for a bulk of writes: it stores no more units a second than it may, and waits out a table that throttles. Only
 * `putAll` is slowed down.
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
/** A table that takes nothing for so long is not throttling. */
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

export class ThrottledTable implements Table {
  readonly #inner: Table;
  readonly #options: ThrottleOptions;
  /** When the next write may begin, in ms; shared by the tables made with `metered`. */
  readonly #pace: { nextMs: number };

  constructor(inner: Table, options: ThrottleOptions, pace = { nextMs: 0 }) {
    this.#inner = inner;
    this.#options = options;
    this.#pace = pace;
  }

  metered(meter: Meter): ThrottledTable {
    return new ThrottledTable(this.#inner.metered(meter), this.#options, this.#pace);
  }

  /** Repeats what the table refuses for up to ten minutes: an item that is stored twice is the same item. */
  async putAll(items: readonly Item[]): Promise<void> {
    if (items.length === 0) return;
    await this.#keepPace(items);
    const { clock, sleep, signal, onThrottled } = this.#options;
    signal?.throwIfAborted();
    const sinceMs = clock();
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      try {
        return await this.#inner.putAll(items);
      } catch (error) {
        const isOver = signal?.aborted === true || clock() - sinceMs > PATIENCE_MS;
        if (errorKind(error) !== "unavailable" || isOver) throw error;
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
    return this.#inner.put(item);
  }

  putIfAbsent(item: Item): Promise<boolean> {
    return this.#inner.putIfAbsent(item);
  }

  putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    return this.#inner.putIfEqual(item, expected);
  }

  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined> {
    return this.#inner.get(key, options);
  }

  delete(key: Key): Promise<void> {
    return this.#inner.delete(key);
  }

  query(range: KeyRange, options?: QueryOptions): AsyncGenerator<readonly Item[], void, void> {
    return this.#inner.query(range, options);
  }
}
