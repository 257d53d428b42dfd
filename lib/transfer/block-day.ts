/** The series of a UTC day that several blocks have, merged, in the order of their hashes. */
import { sortColumns } from "../chunk/merge-mixed.ts";
import { SampleColumns } from "../chunk/sample-columns.ts";
import { HearthError } from "../model/errors.ts";
import { checkLabels } from "../model/label-rules.ts";
import { type Label, type LabelSet, printLabels } from "../model/labels.ts";
import { DEFAULT_LIMITS, type Limits } from "../model/limits.ts";
import { type Matcher, matchesAll } from "../model/matcher.ts";
import type { TimeRange } from "../model/time.ts";
import type { BulkSeries } from "../storage/bulk/bulk-day.ts";
import { countSamples } from "../storage/parts/hashed-samples.ts";
import { seriesHash } from "../storage/series/series-hash.ts";
import { Block } from "../tsdb/block.ts";
import type { BlockMeta } from "../tsdb/block-meta.ts";
import type { BlockFolder } from "../tsdb/files.ts";
import { type SeriesTable, SeriesTableBuilder } from "../tsdb/series-table.ts";
import { editLabels, type LabelEdits } from "./label-edits.ts";

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
    for await (const { labels, offset } of block.index.series()) {
      const edited = editLabels(labels, edits);
      if (matcherSets.length > 0 && !matcherSets.some((matchers) => matchesAll(matchers, edited))) continue;
      builder.add(seriesHash(labelSetOrThrow(block.name, edited, DEFAULT_LIMITS)), offset);
    }
    return new OpenBlock(block, builder.finish(), choice);
  }

  /** Appends the samples that the series at a place of the table has in a range; returns its labels. */
  async appendSeries(index: number, range: TimeRange, columns: SampleColumns): Promise<LabelSet> {
    const series = await this.block.index.seriesAt(this.table.offset(index));
    await this.block.appendSamples(series, range, columns);
    return labelSetOrThrow(this.block.name, editLabels(series.labels, this.#choice.edits), DEFAULT_LIMITS);
  }

  close(): Promise<void> {
    return this.block.close();
  }
}

function labelSetOrThrow(block: string, labels: readonly Label[], limits: Limits): LabelSet {
  const check = checkLabels(labels, limits);
  if (check.ok) return check.labels;
  throw new HearthError(
    "invalid",
    `${block}: series ${printLabels(labels)} cannot be stored: ${check.reason}; leave it out with --match`,
  );
}

/** Of samples of one time that of the later block counts. `onSeries`: takes the number of samples of each series. */
export async function* mergeBlocks(
  blocks: readonly OpenBlock[],
  range: TimeRange,
  onSeries: (samples: number) => void,
): AsyncGenerator<BulkSeries, void, void> {
  const places = blocks.map(() => 0);
  const columns = new SampleColumns();
  for (let hash = firstHash(blocks, places); hash !== undefined; hash = firstHash(blocks, places)) {
    columns.clear();
    let labels: LabelSet | undefined;
    for (let i = 0; i < blocks.length; i++) {
      // Edits may make one series of two.
      for (; blocks[i].table.hash(places[i]) === hash; places[i]++)
        labels = await blocks[i].appendSeries(places[i], range, columns);
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
