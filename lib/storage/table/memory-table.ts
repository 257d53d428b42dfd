/**
 * A table in memory, the strict twin of DynamoDB: it refuses what DynamoDB refuses, cuts pages where DynamoDB cuts them
 * and counts the units that DynamoDB bills. A call takes effect when it is made.
 */
import { HearthError } from "../../model/errors.ts";
import {
  checkItem,
  checkKey,
  checkQuery,
  isEmptyRange,
  itemSizeBytes,
  readUnits,
  writeUnits,
} from "./item-size.ts";
import { SortedItems } from "./sorted-items.ts";
import {
  BATCH_PUT_ITEMS,
  type Item,
  type Key,
  type KeyRange,
  type Meter,
  QUERY_PAGE_BYTES,
  type QueryOptions,
  type ScannableTable,
  type ScanOptions,
} from "./table.ts";

/** Partitions by their key's bytes, one character each. */
type Partitions = Map<string, SortedItems<Item>>;

interface Page {
  readonly items: readonly Item[];
  readonly sizeBytes: number;
  /** The key to go on after; absent at the end of the range. */
  readonly lastSk: Uint8Array | undefined;
}

export class MemoryTable implements ScannableTable {
  readonly #partitions: Partitions;
  readonly #meters: readonly Meter[];

  /** An empty table. The parameters are for `metered`. */
  constructor(partitions: Partitions = new Map(), meters: readonly Meter[] = []) {
    this.#partitions = partitions;
    this.#meters = meters;
  }

  metered(meter: Meter): MemoryTable {
    return new MemoryTable(this.#partitions, [...this.#meters, meter]);
  }

  async put(item: Item): Promise<void> {
    checkItem(item);
    this.#count(1, 0, this.#store(item));
  }

  async putIfAbsent(item: Item): Promise<boolean> {
    return this.#putIf(item, (present) => present === undefined);
  }

  async putIfEqual(item: Item, expected: Uint8Array): Promise<boolean> {
    return this.#putIf(
      item,
      (present) => present !== undefined && Buffer.compare(present.value, expected) === 0,
    );
  }

  #putIf(item: Item, condition: (present: Item | undefined) => boolean): boolean {
    checkItem(item);
    const present = this.#find(item);
    const holds = condition(present);
    this.#count(1, 0, holds ? this.#store(item) : costOfWrite(item, present));
    return holds;
  }

  async putAll(items: readonly Item[]): Promise<void> {
    for (const item of items) checkItem(item);
    checkDistinct(items);
    let units = 0;
    for (const item of items) units += this.#store(item);
    this.#count(Math.ceil(items.length / BATCH_PUT_ITEMS), 0, units);
  }

  async get(key: Key, options: { readonly consistent?: boolean } = {}): Promise<Item | undefined> {
    checkKey(key);
    const item = this.#find(key);
    const sizeBytes = item === undefined ? 0 : itemSizeBytes(item);
    this.#count(1, readUnits(sizeBytes, options.consistent === true), 0);
    return item && copyItem(item);
  }

  async delete(key: Key): Promise<void> {
    checkKey(key);
    const item = this.#find(key);
    this.#count(1, 0, writeUnits(item === undefined ? 0 : itemSizeBytes(item)));
    const pk = binaryString(key.pk);
    const partition = this.#partitions.get(pk);
    partition?.delete(key.sk);
    if (partition?.isEmpty) this.#partitions.delete(pk);
  }

  async *query(range: KeyRange, options: QueryOptions = {}): AsyncGenerator<readonly Item[], void, void> {
    checkQuery(range, options.limit);
    if (isEmptyRange(range)) return;
    let remaining = options.limit ?? Number.POSITIVE_INFINITY;
    let after: Uint8Array | undefined;
    do {
      checkAborted(options.signal);
      const page = this.#page(range, after, remaining);
      this.#count(1, readUnits(page.sizeBytes, options.consistent === true), 0);
      remaining -= page.items.length;
      after = page.lastSk;
      yield page.items;
    } while (after !== undefined && remaining > 0);
  }

  /** A page a partition, however large. */
  async *scan({ keysOnly = false, signal }: ScanOptions = {}): AsyncGenerator<readonly Item[], void, void> {
    for (const partition of [...this.#partitions.values()]) {
      checkAborted(signal);
      const items = [...partition.from(undefined)];
      const sizeBytes = items.reduce((sum, item) => sum + itemSizeBytes(item), 0);
      this.#count(1, readUnits(sizeBytes, false), 0);
      yield items.map((item) => (keysOnly ? withoutValue(copyItem(item)) : copyItem(item)));
    }
  }

  /** Ends with the item that reaches the limit or QUERY_PAGE_BYTES, and says "go on" even if that was the last. */
  #page(range: KeyRange, after: Uint8Array | undefined, limit: number): Page {
    const items: Item[] = [];
    let sizeBytes = 0;
    for (const item of this.#partitions.get(binaryString(range.pk))?.from(after ?? range.first) ?? []) {
      if (after !== undefined && Buffer.compare(item.sk, after) === 0) continue;
      if (range.last !== undefined && Buffer.compare(item.sk, range.last) > 0) break;
      items.push(copyItem(item));
      sizeBytes += itemSizeBytes(item);
      if (items.length === limit || sizeBytes >= QUERY_PAGE_BYTES) {
        return { items, sizeBytes, lastSk: Uint8Array.from(item.sk) };
      }
    }
    return { items, sizeBytes, lastSk: undefined };
  }

  #find(key: Key): Item | undefined {
    return this.#partitions.get(binaryString(key.pk))?.get(key.sk);
  }

  /** Answers the write units. */
  #store(item: Item): number {
    const pk = binaryString(item.pk);
    let partition = this.#partitions.get(pk);
    if (partition === undefined) {
      partition = new SortedItems();
      this.#partitions.set(pk, partition);
    }
    const units = costOfWrite(item, partition.get(item.sk));
    partition.set(copyItem(item));
    return units;
  }

  #count(calls: number, read: number, written: number): void {
    for (const meter of this.#meters) {
      meter.calls += calls;
      meter.readUnits += read;
      meter.writeUnits += written;
    }
  }
}

/** A put is billed for the larger of what it stores and what it replaces, or would. */
function costOfWrite(item: Item, present: Item | undefined): number {
  return writeUnits(Math.max(itemSizeBytes(item), present === undefined ? 0 : itemSizeBytes(present)));
}

function binaryString(pk: Uint8Array): string {
  return Buffer.from(pk.buffer, pk.byteOffset, pk.length).toString("latin1");
}

function copyItem(item: Item): Item {
  const { expiresAtSeconds, checksum } = item;
  return {
    pk: new Uint8Array(item.pk),
    sk: new Uint8Array(item.sk),
    value: new Uint8Array(item.value),
    ...(expiresAtSeconds === undefined ? {} : { expiresAtSeconds }),
    ...(checksum === undefined ? {} : { checksum }),
  };
}

function withoutValue({ pk, sk, expiresAtSeconds }: Item): Item {
  const item = { pk, sk, value: new Uint8Array(0) };
  return expiresAtSeconds === undefined ? item : { ...item, expiresAtSeconds };
}

/** DynamoDB refuses a batch that names a key twice; over several batches the winner would be left to chance. */
function checkDistinct(items: readonly Item[]): void {
  const seen = new Set<string>();
  for (const { pk, sk } of items) seen.add(`${pk.length}/${binaryString(pk)}${binaryString(sk)}`);
  if (seen.size < items.length) {
    throw new HearthError(
      "internal",
      `table: batch names a key twice, items=${items.length} keys=${seen.size}`,
    );
  }
}

function checkAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new HearthError("unavailable", "query: aborted", { cause: signal.reason });
}
