/**
 * The series of several parts merged: all keep them in the order of their hashes, so a series is whole when no part is before
 * it any more. Of each part one page of items and one decoded block are in memory, however many series a metric has.
 */
import { sortColumns } from "../../chunk/merge-mixed.ts";
import { SampleColumns } from "../../chunk/sample-columns.ts";
import type { Deletion } from "../deletion/deletion.ts";
import { dropHidden } from "../deletion/masks.ts";
import type { Part } from "../layout/manifest.ts";
import { chunkRange, parseChunkSortKey, runRange } from "../layout/part-keys.ts";
import { type Shard, shardOf, shardsOverlapping } from "../layout/shard.ts";
import { countChunkSamples, decodeChunkItem } from "../parts/chunk-item.ts";
import { readErased } from "../parts/erased-item.ts";
import type { HashedSeries } from "../parts/hashed-samples.ts";
import { appendChunk } from "../parts/mixed-chunks.ts";
import { appendBlockSeries, decodeRunBlock, readRunBlockHeader } from "../parts/run-block.ts";
import { hashHex } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item } from "../table/table.ts";
import { type DayContext, readItems } from "./day-context.ts";
import { PartitionCheck } from "./partition-check.ts";

/** Parts whose first page is read at once. */
const READ_CONCURRENCY = 16;

/** Of samples, where nothing says how many a damaged item has had. */
const ANY_NUMBER = 2 ** 50;

/** What was read of a part: samples, before those of one time give way to one of them, and samples in quarantine at most. */
export interface ReadCount {
  readonly samples: number;
  readonly damaged: number;
}

/** Counts of parts, by their place among the inputs. */
export class ReadCounts {
  readonly #counts: { samples: number; damaged: number }[];

  constructor(counts: readonly ReadCount[]) {
    this.#counts = counts.map((count) => ({ ...count }));
  }

  static of(parts: number): ReadCounts {
    return new ReadCounts(Array.from({ length: parts }, () => ({ samples: 0, damaged: 0 })));
  }

  get all(): readonly ReadCount[] {
    return this.#counts;
  }

  add(part: number, samples: number): void {
    this.#counts[part].samples += samples;
  }

  addDamaged(part: number, samples: number): void {
    this.#counts[part].damaged = Math.min(this.#counts[part].damaged + samples, ANY_NUMBER);
  }

  copy(): ReadCounts {
    return new ReadCounts(this.#counts);
  }

  reset({ all }: ReadCounts): void {
    all.forEach((count, part) => {
      this.#counts[part] = { ...count };
    });
  }
}

/** The deletions that hide samples of an input, by its place, of a series, by its hash in hex. */
export type HidingOf = (input: number, hash: string) => readonly Deletion[];

const NOTHING_HIDDEN: HidingOf = () => [];

/**
 * The series of a shard, by ascending hash. Of samples of one time that of the later part counts. What is read of each part is
 * added to `counts`. Throws `DamagedInput` for a partition that has a gap.
 */
export async function* mergeParts(
  context: DayContext,
  parts: readonly Part[],
  shard: Shard,
  counts: ReadCounts = ReadCounts.of(parts.length),
  hidingOf: HidingOf = NOTHING_HIDDEN,
): AsyncGenerator<HashedSeries, void, void> {
  const cursors = parts.map((part, number) => {
    const counting: Counting = {
      add: (samples) => counts.add(number, samples),
      addDamaged: (samples) => counts.addDamaged(number, samples),
    };
    return new PartCursor(blocksOf(context, part, shard, counting), counting);
  });
  const columns = new SampleColumns();
  try {
    await forEachBounded(cursors, READ_CONCURRENCY, (cursor) => cursor.fill());
    for (let hash = firstHash(cursors); hash !== undefined; hash = firstHash(cursors)) {
      columns.clear();
      for (const [input, cursor] of cursors.entries()) {
        const { count } = columns;
        // A series may go on in the next block.
        while (cursor.hash === hash) {
          cursor.appendTo(columns);
          if (!cursor.advance()) await cursor.fill();
        }
        if (columns.count > count) dropHidden(columns, count, hidingOf(input, hash));
      }
      if (columns.count > 0) yield [hash, sortColumns(columns)];
    }
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }
}

function firstHash(cursors: readonly PartCursor[]): string | undefined {
  let first: string | undefined;
  for (const { hash } of cursors) {
    if (hash !== undefined && (first === undefined || hash < first)) first = hash;
  }
  return first;
}

/** Decoded samples of some series, by ascending hash. */
interface Block {
  readonly hashes: readonly string[];
  appendTo(series: number, columns: SampleColumns): void;
  countSamples(series: number): number;
}

/** Counts what is read of one part. */
interface Counting {
  add(samples: number): void;
  addDamaged(samples: number): void;
}

/** Where the merge is in a part. */
class PartCursor {
  readonly #blocks: AsyncGenerator<Block, void, void>;
  readonly #counting: Counting;
  #block: Block | undefined;
  #at = 0;

  constructor(blocks: AsyncGenerator<Block, void, void>, counting: Counting) {
    this.#blocks = blocks;
    this.#counting = counting;
  }

  /** In hex; undefined at the end. */
  get hash(): string | undefined {
    return this.#block?.hashes[this.#at];
  }

  appendTo(columns: SampleColumns): void {
    this.#block!.appendTo(this.#at, columns);
    this.#counting.add(this.#block!.countSamples(this.#at));
  }

  /** Answers whether the block has another series; if not, `fill`. */
  advance(): boolean {
    return ++this.#at < this.#block!.hashes.length;
  }

  async fill(): Promise<void> {
    const next = await this.#blocks.next();
    this.#block = next.done ? undefined : next.value;
    this.#at = 0;
  }

  async close(): Promise<void> {
    await this.#blocks.return();
  }
}

/** The blocks of a part that have series of a shard; the part's partitions may be larger or smaller than it. */
async function* blocksOf(
  context: DayContext,
  part: Part,
  wanted: Shard,
  counting: Counting,
): AsyncGenerator<Block, void, void> {
  const { tenant, day } = context;
  const { kind, id, bucket, shardBits } = part;
  const decode = kind === "run" ? runBlock : chunkBlock;
  for (const shard of shardsOverlapping(wanted, shardBits)) {
    const range =
      kind === "run"
        ? runRange(tenant, day, id, shard)
        : chunkRange({ tenant, day, bucket, part: id, shard });
    const check = new PartitionCheck(context, part, range);
    const onDamaged = () => {
      check.isDamaged = true;
      counting.addDamaged(ANY_NUMBER);
    };
    for await (const page of readItems(context, range, onDamaged)) {
      check.follow(page);
      for (const item of page) {
        try {
          const block = decode(item, wanted);
          if (kind === "run" && isFirst(wanted, shard)) counting.add(readErased(item.value).erased);
          if (block.hashes.length > 0) yield block;
        } catch (error) {
          context.quarantine.addUndecodable(item, error);
          counting.addDamaged(samplesOfDamaged(kind, item));
        }
      }
    }
    check.finish();
  }
}

/** Whether a shard is the first of those that a partition has: what is counted once for a block is counted there. */
function isFirst(wanted: Shard, partition: Shard): boolean {
  const bits = wanted.bits - partition.bits;
  return bits <= 0 || wanted.prefix === partition.prefix * 2 ** bits;
}

/** How many samples a damaged item may have had. */
function samplesOfDamaged(kind: Part["kind"], { value }: Item): number {
  const header = kind === "run" ? readRunBlockHeader(value) : undefined;
  return header ?? ANY_NUMBER;
}

function runBlock({ value }: Item, wanted: Shard): Block {
  const block = decodeRunBlock(value);
  const { hashes, bounds } = block;
  const histogramBounds = block.histograms?.bounds;
  const isWanted = (hash: Uint8Array) => shardOf(hash, wanted.bits) === wanted.prefix;
  // Of the shard there is a stretch, since hashes ascend.
  const first = hashes.findIndex(isWanted);
  return {
    hashes: first < 0 ? [] : hashes.filter(isWanted).map(hashHex),
    appendTo: (series, columns) => appendBlockSeries(block, first + series, columns),
    countSamples: (series) =>
      between(bounds, first + series) +
      (histogramBounds === undefined ? 0 : between(histogramBounds, first + series)),
  };
}

function between(bounds: Int32Array, series: number): number {
  return bounds[series + 1] - bounds[series];
}

function chunkBlock({ sk, value }: Item, wanted: Shard): Block {
  const isWanted = shardOf(sk, wanted.bits) === wanted.prefix;
  const chunks = isWanted ? decodeChunkItem(value) : [];
  const { erased } = readErased(value);
  const samples = chunks.reduce((total, chunk) => total + countChunkSamples(chunk), erased);
  return {
    hashes: isWanted ? [parseChunkSortKey(sk)] : [],
    appendTo(_series, columns) {
      for (const chunk of chunks) appendChunk(chunk, columns);
    },
    countSamples: () => samples,
  };
}
