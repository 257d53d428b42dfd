/**
 * Chunking: parts of a bucket become one part of chunk items, an item for each series, and where many series have few samples
 * a run of these, which share its blocks. The inputs are merged group by group, each of which has some of the series whole:
 * its partition of the output, and what an invocation can stop after.
 */
import { type DayDeletions, type Deletion, NO_DELETIONS } from "../deletion/deletion.ts";
import { hidingPart, type Masks, NO_MASKS } from "../deletion/masks.ts";
import { filledPartitions } from "../layout/filled-partitions.ts";
import type { Part } from "../layout/manifest.ts";
import { endsWith, partitionsOf } from "../layout/part-ends.ts";
import { parseChunkSortKey } from "../layout/part-keys.ts";
import { dayExpirySeconds } from "../layout/retention.ts";
import type { Shard } from "../layout/shard.ts";
import { ChunkPartitionWriter } from "../parts/chunk-partition.ts";
import { countSamples, extentOf, type HashedSeries, union } from "../parts/hashed-samples.ts";
import { numberOfHash } from "../parts/metric-counts.ts";
import { encodeRun, runShardBits } from "../parts/run-items.ts";
import { billedBytesOnceStored } from "../table/item-size.ts";
import { type ChunkingProgress, loadProgress, type Output, storeProgress } from "./chunking-progress.ts";
import { DamagedInput } from "./damaged-input.ts";
import { type DayContext, dayExpiry, newId } from "./day-context.ts";
import { earlierExpiry } from "./expiry.ts";
import { type HidingOf, mergeParts, ReadCounts } from "./merge-parts.ts";
import { ChangedGroup, ItemSink, NO_ITEMS, STORE_SLICE, type StoredItems } from "./pacing/item-sink.ts";
import type { Chunking } from "./plan-compaction.ts";

/** Samples of a group, about. */
const TARGET_GROUP_SAMPLES = 300_000;
const MAX_SHARD_BITS = 8;
/** Groups after which what is done is noted, so that another invocation can go on from there. */
const GROUPS_PER_NOTE = 16;

export interface Chunked {
  /** Of chunks, of few samples a series, or both. */
  readonly parts: readonly Part[];
  /** The earliest expiry of their items, in seconds; 0: never. */
  readonly expiresAtSeconds: number;
}

/** How a run stores a bucket. */
export interface Storing {
  /**
   * Asked after each slice of items: whether to stop, after so many samples of those that the bucket has. Never asked before the
   * first, so that each run gets somewhere.
   */
  readonly isTimeUp: (storedSamples: number, allSamples: number) => boolean;
  /** Items stored at a time; default: `STORE_SLICE`. */
  readonly slice?: number | undefined;
  /** Gets the bytes of chunk items that a run makes of each series, by the number of its metric. */
  readonly onChunks?: ((metric: number, bytes: number) => void) | undefined;
}

/**
 * Writes the items of a bucket, which count once the parts are in the manifest. Goes on where an earlier try on the same
 * inputs was stopped: what it wrote already is the same, item by item. Undefined when `isTimeUp` said so before the end.
 * Throws `DamagedInput` where an input has not as many samples as the manifest says.
 */
export async function chunk(
  context: DayContext,
  plan: Chunking,
  storing: Storing,
  findMasks: FindMasks = async () => NO_MASKS,
  deletions: DayDeletions = NO_DELETIONS,
): Promise<Chunked | undefined> {
  const { inputs } = plan;
  let progress = (await loadProgress(context, plan)) ?? newProgress(context, plan, deletions.last);
  const hidingOf = await hidingInputs(inputs, progress, deletions, findMasks);
  const counts = new ReadCounts(progress.counts);
  const { bits, groups } = progress;
  const allSamples = inputs.reduce((total, part) => total + part.samples, 0);
  let storedSamples = 0;
  const note = async (noted: ChunkingProgress) => {
    await context.quarantine.store();
    await storeProgress(context, plan, noted);
  };
  for (let prefix = groups; prefix < 2 ** bits; prefix++) {
    if (prefix > groups && prefix % GROUPS_PER_NOTE === 0)
      await note({ ...progress, groups: prefix, counts: counts.all });
    const before = counts.copy();
    const shard = { bits, prefix };
    const isTimeUp = (samples: number) => storing.isTimeUp(storedSamples + samples, allSamples);
    const merge = () => mergeParts(context, inputs, shard, counts, hidingOf);
    let group: StoredGroup;
    try {
      group = await storeGroup(context, plan, progress, shard, merge(), { ...storing, isTimeUp });
    } catch (error) {
      if (!(error instanceof ChangedGroup)) throw error;
      counts.reset(before);
      const whole = { ...progress, stored: undefined };
      group = await storeGroup(context, plan, whole, shard, merge(), { ...storing, isTimeUp });
    }
    if (group.stopped !== undefined) {
      await note({ ...progress, groups: prefix, counts: before.all, stored: group.stopped });
      return undefined;
    }
    ({ progress } = group);
    storedSamples += group.samples;
    if (prefix + 1 < 2 ** bits && storing.isTimeUp(storedSamples, allSamples)) {
      await note({ ...progress, groups: prefix + 1, counts: counts.all });
      return undefined;
    }
  }
  expectAll(context, plan, counts);
  await context.quarantine.store();
  return { parts: outputParts(context, plan, progress), expiresAtSeconds: progress.expiresAtSeconds };
}

/** Finds what deletions hide in the day that is compacted. */
export type FindMasks = (deletions: readonly Deletion[]) => Promise<Masks>;

/** What deletions up to the progress' number hide of the inputs. Later ones hide the same of the output. */
async function hidingInputs(
  inputs: readonly Part[],
  { deletedTo }: ChunkingProgress,
  { all }: DayDeletions,
  findMasks: FindMasks,
): Promise<HidingOf> {
  const known = all.filter(({ number }) => number <= deletedTo);
  const masks = await findMasks(
    known.filter((one) => inputs.some((part) => hidingPart([one], part).length > 0)),
  );
  return (input, hash) => masks.ofPart(hash, inputs[input]);
}

function newProgress(
  { day, retentionMs, randomBytes, partitionBits }: DayContext,
  { inputs, sparseSamples }: Chunking,
  deletedTo: number,
): ChunkingProgress {
  const samples = inputs.reduce((total, part) => total + part.samples, 0);
  const bits = (partitionBits ?? groupBits)(samples);
  const output = (shardBits: number): Output => ({
    id: newId(randomBytes),
    shardBits,
    extent: extentOf([]),
    ends: "",
  });
  // A group's series are not in the partition of another.
  const sparseBits = Math.max(bits, (partitionBits ?? runShardBits)(samples));
  const sparse = sparseSamples > 0 ? output(sparseBits) : undefined;
  const counts = ReadCounts.of(inputs.length).all;
  const expiresAtSeconds = dayExpirySeconds(day, retentionMs) ?? 0;
  return { bits, groups: 0, chunks: output(bits), sparse, counts, expiresAtSeconds, deletedTo };
}

/** Into how many groups, as bits, so many samples are divided; they are the chunks' partitions too. */
export function groupBits(samples: number): number {
  const bits = Math.ceil(Math.log2(Math.max(1, samples / TARGET_GROUP_SAMPLES)));
  return Math.min(bits, MAX_SHARD_BITS);
}

/** Throws `DamagedInput` for an input that had other than its samples; those of items in quarantine may be missing. */
function expectAll(context: DayContext, { bucket, inputs }: Chunking, counts: ReadCounts): void {
  counts.all.forEach(({ samples, damaged }, i) => {
    const { kind, id, samples: expected } = inputs[i];
    if (samples <= expected && samples + damaged >= expected) return;
    const what = `${kind === "run" ? "run" : "chunk part"} ${id} of bucket ${bucket}`;
    throw new DamagedInput(context, `${what} has ${samples} samples`, `${expected}`);
  });
}

function outputParts(
  { clock }: DayContext,
  { bucket }: Chunking,
  { chunks, sparse, deletedTo }: ChunkingProgress,
): Part[] {
  const createdMs = clock();
  const deleted = deletedTo > 0 ? { deletedTo } : {};
  const parts: Part[] = [];
  if (chunks.extent.samples > 0)
    parts.push({ kind: "chunks", bucket, createdMs, ...partOf(chunks), ends: chunks.ends, ...deleted });
  if (sparse !== undefined && sparse.extent.samples > 0) {
    const filled = filledPartitions(partitionsOf(sparse.ends, sparse.shardBits));
    parts.push({ kind: "run", isFinal: true, bucket, createdMs, ...partOf(sparse), filled, ...deleted });
  }
  return parts;
}

function partOf({ id, shardBits, extent }: Output) {
  return { id, shardBits, ...extent };
}

interface StoredGroup {
  /** With the group's series. */
  readonly progress: ChunkingProgress;
  readonly samples: number;
  /** What was stored of a group that is not stored whole: the progress is that of before. */
  readonly stopped?: StoredItems;
}

/** Stores the series of a group, but for what is stored of it already, until `isTimeUp` says so. */
async function storeGroup(
  context: DayContext,
  { bucket, sparseSamples }: Chunking,
  progress: ChunkingProgress,
  shard: Shard,
  series: AsyncIterable<HashedSeries>,
  {
    isTimeUp,
    slice = STORE_SLICE,
    onChunks,
  }: Pick<Storing, "slice" | "onChunks"> & { readonly isTimeUp: (samples: number) => boolean },
): Promise<StoredGroup> {
  const { tenant, day, retentionMs } = context;
  const { chunks, sparse } = progress;
  const place = { tenant, day, bucket, part: chunks.id, shard };
  const writer = new ChunkPartitionWriter(place, dayExpiry(context));
  const sink = new ItemSink(context.table, progress.stored ?? NO_ITEMS, slice);
  const few: HashedSeries[] = [];
  let { extent, ends } = chunks;
  let samples = 0;
  for await (const one of series) {
    // What an earlier run stored is none of this run's work.
    if (!sink.isSkipping) samples += countSamples(one[1]);
    if (sparse !== undefined && countSamples(one[1]) < sparseSamples) few.push(one);
    else {
      extent = union(extent, extentOf([one]));
      ends = endsWith(ends, [one[0]], chunks.shardBits);
      const items = writer.add(...one);
      if (onChunks !== undefined && !sink.isSkipping)
        for (const item of items)
          onChunks(numberOfHash(parseChunkSortKey(item.sk)), billedBytesOnceStored(item));
      const isStored = await sink.add(items);
      if (isStored && isTimeUp(samples)) return { progress, samples, stopped: sink.stored };
    }
  }
  const last = writer.finish();
  for (const item of last) onChunks?.(numberOfHash(parseChunkSortKey(item.sk)), billedBytesOnceStored(item));
  await sink.add(last);
  if (sparse !== undefined && few.length > 0) await sink.add(encodeFew(context, sparse, few));
  await sink.finish();
  sink.expectSkipped();
  const expiresAtSeconds = earlierExpiry(progress.expiresAtSeconds, dayExpirySeconds(day, retentionMs) ?? 0);
  return {
    progress: {
      ...progress,
      chunks: { ...chunks, extent, ends },
      sparse: sparse && withSeries(sparse, few),
      expiresAtSeconds,
      stored: undefined,
    },
    samples,
  };
}

function withSeries(output: Output, series: readonly HashedSeries[]): Output {
  const hashes = series.map(([hash]) => hash);
  return {
    ...output,
    extent: union(output.extent, extentOf(series)),
    ends: endsWith(output.ends, hashes, output.shardBits),
  };
}

function encodeFew(context: DayContext, { id, shardBits }: Output, series: readonly HashedSeries[]) {
  const { tenant, day } = context;
  return encodeRun({ tenant, day, id, shardBits, ...dayExpiry(context) }, series);
}
