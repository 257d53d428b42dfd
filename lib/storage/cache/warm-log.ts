/**
 * A log in the memory of a warm process. A record that was received longer ago than the settle time is where it will ever be,
 * and never changes: a compactor relies on it (plan-compaction.ts), and so does a reader here. A shard's log is kept by the
 * minute of reception, so what is read of the table is the last two minutes of it. Of these the records are read again, since others
 * may have come between them, but not decoded again.
 */
import { MINUTE_MS } from "../../model/time.ts";
import type { DamageReports } from "../layout/damage-reports.ts";
import { parseReceiveTime, receivedSince } from "../layout/keys.ts";
import type { Dictionary } from "../log/dictionary.ts";
import type { LogMemory } from "../log/log-memory.ts";
import { decodedRecordBytes, LoggedRecord } from "../log/logged-record.ts";
import { SETTLE_MS } from "../log/settling.ts";
import type { Item, KeyRange, QueryOptions, Table } from "../table/table.ts";
import { keyOf, type WarmCache, type WarmEntries } from "./warm-cache.ts";

/** Keys and objects of a record beside its value, about, and of a hash in a dictionary. */
const ITEM_OVERHEAD_BYTES = 1000;
const HASH_MEMORY_BYTES = 150;
const SLICE_BYTES = 200;
/** Of the cache, what one shard's log may fill at a time: it would push out itself, and keep nothing. */
const MAX_QUERY_SHARE = 1 / 8;
/**
 * The same of what has not settled, of all shards of a query, which holds it while it reads. At 5,000 samples a second two
 * minutes take 12 MiB; a record that is decoded for each query costs more than one that is read again.
 */
const MAX_LATEST_SHARE = 1 / 4;

/** A log that reaches back further is not kept: nobody compacts it. */
const MAX_MINUTES = 180;

/** Records that a shard received in a minute. */
interface Slice {
  /** All that it received in that minute since then, in ms. */
  readonly fromMs: number;
  readonly items: readonly Item[];
}

/** By their sort keys, the records that a shard had last time and that were not settled. */
type LatestRecords = ReadonlyMap<string, Item>;

export class WarmLog implements LogMemory {
  readonly #maxQueryBytes: number;
  readonly #maxLatestBytes: number;
  readonly #slices: WarmEntries<Slice>;
  readonly #latest: WarmEntries<LatestRecords>;
  readonly #dictionaries: WarmEntries<Dictionary>;
  /** For as long as somebody has the item: a slice, or the query that reads it. */
  readonly #records = new WeakMap<Item, LoggedRecord>();

  constructor(cache: WarmCache) {
    this.#maxQueryBytes = cache.maxBytes * MAX_QUERY_SHARE;
    this.#maxLatestBytes = cache.maxBytes * MAX_LATEST_SHARE;
    this.#slices = cache.entries("log");
    this.#latest = cache.entries("latest log");
    this.#dictionaries = cache.entries("dictionary");
  }

  /**
   * A table with what is known of its logs: for ranges of `logRange` that end now, read consistently. `nowMs`: the time now, or
   * one that has been. `damage` grows while something of the table cannot be read: what was read meanwhile is not kept.
   */
  over(
    table: Pick<Table, "query">,
    nowMs: number,
    damage?: Pick<DamageReports, "count">,
  ): Pick<Table, "query"> {
    const settledMinute = minuteOf(nowMs - SETTLE_MS);
    const room = { bytes: this.#maxLatestBytes };
    return {
      query: (range, options) => {
        const fromMs = parseReceiveTime(range.first!);
        if (minuteOf(fromMs) < settledMinute - MAX_MINUTES) return table.query(range, options);
        return this.#query(table, { range, fromMs, settledMinute, room, damage }, options);
      },
    };
  }

  recordOf(item: Item): LoggedRecord {
    let record = this.#records.get(item);
    if (record === undefined) {
      record = new LoggedRecord(item);
      this.#records.set(item, record);
    }
    return record;
  }

  findDictionary(range: KeyRange): Dictionary | undefined {
    return this.#dictionaries.get(dictionaryKeyOf(range));
  }

  keepDictionary(range: KeyRange, dictionary: Dictionary): void {
    this.#dictionaries.set(dictionaryKeyOf(range), dictionary, dictionary.hashes.length * HASH_MEMORY_BYTES);
  }

  async *#query(
    table: Pick<Table, "query">,
    { range, fromMs, settledMinute, room, damage }: ShardRead,
    options: QueryOptions | undefined,
  ): AsyncGenerator<readonly Item[], void, void> {
    const shard = keyOf(range.pk);
    let minute = minuteOf(fromMs);
    for (let slice = this.#find(shard, minute, fromMs); slice; slice = this.#find(shard, ++minute, fromMs)) {
      const isWhole = minute * MINUTE_MS >= fromMs;
      const items = isWhole ? slice : slice.filter(({ sk }) => parseReceiveTime(sk) >= fromMs);
      if (items.length > 0) yield items;
    }
    const restFromMs = Math.max(fromMs, minute * MINUTE_MS);
    const known = this.#latest.get(shard);
    const latest = new Map<string, Item>();
    let latestBytes = SLICE_BYTES;
    let items: Item[] = [];
    const damageBefore = damage?.count;
    let keptBytes = 0;
    const keepUntil = (end: number) => {
      for (; minute < Math.min(end, settledMinute) && keptBytes < this.#maxQueryBytes; minute++) {
        if (damage?.count !== damageBefore) return;
        keptBytes += this.#keep(shard, minute, { fromMs: restFromMs, items });
        items = [];
      }
    };
    for await (const read of table.query(receivedSince(range, restFromMs), options)) {
      const page: Item[] = [];
      for (const one of read) {
        const key = keyOf(one.sk);
        const item = knownRecord(known?.get(key), one);
        page.push(item);
        const received = minuteOf(parseReceiveTime(item.sk));
        // Records come in the order of their reception, so the minutes before are whole.
        keepUntil(received);
        if (received === minute) items.push(item);
        if (received < settledMinute) continue;
        const sizeBytes = recordBytes(item);
        if (sizeBytes > room.bytes) continue;
        room.bytes -= sizeBytes;
        latestBytes += sizeBytes;
        latest.set(key, item);
      }
      yield page;
    }
    keepUntil(settledMinute);
    this.#latest.set(shard, latest, latestBytes);
  }

  /** What a shard received in a minute, undefined unless all of it since `fromMs` is known. */
  #find(shard: string, minute: number, fromMs: number): readonly Item[] | undefined {
    const slice = this.#slices.get(`${shard}/${minute}`);
    return slice === undefined || slice.fromMs > Math.max(fromMs, minute * MINUTE_MS)
      ? undefined
      : slice.items;
  }

  /** Answers what it takes in memory. */
  #keep(shard: string, minute: number, slice: Slice): number {
    const sizeBytes = slice.items.reduce((total, item) => total + recordBytes(item), SLICE_BYTES);
    this.#slices.set(`${shard}/${minute}`, slice, sizeBytes);
    return sizeBytes;
  }
}

/** What a record takes in memory, with what it is decoded to. */
function recordBytes({ value }: Item): number {
  return value.length + ITEM_OVERHEAD_BYTES + decodedRecordBytes(value);
}

/** The earlier item of a record if it has the same value: what was decoded of it is then used again. */
function knownRecord(before: Item | undefined, item: Item): Item {
  return before !== undefined && Buffer.compare(before.value, item.value) === 0 ? before : item;
}

interface ShardRead {
  readonly range: KeyRange;
  /** What the range begins with, in ms. */
  readonly fromMs: number;
  /** Minutes before this one are settled. */
  readonly settledMinute: number;
  /** What the query may yet remember of what has not settled. */
  readonly room: { bytes: number };
  readonly damage: Pick<DamageReports, "count"> | undefined;
}

function minuteOf(timestampMs: number): number {
  return Math.floor(timestampMs / MINUTE_MS);
}

function dictionaryKeyOf({ pk, first }: KeyRange): string {
  return keyOf(pk) + keyOf(first!);
}
