/** The log of one day: its records in the order of reception, whatever their shard. */
import { logRange } from "../layout/keys.ts";
import type { Shard } from "../layout/shard.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, Table } from "../table/table.ts";
import { decodedRecordBytes } from "./logged-record.ts";

/** Shards read at once. */
const SHARD_CONCURRENCY = 8;
/** Bytes of memory that a byte of a record of floats becomes: they mostly take 1.4 bytes a sample. */
const FLOAT_BYTE_MEMORY = 14;

export interface LogRange {
  readonly tenant: string;
  readonly day: number;
  readonly shards: readonly Shard[];
  /** Records received from then on, in ms. */
  readonly receivedFromMs: number;
}

export interface LogItem {
  readonly shard: Shard;
  readonly item: Item;
}

/** The bytes of a usual record of floats that become as much memory: one that repeats itself compresses to nothing. */
export function logWeight(record: Uint8Array): number {
  return Math.max(record.length, Math.ceil(decodedRecordBytes(record) / FLOAT_BYTE_MEMORY));
}

/**
 * The records of a range, the earliest received first whatever their shard, some at a time; a page of each shard is in memory,
 * which so does not grow with a log that nobody flushes.
 */
export async function* mergeLog(
  table: Pick<Table, "query">,
  range: LogRange,
  signal?: AbortSignal,
): AsyncGenerator<readonly LogItem[], void, void> {
  const cursors = range.shards.map((shard) => {
    const keys = logRange(range.tenant, range.day, shard, range.receivedFromMs);
    return new ShardCursor(shard, table.query(keys, { consistent: true, signal }));
  });
  try {
    await forEachBounded(cursors, SHARD_CONCURRENCY, (cursor) => cursor.fill());
    for (let first = earliest(cursors); first !== undefined; first = earliest(cursors)) {
      const records: LogItem[] = [];
      let last: ShardCursor | undefined = first;
      // As far as a page goes: what comes behind it may come before what the others have.
      while (last !== undefined) {
        records.push({ shard: last.shard, item: last.item! });
        last = last.advance() ? earliest(cursors) : undefined;
      }
      yield records;
      await forEachBounded(cursors, SHARD_CONCURRENCY, (cursor) => cursor.fill());
    }
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }
}

/** Where a merge is in a shard's records. */
class ShardCursor {
  readonly shard: Shard;
  readonly #pages: AsyncGenerator<readonly Item[], void, void>;
  #page: readonly Item[] = [];
  #at = 0;

  constructor(shard: Shard, pages: AsyncGenerator<readonly Item[], void, void>) {
    this.shard = shard;
    this.#pages = pages;
  }

  /** Undefined at the end. */
  get item(): Item | undefined {
    return this.#page[this.#at];
  }

  /** Whether the next is of the same page. */
  advance(): boolean {
    return ++this.#at < this.#page.length;
  }

  /** Goes on to the next page that has items, if this one is through and there is one. */
  async fill(): Promise<void> {
    while (this.#at === this.#page.length) {
      const next = await this.#pages.next();
      [this.#page, this.#at] = [next.value ?? [], 0];
      if (next.done) return;
    }
  }

  async close(): Promise<void> {
    await this.#pages.return();
  }
}

function earliest(cursors: readonly ShardCursor[]): ShardCursor | undefined {
  let first: ShardCursor | undefined;
  for (const cursor of cursors) {
    if (cursor.item === undefined) continue;
    if (first === undefined || Buffer.compare(cursor.item.sk, first.item!.sk) < 0) first = cursor;
  }
  return first;
}
