/**
 * A tenant of some days, as it is at a moment of the last: the buckets that are closed as chunks, the open one as runs, what
 * came last in the log.
 *
 * The open bucket comes about as it does in life, through writers and compactor. Closed ones would take minutes: the samples
 * of one are encoded as the compactor encodes them, and every other closed bucket is a copy with its times moved.
 */
import { type Chunk, cutChunks } from "../../lib/chunk/cut.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { Rejections } from "../../lib/model/rejections.ts";
import type { SampleBatch } from "../../lib/model/sample-batch.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import { BUCKET_MS, bucketEnd } from "../../lib/storage/bucket.ts";
import { ByteWriter } from "../../lib/storage/bytes.ts";
import { ChunkPartitionWriter } from "../../lib/storage/chunk-part.ts";
import { groupBits } from "../../lib/storage/chunking.ts";
import { newId } from "../../lib/storage/compaction.ts";
import { IndexEntries } from "../../lib/storage/index-entry.ts";
import { type ChunkPartition, dayKey, dayOf } from "../../lib/storage/keys.ts";
import { EMPTY_MANIFEST, type IndexPart, type Part } from "../../lib/storage/manifest.ts";
import { replaceManifest } from "../../lib/storage/manifest-store.ts";
import { BUCKET_GRACE_MS } from "../../lib/storage/plan-compaction.ts";
import { hashHex, seriesHash } from "../../lib/storage/series-hash.ts";
import { SeriesRegistry } from "../../lib/storage/series-registry.ts";
import { shardOf } from "../../lib/storage/shard.ts";
import { storeIndexPart } from "../../lib/storage/store-index.ts";
import type { Item, Table } from "../../lib/storage/table.ts";
import { RETENTION_MS, Simulation } from "../simulation.ts";
import { SCRAPE_INTERVAL_MS, type Workload } from "../workload.ts";

/** The level at which the log of such a tenant is split: a reader looks for it in each of its days. */
const LOG_SHARD_BITS = 2;

export interface TenantOptions {
  readonly table: Table;
  /** Its interval 0 is at `startMs`, a midnight. */
  readonly workload: Workload;
  readonly startMs: number;
  readonly nowMs: number;
}

/** A series and its samples of one bucket. */
interface SeriesChunks {
  readonly number: number;
  readonly chunks: readonly Chunk[];
}

/** Stores the tenant; answers the simulation of its open bucket, which can go on. */
export async function buildTenant({ table, workload, startMs, nowMs }: TenantOptions): Promise<Simulation> {
  const [firstDay, today] = [dayOf(startMs), dayOf(nowMs)];
  const closed = closedBuckets(nowMs);
  const openMs = bucketEnd(today, closed - 1);
  const intervalOf = (ms: number) => Math.ceil((ms - startMs) / SCRAPE_INTERVAL_MS);
  const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash);
  const template = encodeBucket(workload, registry, intervalOf(openMs - BUCKET_MS), intervalOf(openMs));
  for (let day = firstDay; day <= today; day++) {
    const index = day < today ? await storeIndex(table, registry, template, day) : [];
    const parts: Part[] = [];
    for (let bucket = 0; bucket < (day < today ? DAY_MS / BUCKET_MS : closed); bucket++) {
      const shiftMs = bucketEnd(day, bucket) - openMs;
      parts.push(await storeBucket(table, registry, { day, bucket }, template, shiftMs));
    }
    if (parts.length > 0) await storeManifest(table, day, parts, index);
  }
  const simulation = new Simulation({
    writeTable: table,
    compactTable: table,
    workload,
    startMs: openMs,
    firstInterval: intervalOf(openMs),
  });
  await simulation.writeTo(nowMs);
  return simulation;
}

/** Buckets of the day of `nowMs` that are chunks by then. */
function closedBuckets(nowMs: number): number {
  let closed = 0;
  while (bucketEnd(dayOf(nowMs), closed) + BUCKET_GRACE_MS <= nowMs) closed++;
  return closed;
}

/** The samples of intervals `first..end` (half-open) as chunks, series by ascending hash. */
function encodeBucket(
  workload: Workload,
  registry: SeriesRegistry,
  first: number,
  end: number,
): SeriesChunks[] {
  const columns: { timestamps: Float64Array; values: Float64Array }[] = [];
  // Each interval sends the same series in the same requests.
  const numbers = workload.batches(first).map(({ batch }) => resolveAll(registry, batch));
  for (const number of numbers.flat())
    columns[number] = { timestamps: new Float64Array(end - first), values: new Float64Array(end - first) };
  for (let interval = first; interval < end; interval++) {
    workload.batches(interval).forEach(({ batch }, request) => {
      for (let i = 0; i < batch.sampleCount; i++) {
        const { timestamps, values } = columns[numbers[request][i]];
        timestamps[interval - first] = batch.timestamps[i];
        values[interval - first] = batch.values[i];
      }
    });
  }
  return columns
    .map((samples, number) => ({ number, chunks: [...cutChunks(samples)] }))
    .sort((a, b) => Buffer.compare(registry.hash(a.number), registry.hash(b.number)));
}

/** The series number of each sample. */
function resolveAll(registry: SeriesRegistry, batch: SampleBatch): number[] {
  const rejections = new Rejections();
  return Array.from(batch.sampleSeries, (index) => registry.resolve(batch, index, rejections));
}

async function storeIndex(
  table: Table,
  registry: SeriesRegistry,
  series: readonly SeriesChunks[],
  day: number,
): Promise<IndexPart[]> {
  const tenant = DEFAULT_TENANT;
  await table.put({ ...dayKey(tenant, day, LOG_SHARD_BITS), value: new Uint8Array(0) });
  const context = { table, tenant, day, retentionMs: RETENTION_MS, clock: () => 0 };
  const entries = new IndexEntries();
  return storeIndexPart(
    context,
    series.map(({ number }) => entries.entryOf(registry.labels(number))),
  );
}

/** Stores the samples of `series`, their times moved by `shiftMs`, as chunk items of a bucket. */
async function storeBucket(
  table: Table,
  registry: SeriesRegistry,
  { day, bucket }: Pick<ChunkPartition, "day" | "bucket">,
  series: readonly SeriesChunks[],
  shiftMs: number,
): Promise<Part> {
  const id = newId();
  const samples = (series.length * BUCKET_MS) / SCRAPE_INTERVAL_MS;
  const shardBits = groupBits(samples);
  const writers = new Map<number, ChunkPartitionWriter>();
  const items: Item[] = [];
  let [minTime, maxTime] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { number, chunks } of series) {
    const hash = registry.hash(number);
    const prefix = shardOf(hash, shardBits);
    const shard = { bits: shardBits, prefix };
    const writer =
      writers.get(prefix) ??
      new ChunkPartitionWriter({ tenant: DEFAULT_TENANT, day, bucket, part: id, shard }, {});
    writers.set(prefix, writer);
    const moved = chunks.map((chunk) => moveChunk(chunk, shiftMs));
    items.push(...writer.addChunks(hashHex(hash), moved));
    minTime = Math.min(minTime, moved[0].minTime);
    maxTime = Math.max(maxTime, moved[moved.length - 1].maxTime);
  }
  for (const writer of writers.values()) items.push(...writer.finish());
  await table.putAll(items);
  return { kind: "chunks", id, bucket, shardBits, createdMs: maxTime, samples, minTime, maxTime };
}

/** A chunk holds but one absolute time, that of its first sample, behind two bytes (xor-chunk.ts). */
function moveChunk({ minTime, maxTime, bytes }: Chunk, shiftMs: number): Chunk {
  const time = (ms: number) => new ByteWriter().writeSigned(ms).finish();
  const rest = bytes.subarray(2 + time(minTime).length);
  const moved = Buffer.concat([bytes.subarray(0, 2), time(minTime + shiftMs), rest]);
  return { minTime: minTime + shiftMs, maxTime: maxTime + shiftMs, bytes: moved };
}

async function storeManifest(
  table: Table,
  day: number,
  parts: readonly Part[],
  index: readonly IndexPart[],
): Promise<void> {
  const place = { tenant: DEFAULT_TENANT, day, retentionMs: RETENTION_MS };
  const flushedToMs = bucketEnd(day, parts.length - 1) - 1;
  const absent = { manifest: EMPTY_MANIFEST, bytes: undefined };
  await replaceManifest(table, place, absent, { ...EMPTY_MANIFEST, parts, index, flushedToMs });
}
