/** The log of one day: its records in the order of reception, whatever their shard. */
import { forEachBounded } from "./bounded.ts";
import { logRange } from "./keys.ts";
import { decodedRecordBytes } from "./log-decoder.ts";
import type { Shard } from "./shard.ts";
import type { Item, Table } from "./table.ts";

/** Shards read at once. */
const SHARD_CONCURRENCY = 8;
/** Bytes of memory that a byte of a record of floats becomes: they mostly take 1.4 bytes a sample. */
const FLOAT_BYTE_MEMORY = 14;

export interface LogRange {
  readonly tenant: string;
  readonly day: number;
  readonly shards: readonly Shard[];
  /** Records received from..to, in ms, both included. */
  readonly receivedFromMs: number;
  readonly receivedToMs: number;
}

export interface LogItem {
  readonly shard: Shard;
  readonly item: Item;
}

/**
 * The records of a range, the earliest received first whatever their shard. `onBytes` is told of the bytes as they come, by
 * their weight, and may throw to end it.
 */
export async function fetchLog(
  table: Table,
  range: LogRange,
  onBytes: (sizeBytes: number) => void,
  signal?: AbortSignal,
): Promise<LogItem[]> {
  const found: LogItem[] = [];
  await forEachBounded(range.shards, SHARD_CONCURRENCY, async (shard) => {
    const keys = logRange(range.tenant, range.day, shard, range.receivedFromMs, range.receivedToMs);
    for await (const page of table.query(keys, { consistent: true, signal })) {
      for (const item of page) {
        found.push({ shard, item });
        onBytes(logWeight(item.value));
      }
    }
  });
  return found.sort((a, b) => Buffer.compare(a.item.sk, b.item.sk));
}

/** The bytes of a usual record of floats that become as much memory: one that repeats itself has compressed to nothing. */
function logWeight(record: Uint8Array): number {
  return Math.max(record.length, Math.ceil(decodedRecordBytes(record) / FLOAT_BYTE_MEMORY));
}

/**
 * The records of a range, the earliest received first whatever their shard, a page of each shard at a time: what is in memory
 * does not grow with a log that nobody flushes.
 */
export async function* mergeLog(
  table: Pick<Table, "query">,
  range: Omit<LogRange, "receivedToMs">,
  signal?: AbortSignal,
): AsyncGenerator<LogItem, void, void> {
  const cursors = range.shards.map((shard) => {
    const keys = logRange(range.tenant, range.day, shard, range.receivedFromMs);
    return new ShardCursor(shard, table.query(keys, { consistent: true, signal }));
  });
  try {
    await forEachBounded(cursors, SHARD_CONCURRENCY, (cursor) => cursor.fill());
    for (let first = earliest(cursors); first !== undefined; first = earliest(cursors)) {
      yield { shard: first.shard, item: first.item! };
      await first.advance();
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

  async advance(): Promise<void> {
    if (++this.#at === this.#page.length) await this.fill();
  }

  /** Goes on to the next page that has items, if there is one. */
  async fill(): Promise<void> {
    [this.#page, this.#at] = [[], 0];
    while (this.#page.length === 0) {
      const next = await this.#pages.next();
      if (next.done) return;
      this.#page = next.value;
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
