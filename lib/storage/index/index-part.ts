/**
 * An index part: the label sets of a day's series, immutable, under a random id that the manifest names. Sections, each in
 * partitions of its own:
 *
 *     series      series blocks by ascending metric hash, then label set, cut at about 12 KB before deflating: one read unit each
 *
 * and in a part of more than `MAX_PLAIN_BLOCKS` of them, which nobody wants to read whole, a *catalogue*:
 *
 *     values      series blocks too, whose label sets are single labels: each label name's values, by the name's hash; and under
 *                 the label name "", which no label has, all label names
 *     pairs       which blocks of the section "series" have a label (pairs-block.ts)
 *     directory   the last hash of each of these blocks, and how many label sets it has (index-directory.ts)
 *
 * An item's sort key begins with the hash of the last thing in it. So whoever looks for a hash asks for the first item from
 * that hash on, and has all there is unless that item ends with the very hash it looks for.
 */
import { METRIC_NAME } from "../../model/labels.ts";
import type { IndexPart } from "../layout/manifest.ts";
import { type IndexSection, indexKey, MAX_INDEX_HASH } from "../layout/part-keys.ts";
import { ALL_SERIES, type Shard } from "../layout/shard.ts";
import { SeriesBlockWriter } from "../series/series-block.ts";
import { textHash } from "../series/series-hash.ts";
import type { Item } from "../table/table.ts";
import { encodeDirectory } from "./index-directory.ts";
import type { IndexEntry } from "./index-entry.ts";
import { encodePairs, type Pair, pairHash } from "./pairs-block.ts";

/**
 * Where a block is cut, in bytes before deflating. Of 10,000 recorded series 12 KB make blocks of 3 KB and 21 write units in
 * all; 32 KB make 15, and a look-up of a metric reads two units instead of one.
 */
const BLOCK_BYTES = 12 * 1024;
/** Series blocks that a part has without a catalogue: all of them are some 40 read units, 64 at most as a rule. */
export const MAX_PLAIN_BLOCKS = 64;
/** Series of a partition: what is written of it at once stays below what DynamoDB takes a second. */
const PARTITION_SERIES = 200_000;
const MAX_SHARD_BITS = 8;
/** The name under which the section "values" has all label names. */
export const LABEL_NAMES = "";

export interface IndexPlace {
  readonly tenant: string;
  readonly day: number;
  /** See `IndexPartition`. */
  readonly isOfRows?: true | undefined;
  readonly id: string;
  /** Leading bits of the hash by which the section "series" is partitioned. */
  readonly shardBits: number;
  readonly createdMs: number;
  readonly expiresAtSeconds?: number;
}

/** The partitions, as bits, of a part of so many series. */
export function indexShardBits(seriesCount: number): number {
  return Math.min(Math.ceil(Math.log2(Math.max(1, seriesCount / PARTITION_SERIES))), MAX_SHARD_BITS);
}

/** What the section "series" is partitioned by: leading bits of a metric's hash. */
export function indexShard(hash: number, bits: number): Shard {
  return { bits, prefix: Math.floor(hash / 2 ** (32 - bits)) };
}

/** Makes the items of a part of entries that come in ascending order. `onItem` gets each as it is full. */
export class IndexPartWriter {
  readonly #place: IndexPlace;
  readonly #onItem: (item: Item) => void;
  readonly #blocks: { lastHash: number; readonly series: number }[] = [];
  /** By label name and value: the numbers of the blocks that have it, ascending. */
  readonly #labels = new Map<string, Map<string, number[]>>();
  #block = new SeriesBlockWriter();
  #lastHash = 0;
  #series = 0;
  #labelBytes = 0;

  constructor(place: IndexPlace, onItem: (item: Item) => void) {
    this.#place = place;
    this.#onItem = onItem;
  }

  /** Entries added so far. */
  get count(): number {
    return this.#series;
  }

  /** Text of the different label names and values that are held, in characters. */
  get labelBytes(): number {
    return this.#labelBytes;
  }

  add({ hash, labels }: IndexEntry): void {
    const { shardBits } = this.#place;
    const isOther = indexShard(hash, shardBits).prefix !== indexShard(this.#lastHash, shardBits).prefix;
    const isFull = this.#block.sizeBytes >= BLOCK_BYTES || !this.#block.hasRoomFor(labels);
    if (this.#block.count > 0 && (isOther || isFull)) this.#cut();
    this.#block.add(labels);
    this.#lastHash = hash;
    this.#series++;
    for (const [name, value] of labels) this.#note(name, value);
  }

  /** The part, which counts when a manifest names it. */
  finish(): IndexPart {
    if (this.#block.count > 0) this.#cut();
    if (this.#blocks.length > MAX_PLAIN_BLOCKS) this.#writeCatalogue();
    const { id, shardBits, createdMs } = this.#place;
    return { id, shardBits, createdMs, series: this.#series, blocks: this.#blocks.length };
  }

  #note(name: string, value: string): void {
    let values = this.#labels.get(name);
    if (values === undefined) {
      values = new Map();
      this.#labels.set(name, values);
      this.#labelBytes += name.length;
    }
    const blocks = values.get(value);
    if (blocks === undefined) {
      values.set(value, [this.#blocks.length]);
      this.#labelBytes += value.length;
    } else if (blocks[blocks.length - 1] !== this.#blocks.length) blocks.push(this.#blocks.length);
  }

  #cut(): void {
    const shard = indexShard(this.#lastHash, this.#place.shardBits);
    this.#write("series", shard, this.#lastHash, this.#blocks.length, this.#block.finish());
    this.#blocks.push({ lastHash: this.#lastHash, series: this.#block.count });
    this.#block = new SeriesBlockWriter();
  }

  #writeCatalogue(): void {
    this.#writeValues();
    encodePairs(this.#pairs()).forEach(({ lastHash, value }, number) => {
      this.#write("pairs", ALL_SERIES, lastHash, number, value);
    });
    encodeDirectory(this.#blocks).forEach((value, number) => {
      this.#write("directory", ALL_SERIES, MAX_INDEX_HASH, number, value);
    });
  }

  #writeValues(): void {
    const names = [[LABEL_NAMES, this.#labels] as const, ...this.#labels].map(
      ([name, values]) => [textHash(name), name, values] as const,
    );
    let block = new SeriesBlockWriter();
    let number = 0;
    let last = 0;
    const cut = () => {
      this.#write("values", ALL_SERIES, last, number++, block.finish());
      block = new SeriesBlockWriter();
    };
    for (const [hash, name, values] of names.sort(([a], [b]) => a - b)) {
      for (const value of [...values.keys()].sort()) {
        const labels = [[name, value]] as const;
        if (block.sizeBytes >= BLOCK_BYTES || !block.hasRoomFor(labels)) cut();
        block.add(labels);
        last = hash;
      }
    }
    cut();
  }

  /** Not of metric names: where these are the directory says. */
  #pairs(): Pair[] {
    return [...this.#labels].flatMap(([name, values]) =>
      name === METRIC_NAME
        ? []
        : [...values].map(([value, blocks]): Pair => ({ hash: pairHash(name, value), blocks })),
    );
  }

  #write(section: IndexSection, shard: Shard, lastHash: number, number: number, value: Uint8Array): void {
    const { tenant, day, isOfRows, id, expiresAtSeconds } = this.#place;
    const key = indexKey({ tenant, day, isOfRows, part: id, section, shard }, lastHash, number);
    this.#onItem({ ...key, value, ...(expiresAtSeconds !== undefined && { expiresAtSeconds }) });
  }
}
