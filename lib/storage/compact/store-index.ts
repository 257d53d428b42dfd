/** Index parts into the table: of new series, and of several parts that become one. */

import { compareEntries, IndexEntries, type IndexEntry, isSameSeries } from "../index/index-entry.ts";
import { IndexPartWriter, indexShardBits } from "../index/index-part.ts";
import { decodeSeriesBlock } from "../index/series-block.ts";
import type { IndexPart } from "../layout/manifest.ts";
import { indexRange } from "../layout/part-keys.ts";
import type { BitsOf } from "../layout/shard.ts";
import type { Item, Table } from "../table/table.ts";
import { type DayContext, dayExpiry, newId } from "./day-context.ts";

/** Items stored at a time. */
const STORE_SLICE = 100;

/** Stores series, in any order and some of them several times, as a part; none makes no part. */
export async function storeIndexPart(
  context: DayContext,
  entries: readonly IndexEntry[],
  shardBits: BitsOf = indexShardBits,
): Promise<IndexPart[]> {
  if (entries.length === 0) return [];
  const sink = new PartSink(context, shardBits(entries.length));
  for (const entry of entries.toSorted(compareEntries)) await sink.add(entry);
  return [await sink.finish()];
}

/** Stores what several parts have, once, as one. It counts when the manifest names it in their place. */
export async function mergeIndexParts(context: DayContext, parts: readonly IndexPart[]): Promise<IndexPart> {
  const entries = new IndexEntries();
  const cursors = parts.map((part) => new PartCursor(context, part, entries));
  await Promise.all(cursors.map((cursor) => cursor.advance()));
  const sink = new PartSink(context, indexShardBits(parts.reduce((sum, { series }) => sum + series, 0)));
  for (let next = least(cursors); next?.entry !== undefined; next = least(cursors)) {
    await sink.add(next.entry);
    await next.advance();
  }
  return sink.finish();
}

function least(cursors: readonly PartCursor[]): PartCursor | undefined {
  let found: PartCursor | undefined;
  for (const cursor of cursors) {
    if (cursor.entry === undefined) continue;
    if (found?.entry === undefined || compareEntries(cursor.entry, found.entry) < 0) found = cursor;
  }
  return found;
}

/** Stores a part while its entries come, in order; one that came just before is left out. */
class PartSink {
  readonly #table: Table;
  readonly #writer: IndexPartWriter;
  readonly #items: Item[] = [];
  #latest: IndexEntry | undefined;

  constructor(context: DayContext, shardBits: number) {
    const { table, tenant, day, clock, randomBytes } = context;
    const place = {
      tenant,
      day,
      id: newId(randomBytes),
      shardBits,
      createdMs: clock(),
      ...dayExpiry(context),
    };
    this.#table = table;
    this.#writer = new IndexPartWriter(place, (item) => this.#items.push(item));
  }

  async add(entry: IndexEntry): Promise<void> {
    if (isSameSeries(entry, this.#latest)) return;
    this.#latest = entry;
    this.#writer.add(entry);
    if (this.#items.length >= STORE_SLICE) await this.#store();
  }

  async finish(): Promise<IndexPart> {
    const part = this.#writer.finish();
    await this.#store();
    return part;
  }

  async #store(): Promise<void> {
    while (this.#items.length > 0) await this.#table.putAll(this.#items.splice(0, STORE_SLICE));
  }
}

/** Goes through the entries of a part, which are in order. */
class PartCursor {
  /** The entry that it stands at; undefined: none is left. */
  entry: IndexEntry | undefined;
  readonly #entries: IndexEntries;
  readonly #items: AsyncGenerator<Item, void, void>;
  #block: IndexEntry[] = [];
  #at = -1;

  constructor(context: DayContext, part: IndexPart, entries: IndexEntries) {
    this.#entries = entries;
    this.#items = itemsOf(context, part);
  }

  /** A promise only where a block must be read. */
  advance(): Promise<void> | undefined {
    this.entry = this.#block[++this.#at];
    return this.entry === undefined ? this.#nextBlock() : undefined;
  }

  async #nextBlock(): Promise<void> {
    const next = await this.#items.next();
    if (next.done) return;
    this.#block = decodeSeriesBlock(next.value.value).map((labels) => this.#entries.entryOf(labels));
    this.#at = 0;
    this.entry = this.#block[0];
  }
}

async function* itemsOf({ table, tenant, day }: DayContext, { id, shardBits: bits }: IndexPart) {
  for (let prefix = 0; prefix < 2 ** bits; prefix++) {
    const range = indexRange({ tenant, day, part: id, section: "series", shard: { bits, prefix } });
    for await (const page of table.query(range, { consistent: true })) yield* page;
  }
}
