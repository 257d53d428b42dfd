/**
 * Chunking: parts of a bucket become one part of chunk items, an item for each series. The inputs are merged group by group,
 * each of which has some of the series whole, so that memory does not grow with the bucket.
 */

import { valueWords } from "../chunk/sample-columns.ts";
import { appendXorChunk } from "../chunk/xor-chunk.ts";
import { HearthError } from "../model/errors.ts";
import { forEachBounded } from "./bounded.ts";
import { decodeChunkItem } from "./chunk-item.ts";
import { encodeChunkItems } from "./chunk-part.ts";
import { type ChunkingProgress, loadProgress, storeProgress } from "./chunking-progress.ts";
import { type DayContext, dayExpiry, newId } from "./compaction.ts";
import { extentOf, HashedSamples, type HashedSeries, union } from "./hashed-samples.ts";
import { chunkRange, parseChunkSortKey, runRange } from "./keys.ts";
import type { Part } from "./manifest.ts";
import type { Chunking } from "./plan-compaction.ts";
import { decodeRunBlock } from "./run-block.ts";
import { hashHex } from "./series-hash.ts";
import { type Shard, shardOf, shardsOverlapping } from "./shard.ts";
import type { Item } from "./table.ts";

/** Samples of a group, about; 20 bytes each in memory. */
const TARGET_GROUP_SAMPLES = 300_000;
const MAX_SHARD_BITS = 8;
/** Input partitions read at once. */
const READ_CONCURRENCY = 16;
/** Items encoded before they are stored. */
const STORE_SLICE = 200;

/** Groups after which what is done is noted, so that another invocation can go on from there. */
const GROUPS_PER_NOTE = 16;

/**
 * Writes the chunk items of a bucket, which count once the part is in the manifest. Goes on where an earlier try on the same
 * inputs was stopped: what it wrote already is the same, item by item. Undefined when `isTimeUp` said so before the end.
 */
export async function chunk(
  context: DayContext,
  plan: Chunking,
  isTimeUp: () => boolean,
): Promise<Part | undefined> {
  const { inputs, bucket } = plan;
  const progress = (await loadProgress(context, plan)) ?? newProgress(context, inputs);
  const { id, bits } = progress;
  let { extent } = progress;
  for (let prefix = progress.groups; prefix < 2 ** bits; prefix++) {
    if (prefix > progress.groups && (isTimeUp() || prefix % GROUPS_PER_NOTE === 0)) {
      await storeProgress(context, plan, { ...progress, groups: prefix, extent });
      if (isTimeUp()) return undefined;
    }
    const series = await mergeGroup(context, inputs, { bits, prefix });
    await storeChunks(context, { bucket, part: id, shard: { bits, prefix } }, series);
    extent = union(extent, extentOf(series));
  }
  if (extent.samples === 0) {
    const gone = `bucket ${bucket} of day ${context.day} of ${context.tenant}`;
    throw new HearthError(
      "data",
      `chunking: the ${inputs.length} parts of ${gone} are not in the table any more`,
    );
  }
  return { kind: "chunks", id, bucket, shardBits: bits, createdMs: context.clock(), ...extent };
}

function newProgress({ partitionBits = groupBits }: DayContext, inputs: readonly Part[]): ChunkingProgress {
  const bits = partitionBits(inputs.reduce((total, part) => total + part.samples, 0));
  return { id: newId(), bits, groups: 0, extent: extentOf([]) };
}

/** Into how many groups, as bits, so many samples are divided; they are the chunks' partitions too. */
export function groupBits(samples: number): number {
  const bits = Math.ceil(Math.log2(Math.max(1, samples / TARGET_GROUP_SAMPLES)));
  return Math.min(bits, MAX_SHARD_BITS);
}

/** One partition of one input. */
interface InputRead {
  readonly part: Part;
  readonly shard: Shard;
  items: readonly Item[];
}

/** The samples of a group's series, merged in the order of the inputs. */
async function mergeGroup(
  { table, tenant, day }: DayContext,
  inputs: readonly Part[],
  group: Shard,
): Promise<HashedSeries[]> {
  const reads = inputs.flatMap((part): InputRead[] =>
    shardsOverlapping(group, part.shardBits).map((shard) => ({ part, shard, items: [] })),
  );
  await forEachBounded(reads, READ_CONCURRENCY, async (read) => {
    const { part, shard } = read;
    const range =
      part.kind === "run"
        ? runRange(tenant, day, part.id, shard)
        : chunkRange({ tenant, day, bucket: part.bucket, part: part.id, shard });
    const items: Item[] = [];
    for await (const page of table.query(range, { consistent: true })) items.push(...page);
    read.items = items;
  });
  const samples = new HashedSamples();
  for (const { part, items } of reads) {
    for (const item of items) {
      if (part.kind === "run") addBlock(item, group, samples);
      else addChunks(item, group, samples);
    }
  }
  return samples.sorted();
}

function addBlock({ value }: Item, group: Shard, samples: HashedSamples): void {
  const { hashes, bounds, timestamps, values } = decodeRunBlock(value);
  const words = valueWords(values);
  hashes.forEach((hash, series) => {
    if (shardOf(hash, group.bits) !== group.prefix) return;
    const columns = samples.columnsOf(hashHex(hash));
    columns.reserve(bounds[series + 1] - bounds[series]);
    for (let i = bounds[series]; i < bounds[series + 1]; i++) {
      columns.appendSample(timestamps[i], words[2 * i + 1], words[2 * i]);
    }
  });
}

function addChunks({ sk, value }: Item, group: Shard, samples: HashedSamples): void {
  if (shardOf(sk, group.bits) !== group.prefix) return;
  const columns = samples.columnsOf(parseChunkSortKey(sk));
  for (const { bytes } of decodeChunkItem(value)) appendXorChunk(bytes, columns);
}

async function storeChunks(
  context: DayContext,
  place: { readonly bucket: number; readonly part: string; readonly shard: Shard },
  series: readonly HashedSeries[],
): Promise<void> {
  const { table, tenant, day } = context;
  const partition = { tenant, day, ...place };
  const expires = dayExpiry(context);
  let items: Item[] = [];
  for (const [hash, samples] of series) {
    items.push(...encodeChunkItems(partition, hash, samples, expires));
    if (items.length < STORE_SLICE) continue;
    await table.putAll(items);
    items = [];
  }
  await table.putAll(items);
}
