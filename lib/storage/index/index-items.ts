/** Reads items of an index part: of ranges, and of a hash. */
import { errorKind, errorMessage } from "../../model/errors.ts";
import type { LabelSet } from "../../model/labels.ts";
import type { IndexPart } from "../layout/manifest.ts";
import {
  type IndexPartition,
  type IndexSection,
  indexKey,
  indexSpanRange,
  MAX_INDEX_HASH,
  parseIndexSortKey,
} from "../layout/part-keys.ts";
import type { Shard } from "../layout/shard.ts";
import { type NoteDamage, throwDamaged } from "../layout/verified-table.ts";
import { decodeSeriesBlock } from "../series/series-block.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, KeyRange, Table } from "../table/table.ts";

/** Queries of one part under way at once. */
const READ_CONCURRENCY = 16;

export interface IndexPlace {
  readonly table: Table;
  readonly tenant: string;
  readonly day: number;
  /** See `IndexPartition`. */
  readonly isOfRows?: true | undefined;
  readonly signal: AbortSignal | undefined;
  /** Takes an item that cannot be decoded, or beside which one is missing. Default: both throw "data". */
  readonly note?: NoteDamage | undefined;
}

/** The label sets of a block; none of one that is damaged, which is noted. */
export function labelSetsOf(item: Item, note: NoteDamage = throwDamaged): readonly LabelSet[] {
  return decodeNoting(item, decodeSeriesBlock, note) ?? [];
}

/** What a value is decoded to; undefined of one that is damaged, which is noted. */
export function decodeNoting<T>(
  item: Item,
  decode: (value: Uint8Array) => T,
  note: NoteDamage = throwDamaged,
): T | undefined {
  try {
    return decode(item.value);
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    note(item, errorMessage(error));
    return undefined;
  }
}

export function partitionOf(
  { tenant, day, isOfRows }: IndexPlace,
  part: IndexPart,
  section: IndexSection,
  shard: Shard,
): IndexPartition {
  return { tenant, day, isOfRows, part: part.id, section, shard };
}

/**
 * Reads ranges of items that are numbered without gaps. Returns how many items there were. A gap within a range is
 * noted; what may lie before the first and behind the last is for the caller to know.
 */
export async function readRanges(
  { table, signal, note = throwDamaged }: IndexPlace,
  ranges: readonly KeyRange[],
  onItem: (item: Item) => void,
): Promise<number> {
  let count = 0;
  await forEachBounded(ranges, READ_CONCURRENCY, async (range) => {
    let next: number | undefined;
    for await (const page of table.query(range, { consistent: true, signal })) {
      for (const item of page) {
        const { number } = parseIndexSortKey(item.sk);
        if (next !== undefined && number !== next) note(item, "the item before it is missing");
        next = number + 1;
        count++;
        onItem(item);
      }
    }
  });
  return count;
}

/** Finds the items that have a hash: the first that ends with it or beyond, and more only if it ends with it. */
export class HashReader {
  readonly #place: IndexPlace;
  readonly #partition: IndexPartition;
  readonly #hash: number;
  #first: Uint8Array = new Uint8Array(0);

  constructor(place: IndexPlace, partition: IndexPartition, hash: number) {
    this.#place = place;
    this.#partition = partition;
    this.#hash = hash;
  }

  /** Answers whether there may be more. */
  async readFirst(onItem: (item: Item) => void): Promise<boolean> {
    const item = await this.#next(this.#hash);
    if (item === undefined) return false;
    onItem(item);
    this.#first = item.sk;
    return parseIndexSortKey(item.sk).lastHash === this.#hash;
  }

  /** The items after the first. */
  async readRest(onItem: (item: Item) => void): Promise<void> {
    const { lastHash, number } = parseIndexSortKey(this.#first);
    const first = indexKey(this.#partition, lastHash, number + 1).sk;
    const range = { ...indexSpanRange(this.#partition, this.#hash, this.#hash), first };
    const isLast = this.#hash === MAX_INDEX_HASH;
    const [, last] = await Promise.all([
      readRanges(this.#place, [range], onItem),
      isLast ? undefined : this.#next(this.#hash + 1),
    ]);
    if (last !== undefined) onItem(last);
  }

  async #next(hash: number): Promise<Item | undefined> {
    const { table, signal } = this.#place;
    const range = indexSpanRange(this.#partition, hash, MAX_INDEX_HASH);
    for await (const [item] of table.query(range, { consistent: true, limit: 1, signal }))
      if (item !== undefined) return item;
    return undefined;
  }
}
