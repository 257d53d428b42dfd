/** A part without what is damaged or missing in it: what is left is stored as a new part in its place. */
import { sortColumns } from "../../chunk/merge-mixed.ts";
import { SampleColumns } from "../../chunk/sample-columns.ts";
import { errorKind } from "../../model/errors.ts";
import { filledPartitions } from "../layout/filled-partitions.ts";
import { isOpenRun, type Part } from "../layout/manifest.ts";
import { endsWith, partitionsOf } from "../layout/part-ends.ts";
import { parseChunkSortKey } from "../layout/part-keys.ts";
import { expiry, transientExpiry } from "../layout/retention.ts";
import { decodeChunkItem } from "../parts/chunk-item.ts";
import { ChunkPartitionWriter } from "../parts/chunk-partition.ts";
import { countSamples, type HashedSeries } from "../parts/hashed-samples.ts";
import { appendChunk } from "../parts/mixed-chunks.ts";
import { appendBlockSeries, decodeRunBlock } from "../parts/run-block.ts";
import { encodeRun } from "../parts/run-items.ts";
import { hashHex } from "../series/series-hash.ts";
import type { Item, Table } from "../table/table.ts";
import type { VerifiedDay } from "./finding.ts";
import { readPartition } from "./verify-parts.ts";

/** Items of a partition that cannot be read are passed over. */
function ignore(): void {}

/** Stores what is left under a new id (hex); undefined: nothing is left. It counts when the manifest names it. */
export async function rewritePart(
  table: Table,
  day: VerifiedDay,
  part: Part,
  id: string,
): Promise<Part | undefined> {
  let samples = 0;
  let ends = "";
  const { shardBits } = part;
  for (let prefix = 0; prefix < 2 ** shardBits; prefix++) {
    const series = await readSeries(table, day, part, prefix);
    ends = endsWith(
      ends,
      series.map(([hash]) => hash),
      shardBits,
    );
    for (const [, one] of series) samples += countSamples(one);
    const items =
      part.kind === "run" ? runItems(day, part, id, series) : chunkItems(day, part, id, prefix, series);
    await table.putAll([...items]);
  }
  if (samples === 0) return undefined;
  const { filled: _, ...rest } = part;
  if (part.kind === "chunks") return { ...rest, id, samples, ends };
  return { ...rest, id, samples, filled: filledPartitions(partitionsOf(ends, shardBits)) };
}

/** The series of a partition, by ascending hash. */
async function readSeries(
  table: Table,
  day: VerifiedDay,
  part: Part,
  prefix: number,
): Promise<HashedSeries[]> {
  const columns = new Map<string, SampleColumns>();
  const of = (hash: string) => {
    const known = columns.get(hash) ?? new SampleColumns();
    columns.set(hash, known);
    return known;
  };
  for await (const item of readPartition(table, day, part, { bits: part.shardBits, prefix }, ignore)) {
    try {
      append(part, item, of);
    } catch (error) {
      if (errorKind(error) !== "data") throw error;
    }
  }
  const hashes = [...columns.keys()].sort();
  return hashes.map((hash) => [hash, sortColumns(columns.get(hash)!)] as const);
}

function append({ kind }: Part, item: Item, of: (hash: string) => SampleColumns): void {
  if (kind === "run") {
    const block = decodeRunBlock(item.value);
    for (const [series, hash] of block.hashes.entries()) appendBlockSeries(block, series, of(hashHex(hash)));
    return;
  }
  const chunks = decodeChunkItem(item.value);
  for (const chunk of chunks) appendChunk(chunk, of(parseChunkSortKey(item.sk)));
}

function runItems(
  { tenant, day, retentionMs, nowMs }: VerifiedDay,
  part: Part,
  id: string,
  series: readonly HashedSeries[],
): Iterable<Item> {
  const leaves = isOpenRun(part) ? transientExpiry(nowMs, day, retentionMs) : expiry(day, retentionMs);
  return encodeRun({ tenant, day, id, shardBits: part.shardBits, ...leaves }, series);
}

function* chunkItems(
  { tenant, day, retentionMs }: VerifiedDay,
  { bucket, shardBits: bits }: Part,
  id: string,
  prefix: number,
  series: readonly HashedSeries[],
): Iterable<Item> {
  const place = { tenant, day, bucket, part: id, shard: { bits, prefix } };
  const writer = new ChunkPartitionWriter(place, expiry(day, retentionMs));
  for (const [hash, samples] of series) yield* writer.add(hash, samples);
  yield* writer.finish();
}
