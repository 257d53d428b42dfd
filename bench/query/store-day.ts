/** Stores a day of a tenant as the compactor leaves it: index, chunks of closed buckets, manifest. */
import { randomBytes } from "node:crypto";
import type { Chunk } from "../../lib/chunk/cut.ts";
import { SampleColumns } from "../../lib/chunk/sample-columns.ts";
import { appendXorChunk } from "../../lib/chunk/xor-chunk.ts";
import type { LabelSet } from "../../lib/model/labels.ts";
import { groupBits } from "../../lib/storage/compact/chunking.ts";
import { newDayContext, newId } from "../../lib/storage/compact/day-context.ts";
import { storeIndexPart } from "../../lib/storage/compact/store-index.ts";
import { IndexEntries } from "../../lib/storage/index/index-entry.ts";
import { BUCKET_MS, bucketEnd } from "../../lib/storage/layout/bucket.ts";
import { dayKey } from "../../lib/storage/layout/keys.ts";
import { EMPTY_MANIFEST, type IndexPart, type Part } from "../../lib/storage/layout/manifest.ts";
import { replaceManifest } from "../../lib/storage/layout/manifest-store.ts";
import { shardOf } from "../../lib/storage/layout/shard.ts";
import { ChunkPartitionWriter } from "../../lib/storage/parts/chunk-partition.ts";
import { cutStoredChunks, type FormedChunk } from "../../lib/storage/parts/float-chunks.ts";
import { hashHex } from "../../lib/storage/series/series-hash.ts";
import type { Item, Table } from "../../lib/storage/table/table.ts";
import { RETENTION_MS } from "../simulation.ts";
import { SCRAPE_INTERVAL_MS } from "../workload.ts";

/** The level at which the log of such a tenant is split; a reader checks it for each day. */
const LOG_SHARD_BITS = 2;

/** A series and its samples of one bucket. */
export interface SeriesChunks {
  readonly labels: LabelSet;
  readonly hash: Uint8Array;
  readonly chunks: readonly Chunk[];
  /** The same samples as the compactor stores them; default: made of `chunks`. */
  readonly stored?: readonly FormedChunk[];
}

/** A day of a tenant. */
export interface DayPlace {
  readonly table: Table;
  readonly tenant: string;
  readonly day: number;
}

/** `series`: in ascending order of hash. */
export async function storeIndex(
  { table, tenant, day }: DayPlace,
  series: readonly SeriesChunks[],
): Promise<IndexPart[]> {
  await table.put({ ...dayKey(tenant, day, LOG_SHARD_BITS), value: new Uint8Array(0) });
  const place = { table, tenant, day, retentionMs: RETENTION_MS };
  const context = newDayContext({ ...place, clock: () => 0, randomBytes });
  const entries = new IndexEntries();
  return storeIndexPart(
    context,
    series.map(({ labels }) => entries.entryOf(labels)),
  );
}

/** Chunks as the compactor stores them: of floats it makes others than XOR. */
export function storedChunks(chunks: readonly Chunk[]): readonly FormedChunk[] {
  if (chunks.some(({ kind }) => kind !== undefined)) return chunks;
  const columns = new SampleColumns();
  for (const { bytes } of chunks) appendXorChunk(bytes, columns);
  return [...cutStoredChunks(columns.samples())];
}

/** Stores the samples of `series`, in ascending order of hash, as chunk items of a bucket. */
export async function storeBucket(
  { table, tenant, day }: DayPlace,
  bucket: number,
  series: Iterable<SeriesChunks>,
): Promise<Part> {
  const all = [...series];
  const id = newId(randomBytes);
  const samples = (all.length * BUCKET_MS) / SCRAPE_INTERVAL_MS;
  const shardBits = groupBits(samples);
  const writers = new Map<number, ChunkPartitionWriter>();
  const items: Item[] = [];
  let [minTime, maxTime] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { hash, chunks, stored = storedChunks(chunks) } of all) {
    const prefix = shardOf(hash, shardBits);
    const shard = { bits: shardBits, prefix };
    const writer =
      writers.get(prefix) ?? new ChunkPartitionWriter({ tenant, day, bucket, part: id, shard }, {});
    writers.set(prefix, writer);
    items.push(...writer.addChunks(hashHex(hash), stored));
    minTime = Math.min(minTime, stored[0].minTime);
    maxTime = Math.max(maxTime, stored[stored.length - 1].maxTime);
  }
  for (const writer of writers.values()) items.push(...writer.finish());
  await table.putAll(items);
  return { kind: "chunks", id, bucket, shardBits, createdMs: maxTime, samples, minTime, maxTime };
}

/** `parts`: one for each bucket from the day's first. */
export async function storeManifest(
  { table, tenant, day }: DayPlace,
  parts: readonly Part[],
  index: readonly IndexPart[],
): Promise<void> {
  const place = { tenant, day, retentionMs: RETENTION_MS };
  const flushedToMs = bucketEnd(day, parts.length - 1) - 1;
  const absent = { manifest: EMPTY_MANIFEST, bytes: undefined };
  await replaceManifest(table, place, absent, { ...EMPTY_MANIFEST, parts, index, flushedToMs });
}
