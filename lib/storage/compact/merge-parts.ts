/**
 * The series of several parts merged: all keep them in the order of their hashes, so a series is whole when no part is before
 * it any more. Of each part one page of items and one decoded block are in memory, however many series a metric has.
 */
import { sortColumns } from "../../chunk/merge-mixed.ts";
import { SampleColumns } from "../../chunk/sample-columns.ts";
import type { Part } from "../layout/manifest.ts";
import { chunkRange, parseChunkSortKey, runRange } from "../layout/part-keys.ts";
import { type Shard, shardOf, shardsOverlapping } from "../layout/shard.ts";
import { decodeChunkItem } from "../parts/chunk-item.ts";
import type { HashedSeries } from "../parts/hashed-samples.ts";
import { appendChunk } from "../parts/mixed-chunks.ts";
import { appendBlockSeries, decodeRunBlock } from "../parts/run-block.ts";
import { hashHex } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item } from "../table/table.ts";
import type { DayContext } from "./day-context.ts";

/** Parts whose first page is read at once. */
const READ_CONCURRENCY = 16;

/** The series of a shard, by ascending hash. Of samples of one time that of the later part counts. */
export async function* mergeParts(
  context: DayContext,
  parts: readonly Part[],
  shard: Shard,
): AsyncGenerator<HashedSeries, void, void> {
  const cursors = parts.map((part) => new PartCursor(blocksOf(context, part, shard)));
  const columns = new SampleColumns();
  try {
    await forEachBounded(cursors, READ_CONCURRENCY, (cursor) => cursor.fill());
    for (let hash = firstHash(cursors); hash !== undefined; hash = firstHash(cursors)) {
      columns.clear();
      for (const cursor of cursors) {
        // A series may go on in the next block.
        while (cursor.hash === hash) {
          cursor.appendTo(columns);
          if (!cursor.advance()) await cursor.fill();
        }
      }
      yield [hash, sortColumns(columns)];
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
}

/** Where the merge is in a part. */
class PartCursor {
  readonly #blocks: AsyncGenerator<Block, void, void>;
  #block: Block | undefined;
  #at = 0;

  constructor(blocks: AsyncGenerator<Block, void, void>) {
    this.#blocks = blocks;
  }

  /** In hex; undefined at the end. */
  get hash(): string | undefined {
    return this.#block?.hashes[this.#at];
  }

  appendTo(columns: SampleColumns): void {
    this.#block!.appendTo(this.#at, columns);
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
  { table, tenant, day }: DayContext,
  part: Part,
  wanted: Shard,
): AsyncGenerator<Block, void, void> {
  const { kind, id, bucket, shardBits } = part;
  for (const shard of shardsOverlapping(wanted, shardBits)) {
    const range =
      kind === "run"
        ? runRange(tenant, day, id, shard)
        : chunkRange({ tenant, day, bucket, part: id, shard });
    for await (const page of table.query(range, { consistent: true })) {
      for (const item of page) {
        const block = kind === "run" ? runBlock(item, wanted) : chunkBlock(item, wanted);
        if (block.hashes.length > 0) yield block;
      }
    }
  }
}

function runBlock({ value }: Item, wanted: Shard): Block {
  const block = decodeRunBlock(value);
  const { hashes } = block;
  const isWanted = (hash: Uint8Array) => shardOf(hash, wanted.bits) === wanted.prefix;
  // Of the shard there is a stretch, since hashes ascend.
  const first = hashes.findIndex(isWanted);
  return {
    hashes: first < 0 ? [] : hashes.filter(isWanted).map(hashHex),
    appendTo: (series, columns) => appendBlockSeries(block, first + series, columns),
  };
}

function chunkBlock({ sk, value }: Item, wanted: Shard): Block {
  return {
    hashes: shardOf(sk, wanted.bits) === wanted.prefix ? [parseChunkSortKey(sk)] : [],
    appendTo(_series, columns) {
      for (const chunk of decodeChunkItem(value)) appendChunk(chunk, columns);
    },
  };
}
