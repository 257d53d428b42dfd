/** The series of a UTC day that several blocks have, merged, in the order of their hashes. */
import { sortColumns } from "../chunk/merge-mixed.ts";
import { SampleColumns } from "../chunk/sample-columns.ts";
import { HearthError } from "../model/errors.ts";
import { checkLabels } from "../model/label-rules.ts";
import { type Label, type LabelSet, printLabels } from "../model/labels.ts";
import { DEFAULT_LIMITS, type Limits } from "../model/limits.ts";
import { type Matcher, matchesAll } from "../model/matcher.ts";
import { MAX_MESSAGE_CHARACTERS, shorten } from "../model/shorten.ts";
import type { TimeRange } from "../model/time.ts";
import type { BulkSeries } from "../storage/bulk/bulk-day.ts";
import { dayOf } from "../storage/layout/keys.ts";
import { countSamples } from "../storage/parts/hashed-samples.ts";
import { seriesHash } from "../storage/series/series-hash.ts";
import { Block } from "../tsdb/block.ts";
import type { ChunkPlace } from "../tsdb/block-index.ts";
import type { BlockMeta } from "../tsdb/block-meta.ts";
import { damagedBlock } from "../tsdb/damaged-block.ts";
import type { BlockFolder } from "../tsdb/files.ts";
import { type SeriesTable, SeriesTableBuilder } from "../tsdb/series-table.ts";
import { editLabels, type LabelEdits } from "./label-edits.ts";

/** Days of its series that any block may have, and as many more for each byte of its chunks: a sample takes some bits. */
const MIN_SERIES_DAYS = 1_000_000;
const SERIES_DAYS_PER_BYTE = 32;
const MAX_PRINTED_LABELS = 20;

/** Which series of a block are wanted, and how they are named. */
export interface SeriesChoice {
  readonly edits: LabelEdits;
  /** A series passes all matchers of one of these, by its labels after the edits; none: every series passes. */
  readonly matcherSets: readonly (readonly Matcher[])[];
}

/** A block that is open, with its wanted series by hash. */
export class OpenBlock {
  readonly block: Block;
  readonly table: SeriesTable;
  readonly #choice: SeriesChoice;

  private constructor(block: Block, table: SeriesTable, choice: SeriesChoice) {
    this.block = block;
    this.table = table;
    this.#choice = choice;
  }

  /** Reads the whole index once. Throws "data"; "invalid" for a series whose labels cannot be stored. */
  static async open(folder: BlockFolder, meta: BlockMeta, choice: SeriesChoice): Promise<OpenBlock> {
    const block = await Block.open(folder, meta);
    const builder = new SeriesTableBuilder();
    const { matcherSets, edits } = choice;
    const work = new DayCount(block);
    for await (const { labels, offset, chunks } of block.index.series()) {
      const edited = editLabels(labels, edits);
      if (matcherSets.length > 0 && !matcherSets.some((matchers) => matchesAll(matchers, edited))) continue;
      const hash = seriesHash(labelSetOrThrow(block.name, edited, DEFAULT_LIMITS));
      builder.add(hash, offset, ...work.add(chunks));
    }
    return new OpenBlock(block, builder.finish(), choice);
  }

  /**
   * Appends the samples that the series at a place of the table has in a range of one day; returns its labels, or undefined
   * where it has none.
   */
  async appendSeries(index: number, range: TimeRange, columns: SampleColumns): Promise<LabelSet | undefined> {
    if (!this.table.mayHaveDay(index, dayOf(range.minTime))) return undefined;
    const series = await this.block.index.seriesAt(this.table.offset(index));
    await this.block.appendSamples(series, range, columns);
    return labelSetOrThrow(this.block.name, editLabels(series.labels, this.#choice.edits), DEFAULT_LIMITS);
  }

  close(): Promise<void> {
    return this.block.close();
  }
}

/**
 * Days of the series of a block. Each is read again for each of its days, so where chunks say to reach over more days
 * than they can have samples of, going through them would not end in time.
 */
class DayCount {
  readonly #block: Block;
  readonly #first: number;
  readonly #last: number;
  #left: number;

  constructor(block: Block) {
    this.#block = block;
    this.#first = dayOf(block.meta.minTime);
    this.#last = dayOf(block.meta.maxTime);
    this.#left = MIN_SERIES_DAYS + SERIES_DAYS_PER_BYTE * block.chunkBytes;
  }

  /** The first and the last day of a series' chunks, within those of the block; the first is the later one where there is none. */
  add(chunks: readonly ChunkPlace[]): [first: number, last: number] {
    let [minTime, maxTime] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const chunk of chunks) {
      minTime = Math.min(minTime, chunk.minTime);
      maxTime = Math.max(maxTime, chunk.maxTime);
    }
    const first = Math.max(this.#first, dayOf(minTime));
    const last = Math.min(this.#last, dayOf(maxTime));
    if (!(first <= last)) return [1, 0];
    this.#left -= last - first + 1;
    if (this.#left < 0)
      throw damagedBlock(
        this.#block.name,
        `the index gives its series more days than ${this.#block.chunkBytes} bytes of chunks can have samples of`,
      );
    return [first, last];
  }
}

/** Some labels, so that the message is short whatever they are. */
function printSome(labels: readonly Label[]): string {
  const some = labels
    .slice(0, MAX_PRINTED_LABELS)
    .map(([name, value]): Label => [shorten(name), shorten(value)]);
  return shorten(printLabels(some), MAX_MESSAGE_CHARACTERS);
}

function labelSetOrThrow(block: string, labels: readonly Label[], limits: Limits): LabelSet {
  const check = checkLabels(labels, limits);
  if (check.ok) return check.labels;
  throw new HearthError(
    "invalid",
    `${block}: series ${printSome(labels)} cannot be stored: ${check.reason}; leave it out with --match`,
  );
}

/** `range`: of one day. Of samples of one time that of the later block counts. `onSeries`: takes the number of samples of each series. */
export async function* mergeBlocks(
  blocks: readonly OpenBlock[],
  range: TimeRange,
  onSeries: (samples: number) => void,
): AsyncGenerator<BulkSeries, void, void> {
  const places = blocks.map(() => 0);
  const columns = new SampleColumns();
  for (const { block } of blocks) block.beginPass();
  for (let hash = firstHash(blocks, places); hash !== undefined; hash = firstHash(blocks, places)) {
    columns.clear();
    let labels: LabelSet | undefined;
    for (let i = 0; i < blocks.length; i++) {
      // Edits may make one series of two.
      for (; blocks[i].table.hash(places[i]) === hash; places[i]++)
        labels = (await blocks[i].appendSeries(places[i], range, columns)) ?? labels;
    }
    if (columns.count === 0) continue;
    const samples = sortColumns(columns);
    onSeries(countSamples(samples));
    yield { hash, labels: labels!, samples };
  }
}

function firstHash(blocks: readonly OpenBlock[], places: readonly number[]): string | undefined {
  let first: string | undefined;
  for (let i = 0; i < blocks.length; i++) {
    const hash = blocks[i].table.hash(places[i]);
    if (hash !== undefined && (first === undefined || hash < first)) first = hash;
  }
  return first;
}
