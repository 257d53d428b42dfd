/**
 * Chunking: parts of a bucket become one part of chunk items, an item for each series. The inputs are merged group by group,
 * each of which has some of the series whole: its partition of the output, and what an invocation can stop after.
 */
import { HearthError } from "../../model/errors.ts";
import type { Part } from "../layout/manifest.ts";
import type { Shard } from "../layout/shard.ts";
import { ChunkPartitionWriter } from "../parts/chunk-partition.ts";
import { extentOf, type HashedSeries, type SampleExtent, union } from "../parts/hashed-samples.ts";
import type { Item } from "../table/table.ts";
import { type ChunkingProgress, loadProgress, storeProgress } from "./chunking-progress.ts";
import { type DayContext, dayExpiry, newId } from "./day-context.ts";
import { mergeParts } from "./merge-parts.ts";
import type { Chunking } from "./plan-compaction.ts";

/** Samples of a group, about. */
const TARGET_GROUP_SAMPLES = 300_000;
const MAX_SHARD_BITS = 8;
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
    const shard = { bits, prefix };
    const series = mergeParts(context, inputs, shard);
    extent = union(extent, await storeChunks(context, { bucket, part: id, shard }, series));
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

function newProgress(
  { randomBytes, partitionBits = groupBits }: DayContext,
  inputs: readonly Part[],
): ChunkingProgress {
  const bits = partitionBits(inputs.reduce((total, part) => total + part.samples, 0));
  return { id: newId(randomBytes), bits, groups: 0, extent: extentOf([]) };
}

/** Into how many groups, as bits, so many samples are divided; they are the chunks' partitions too. */
export function groupBits(samples: number): number {
  const bits = Math.ceil(Math.log2(Math.max(1, samples / TARGET_GROUP_SAMPLES)));
  return Math.min(bits, MAX_SHARD_BITS);
}

/** Answers what there is of the stored samples. */
async function storeChunks(
  context: DayContext,
  place: { readonly bucket: number; readonly part: string; readonly shard: Shard },
  series: AsyncIterable<HashedSeries>,
): Promise<SampleExtent> {
  const { table, tenant, day } = context;
  const writer = new ChunkPartitionWriter({ tenant, day, ...place }, dayExpiry(context));
  let extent = extentOf([]);
  let items: Item[] = [];
  for await (const one of series) {
    extent = union(extent, extentOf([one]));
    items.push(...writer.add(...one));
    if (items.length < STORE_SLICE) continue;
    await table.putAll(items);
    items = [];
  }
  await table.putAll([...items, ...writer.finish()]);
  return extent;
}
