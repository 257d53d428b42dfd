/** The catalogue of a large index part: which of its blocks can have what a query asks for, and its labels' values. */
import { type LabelSet, METRIC_NAME } from "../../model/labels.ts";
import type { Matcher } from "../../model/matcher.ts";
import type { IndexPart } from "../layout/manifest.ts";
import { indexKey, indexRange } from "../layout/part-keys.ts";
import { ALL_SERIES } from "../layout/shard.ts";
import { throwDamaged } from "../layout/verified-table.ts";
import { textHash } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, KeyRange } from "../table/table.ts";
import { blocksOf, decodeDirectory, type IndexBlock } from "./index-directory.ts";
import {
  decodeNoting,
  HashReader,
  type IndexPlace,
  labelSetsOf,
  partitionOf,
  readRanges,
} from "./index-items.ts";
import { indexShard, MAX_PLAIN_BLOCKS } from "./index-part.ts";
import { decodePairs, pairHash } from "./pairs-block.ts";

/** A look-up costs about as much as so many blocks: with fewer to read it is not made. Of a pattern all values are read. */
const LOOKUP_BLOCKS = 2;
const PATTERN_BLOCKS = 16;
/** Values of a label that are looked up one by one; past them a matcher is not used to choose blocks. */
const MAX_LOOKUPS = 32;
const LOOKUP_CONCURRENCY = 8;

/** Whether a part has a catalogue. */
export function hasCatalogue({ blocks }: IndexPart): boolean {
  return blocks > MAX_PLAIN_BLOCKS;
}

/** Whether a series must have the label to pass. */
export function isSelective(matcher: Matcher): boolean {
  return !matcher.matches("");
}

/** The values of a label in a part that has a catalogue; of `LABEL_NAMES` (index-part.ts) the label names. */
export async function readCataloguedValues(
  place: IndexPlace,
  part: IndexPart,
  name: string,
  onValue: (value: string) => void,
): Promise<void> {
  const hash = textHash(name);
  const reader = new HashReader(place, partitionOf(place, part, "values", ALL_SERIES), hash);
  const onItem = (item: Item) => {
    for (const [[labelName, labelValue]] of labelSetsOf(item, place.note))
      if (labelName === name) onValue(labelValue);
  };
  if (await reader.readFirst(onItem)) await reader.readRest(onItem);
}

/** Gets the label sets of a block: those asked for, and others. */
export type OnLabelSets = (labelSets: readonly LabelSet[]) => void;

/** How many label sets of a metric (by its hash) lie in blocks that were not read, about. */
export type Unread = (hash: number) => number;

/** A part with a catalogue, for one query. */
export class LargePart {
  readonly #place: IndexPlace;
  readonly #part: IndexPart;
  #blocks: IndexBlock[] = [];

  constructor(place: IndexPlace, part: IndexPart) {
    this.#place = place;
    this.#part = part;
  }

  async read(matchers: readonly Matcher[], onLabelSets: OnLabelSets): Promise<Unread> {
    await this.#readDirectory();
    let chosen = new Set(this.#blocks.keys());
    for (const matcher of matchers.filter(isSelective).sort(byName)) {
      if (chosen.size <= (matcher.type === "=" ? LOOKUP_BLOCKS : PATTERN_BLOCKS)) continue;
      const blocks = await this.#blocksOf(matcher);
      if (blocks !== undefined) chosen = new Set([...chosen].filter((block) => blocks.has(block)));
    }
    const numbers = [...chosen].sort((a, b) => a - b);
    await readRanges(this.#place, this.#ranges(numbers), (item) =>
      onLabelSets(labelSetsOf(item, this.#place.note)),
    );
    return (hash) => this.#countUnread(hash, chosen);
  }

  async #readDirectory(): Promise<void> {
    const partition = partitionOf(this.#place, this.#part, "directory", ALL_SERIES);
    await readRanges(this.#place, [indexRange(partition)], (item) => {
      const blocks = decodeNoting(item, decodeDirectory, this.#place.note) ?? [];
      this.#blocks = this.#blocks.concat(blocks);
    });
    const { note = throwDamaged } = this.#place;
    const { length } = this.#blocks;
    if (length !== this.#part.blocks)
      note(indexKey(partition, 0, 0), `a directory has ${length} blocks, expected ${this.#part.blocks}`);
  }

  /** Blocks that can have series that pass a selective matcher; undefined: nothing better than all. */
  async #blocksOf(matcher: Matcher): Promise<Set<number> | undefined> {
    const values = await this.#valuesOf(matcher);
    if (matcher.name === METRIC_NAME) return this.#blocksOfMetrics(values);
    return values.length > MAX_LOOKUPS ? undefined : this.#blocksOfPairs(matcher.name, values);
  }

  async #valuesOf(matcher: Matcher): Promise<string[]> {
    if (matcher.type === "=") return [matcher.value];
    const values: string[] = [];
    await readCataloguedValues(this.#place, this.#part, matcher.name, (value) => {
      if (matcher.matches(value)) values.push(value);
    });
    return values;
  }

  #blocksOfMetrics(metrics: readonly string[]): Set<number> {
    const found = new Set<number>();
    for (const metric of metrics) {
      const [first, end] = blocksOf(this.#blocks, textHash(metric));
      for (let block = first; block < end; block++) found.add(block);
    }
    return found;
  }

  async #blocksOfPairs(name: string, values: readonly string[]): Promise<Set<number>> {
    const found = new Set<number>();
    const partition = partitionOf(this.#place, this.#part, "pairs", ALL_SERIES);
    await forEachBounded(values, LOOKUP_CONCURRENCY, async (value) => {
      const hash = pairHash(name, value);
      const onItem = (item: Item) => {
        for (const pair of decodeNoting(item, decodePairs, this.#place.note) ?? [])
          if (pair.hash === hash) for (const block of pair.blocks) found.add(block);
      };
      const reader = new HashReader(this.#place, partition, hash);
      if (await reader.readFirst(onItem)) await reader.readRest(onItem);
    });
    return found;
  }

  /** One for each unbroken run of blocks of a partition. */
  #ranges(numbers: readonly number[]): KeyRange[] {
    const ranges: KeyRange[] = [];
    const shardAt = (number: number) => indexShard(this.#blocks[number].lastHash, this.#part.shardBits);
    for (let i = 0; i < numbers.length; ) {
      const [first, shard] = [numbers[i], shardAt(numbers[i])];
      let last = first;
      for (i++; numbers[i] === last + 1 && shardAt(numbers[i]).prefix === shard.prefix; i++) last++;
      const partition = partitionOf(this.#place, this.#part, "series", shard);
      const keyOf = (number: number) => indexKey(partition, this.#blocks[number].lastHash, number);
      ranges.push({ pk: keyOf(first).pk, first: keyOf(first).sk, last: keyOf(last).sk });
    }
    return ranges;
  }

  #countUnread(hash: number, read: ReadonlySet<number>): number {
    const [first, end] = blocksOf(this.#blocks, hash);
    let count = 0;
    for (let block = first; block < end; block++) if (!read.has(block)) count += this.#blocks[block].series;
    return count;
  }
}

/** Metric names first: for them the directory suffices. Then equality. */
function byName(a: Matcher, b: Matcher): number {
  const costOf = ({ name, type }: Matcher) => (name === METRIC_NAME ? 0 : 2) + (type === "=" ? 0 : 1);
  return costOf(a) - costOf(b);
}
