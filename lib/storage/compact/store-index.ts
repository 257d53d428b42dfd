/** Index parts into the table: of new series, and of several parts that become one. */
import type { LabelSet } from "../../model/labels.ts";
import { compareEntries, IndexEntries, type IndexEntry, isSameSeries } from "../index/index-entry.ts";
import { IndexPartWriter, indexShardBits } from "../index/index-part.ts";
import type { IndexPart } from "../layout/manifest.ts";
import { indexRange, parseIndexSortKey } from "../layout/part-keys.ts";
import type { BitsOf } from "../layout/shard.ts";
import { decodeSeriesBlock } from "../series/series-block.ts";
import { hashHex, seriesHash } from "../series/series-hash.ts";
import type { Item } from "../table/table.ts";
import { DamagedInput, expectCount } from "./damaged-input.ts";
import { type DayContext, dayExpiry, newId, readItems } from "./day-context.ts";

/** Items stored at a time. */
const STORE_SLICE = 100;
/**
 * Text of labels that the writer of one part holds: label names and values are listed in a large part. A merge that has more
 * makes several parts. The labels of 500,000 usual series take half of it.
 */
const MAX_PART_LABEL_BYTES = 64 * 1024 * 1024;

/** Stores series, in any order and some of them several times, as a part, or as several if they are very large; none makes none. */
export async function storeIndexPart(
  context: DayContext,
  entries: readonly IndexEntry[],
  shardBits: BitsOf = indexShardBits,
): Promise<IndexPart[]> {
  if (entries.length === 0) return [];
  const sink = new PartSink(context, shardBits(entries.length));
  for (const entry of entries.toSorted(compareEntries)) await sink.add(entry);
  return sink.finish();
}

/**
 * Stores what several parts have, once, as one; as several where one would take too much memory. They count when the manifest
 * names them in their place. Throws `DamagedInput` where a part has not what the manifest says of it.
 */
export async function mergeIndexParts(
  context: DayContext,
  parts: readonly IndexPart[],
): Promise<readonly IndexPart[]> {
  const { day } = context;
  return mergeIndexes(
    context,
    parts.map((part) => ({ part, day })),
    { day, expires: dayExpiry(context) },
  );
}

/** Where the items of an index part are: of a day's samples or of rows, whose first day `day` is. */
export interface IndexOf {
  readonly day: number;
  readonly isOfRows?: true | undefined;
}

export type IndexSource = IndexOf & { readonly part: IndexPart };

/** Where a merged index goes, and the expiry of its items. */
export type IndexTarget = IndexOf & {
  readonly expires: { readonly expiresAtSeconds?: number };
  /** Whether a series, by its hash in hex, is in it. Default: all are. */
  readonly isLeft?: ((hash: string) => boolean) | undefined;
  /** Makes the ids of parts of rows. Default: by chance. */
  readonly newIndexId?: (() => string) | undefined;
};

/** `mergeIndexParts` of parts of any day, into any. */
export async function mergeIndexes(
  context: DayContext,
  sources: readonly IndexSource[],
  target: IndexTarget,
): Promise<readonly IndexPart[]> {
  const { isLeft } = target;
  const entries = new IndexEntries();
  const cursors = sources.map((source) => new PartCursor(context, source, entries));
  await Promise.all(cursors.map((cursor) => cursor.advance()));
  const series = sources.reduce((sum, { part }) => sum + part.series, 0);
  const sink = new PartSink(context, indexShardBits(series), target);
  for (let next = least(cursors); next?.entry !== undefined; next = least(cursors)) {
    if (isLeft === undefined || isLeft(hashHex(seriesHash(next.entry.labels)))) await sink.add(next.entry);
    await next.advance();
  }
  const merged = await sink.finish();
  for (const cursor of cursors) cursor.expectWhole();
  await context.quarantine.store();
  return merged;
}

function least(cursors: readonly PartCursor[]): PartCursor | undefined {
  let found: PartCursor | undefined;
  for (const cursor of cursors) {
    if (cursor.entry === undefined) continue;
    if (found?.entry === undefined || compareEntries(cursor.entry, found.entry) < 0) found = cursor;
  }
  return found;
}

/** Stores parts as their entries come, in order; one that came just before is left out. */
export class PartSink {
  readonly #context: DayContext;
  readonly #shardBits: number;
  readonly #target: IndexTarget;
  readonly #items: Item[] = [];
  readonly #parts: IndexPart[] = [];
  /** Undefined until there is a series: ids of a number are given out to parts that have items, without a gap. */
  #writer: IndexPartWriter | undefined;
  #latest: IndexEntry | undefined;

  constructor(
    context: DayContext,
    shardBits: number,
    target: IndexTarget = { day: context.day, expires: dayExpiry(context) },
  ) {
    this.#context = context;
    this.#shardBits = shardBits;
    this.#target = target;
  }

  async add(entry: IndexEntry): Promise<void> {
    if (isSameSeries(entry, this.#latest)) return;
    if (this.#writer !== undefined && this.#writer.labelBytes > MAX_PART_LABEL_BYTES) {
      this.#parts.push({ ...this.#writer.finish(), isFull: true });
      this.#writer = undefined;
    }
    this.#writer ??= this.#newWriter();
    this.#latest = entry;
    this.#writer.add(entry);
    if (this.#items.length >= STORE_SLICE) await this.#store();
  }

  async finish(): Promise<IndexPart[]> {
    if (this.#writer !== undefined) this.#parts.push(this.#writer.finish());
    await this.#store();
    return this.#parts;
  }

  #newWriter(): IndexPartWriter {
    const { tenant, clock, randomBytes, indexIds } = this.#context;
    const { day, isOfRows, expires, newIndexId = () => newId(randomBytes) } = this.#target;
    const place = {
      tenant,
      day,
      isOfRows,
      id: isOfRows === true ? newIndexId() : indexIds.take(randomBytes),
      shardBits: this.#shardBits,
      createdMs: clock(),
      ...expires,
    };
    return new IndexPartWriter(place, (item) => this.#items.push(item));
  }

  async #store(): Promise<void> {
    while (this.#items.length > 0) await this.#context.table.putAll(this.#items.splice(0, STORE_SLICE));
  }
}

/** Goes through the entries of a part, which are in order, and counts them. */
class PartCursor {
  /** The entry that it stands at; undefined: none is left. */
  entry: IndexEntry | undefined;
  readonly #context: DayContext;
  readonly #part: IndexPart;
  readonly #entries: IndexEntries;
  readonly #items: AsyncGenerator<Item, void, void>;
  #block: IndexEntry[] = [];
  #at = -1;
  #blocks = 0;
  #series = 0;
  #damagedBlocks = 0;

  constructor(context: DayContext, source: IndexSource, entries: IndexEntries) {
    this.#context = context;
    this.#part = source.part;
    this.#entries = entries;
    this.#items = itemsOf(context, source, () => this.#damagedBlocks++);
  }

  /** A promise only where a block must be read. */
  advance(): Promise<void> | undefined {
    this.entry = this.#block[++this.#at];
    return this.entry === undefined ? this.#nextBlock() : undefined;
  }

  /** Throws `DamagedInput` unless the part had as many blocks and series as the manifest says, those in quarantine included. */
  expectWhole(): void {
    const { id, blocks, series } = this.#part;
    const what = `index part ${id}`;
    expectCount(this.#context, what, "blocks", this.#blocks + this.#damagedBlocks, blocks);
    if (this.#damagedBlocks === 0) expectCount(this.#context, what, "series", this.#series, series);
  }

  async #nextBlock(): Promise<void> {
    while (this.entry === undefined) {
      const next = await this.#items.next();
      if (next.done) return;
      const labelSets = this.#decode(next.value);
      this.#block = labelSets.map((labels) => this.#entries.entryOf(labels));
      this.#at = 0;
      this.entry = this.#block[0];
    }
  }

  #decode(item: Item): readonly LabelSet[] {
    const { number } = parseIndexSortKey(item.sk);
    if (this.#damagedBlocks === 0 && number !== this.#blocks)
      throw new DamagedInput(
        this.#context,
        `index part ${this.#part.id} goes on with block ${number}`,
        `${this.#blocks}`,
      );
    try {
      const labelSets = decodeSeriesBlock(item.value);
      this.#blocks++;
      this.#series += labelSets.length;
      return labelSets;
    } catch (error) {
      this.#context.quarantine.addUndecodable(item, error);
      this.#damagedBlocks++;
      return [];
    }
  }
}

async function* itemsOf(
  context: DayContext,
  { part: { id, shardBits: bits }, day, isOfRows }: IndexSource,
  onDamaged: () => void,
): AsyncGenerator<Item, void, void> {
  const { tenant } = context;
  for (let prefix = 0; prefix < 2 ** bits; prefix++) {
    const range = indexRange({ tenant, day, isOfRows, part: id, section: "series", shard: { bits, prefix } });
    for await (const page of readItems(context, range, onDamaged)) yield* page;
  }
}
