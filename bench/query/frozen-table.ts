/**
 * A read-only copy of a table in memory, in one buffer. A week of 10,000 series is a million objects,
 * which a function would not have in its heap. The garbage collector marked them every 700 ms, which
 * took 130 to 180 ms of the measured thread and as much of another; with one buffer it takes 40 ms.
 */
import { HearthError } from "../../lib/model/errors.ts";
import {
  checkKey,
  checkQuery,
  isEmptyRange,
  itemSizeBytes,
  readUnits,
} from "../../lib/storage/table/item-size.ts";
import type { SortedItems } from "../../lib/storage/table/sorted-items.ts";
import {
  type Item,
  type Key,
  type KeyRange,
  type Meter,
  QUERY_PAGE_BYTES,
  type QueryOptions,
  type Table,
} from "../../lib/storage/table/table.ts";

/** Partitions of a table in memory, by their key's bytes, one character each. */
export type Partitions = ReadonlyMap<string, SortedItems<Item>>;

/** A partition's items by sort key: `bounds` has the offsets of each sort key, value and end. */
interface FrozenPartition {
  readonly pk: Uint8Array;
  readonly count: number;
  readonly bounds: Int32Array;
  /** The billed size of each, in bytes. */
  readonly sizes: Int32Array;
}

export class FrozenTable implements Table {
  readonly #bytes: Uint8Array;
  readonly #partitions: ReadonlyMap<string, FrozenPartition>;
  readonly #meters: readonly Meter[];

  private constructor(
    bytes: Uint8Array,
    partitions: ReadonlyMap<string, FrozenPartition>,
    meters: readonly Meter[],
  ) {
    this.#bytes = bytes;
    this.#partitions = partitions;
    this.#meters = meters;
  }

  /** A copy of the current partitions. */
  static of(partitions: Partitions): FrozenTable {
    let sizeBytes = 0;
    for (const items of partitions.values())
      for (const { sk, value } of items.from(undefined)) sizeBytes += sk.length + value.length;
    const bytes = new Uint8Array(sizeBytes);
    const frozen = new Map<string, FrozenPartition>();
    let at = 0;
    for (const [key, partition] of partitions) {
      const items = [...partition.from(undefined)];
      const bounds = new Int32Array(2 * items.length + 1);
      items.forEach(({ sk, value }, i) => {
        bounds[2 * i] = at;
        bytes.set(sk, at);
        at += sk.length;
        bounds[2 * i + 1] = at;
        bytes.set(value, at);
        at += value.length;
      });
      bounds[2 * items.length] = at;
      const sizes = Int32Array.from(items, itemSizeBytes);
      frozen.set(key, { pk: Buffer.from(key, "latin1"), count: items.length, bounds, sizes });
    }
    return new FrozenTable(bytes, frozen, []);
  }

  metered(meter: Meter): Table {
    return new FrozenTable(this.#bytes, this.#partitions, [...this.#meters, meter]);
  }

  async get(key: Key, { consistent = false }: { readonly consistent?: boolean } = {}) {
    checkKey(key);
    const partition = this.#find(key.pk);
    const i = partition === undefined ? 0 : this.#firstAtLeast(partition, key.sk);
    const isThere =
      partition !== undefined &&
      i < partition.count &&
      Buffer.compare(this.#sortKey(partition, i), key.sk) === 0;
    this.#count(isThere ? partition.sizes[i] : 0, consistent);
    return isThere ? this.#item(partition, i) : undefined;
  }

  async *query(
    range: KeyRange,
    { limit = Number.POSITIVE_INFINITY, consistent = false, signal }: QueryOptions = {},
  ): AsyncGenerator<readonly Item[], void, void> {
    checkQuery(range, Number.isFinite(limit) ? limit : undefined);
    if (isEmptyRange(range)) return;
    const partition = this.#find(range.pk);
    let i =
      partition === undefined || range.first === undefined ? 0 : this.#firstAtLeast(partition, range.first);
    let remaining = limit;
    for (let isFull = true; isFull && remaining > 0; ) {
      if (signal?.aborted) throw new HearthError("unavailable", "query: aborted", { cause: signal.reason });
      const items: Item[] = [];
      let sizeBytes = 0;
      isFull = false;
      for (; partition !== undefined && i < partition.count && !isFull; i++) {
        if (range.last !== undefined && Buffer.compare(this.#sortKey(partition, i), range.last) > 0) break;
        items.push(this.#item(partition, i));
        sizeBytes += partition.sizes[i];
        isFull = items.length === remaining || sizeBytes >= QUERY_PAGE_BYTES;
      }
      remaining -= items.length;
      this.#count(sizeBytes, consistent);
      yield items;
    }
  }

  put = refuse;
  putIfAbsent = refuse;
  putIfEqual = refuse;
  putAll = refuse;
  delete = refuse;

  #find(pk: Uint8Array): FrozenPartition | undefined {
    return this.#partitions.get(Buffer.from(pk.buffer, pk.byteOffset, pk.length).toString("latin1"));
  }

  #sortKey({ bounds }: FrozenPartition, i: number): Uint8Array {
    return this.#bytes.subarray(bounds[2 * i], bounds[2 * i + 1]);
  }

  #item({ pk, bounds }: FrozenPartition, i: number): Item {
    return {
      pk: new Uint8Array(pk),
      sk: this.#bytes.slice(bounds[2 * i], bounds[2 * i + 1]),
      value: this.#bytes.slice(bounds[2 * i + 1], bounds[2 * i + 2]),
    };
  }

  #firstAtLeast(partition: FrozenPartition, sk: Uint8Array): number {
    let low = 0;
    let high = partition.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Buffer.compare(this.#sortKey(partition, middle), sk) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #count(sizeBytes: number, consistent: boolean): void {
    for (const meter of this.#meters) {
      meter.calls++;
      meter.readUnits += readUnits(sizeBytes, consistent);
    }
  }
}

async function refuse(): Promise<never> {
  throw new HearthError("internal", "table: is frozen");
}
