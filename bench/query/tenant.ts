/**
 * A tenant of some days, at a time on the last one: closed buckets as chunks, the open one as runs, the
 * latest samples in the log.
 *
 * The open bucket is written by writers and compactor. For closed ones that would take minutes: one is
 * encoded as the compactor encodes it, and every other one is a copy with its times moved.
 */
import { randomBytes } from "node:crypto";
import { cutChunks } from "../../lib/chunk/cut.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { Rejections } from "../../lib/model/rejections.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import { ByteWriter } from "../../lib/storage/codec/bytes.ts";
import { BUCKET_GRACE_MS } from "../../lib/storage/compact/plan-compaction.ts";
import { BUCKET_MS, bucketEnd } from "../../lib/storage/layout/bucket.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import type { Part } from "../../lib/storage/layout/manifest.ts";
import { cutStoredChunks, type FormedChunk } from "../../lib/storage/parts/float-chunks.ts";
import { BatchSeries } from "../../lib/storage/series/batch-series.ts";
import { seriesHash } from "../../lib/storage/series/series-hash.ts";
import { SeriesRegistry } from "../../lib/storage/series/series-registry.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { Simulation } from "../simulation.ts";
import { SCRAPE_INTERVAL_MS, type Workload } from "../workload.ts";
import { type SeriesChunks, storeBucket, storeIndex, storeManifest } from "./store-day.ts";

export interface TenantOptions {
  readonly table: Table;
  /** Its interval 0 is at `startMs`, a midnight. */
  readonly workload: Workload;
  readonly startMs: number;
  readonly nowMs: number;
  /**
   * Receives all samples of each day, of the last one up to `nowMs`, as chunks by series in the
   * order of hashes.
   */
  readonly onDay?: ((day: number, series: readonly SeriesChunks[]) => void | Promise<void>) | undefined;
}

/** Stores the tenant; returns the simulation of its open bucket, which can continue. */
export async function buildTenant(options: TenantOptions): Promise<Simulation> {
  const { table, workload, startMs, nowMs, onDay } = options;
  const [firstDay, today] = [dayOf(startMs), dayOf(nowMs)];
  const closed = closedBuckets(nowMs);
  const openMs = bucketEnd(today, closed - 1);
  const intervalOf = (ms: number) => Math.ceil((ms - startMs) / SCRAPE_INTERVAL_MS);
  const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash, randomBytes);
  const template = encodeBucket(workload, registry, intervalOf(openMs - BUCKET_MS), intervalOf(openMs));
  for (let day = firstDay; day <= today; day++) {
    const place = { table, tenant: DEFAULT_TENANT, day };
    const index = day < today ? await storeIndex(place, template) : [];
    const parts: Part[] = [];
    const shifts = Array.from(
      { length: day < today ? DAY_MS / BUCKET_MS : closed },
      (_, bucket) => bucketEnd(day, bucket) - openMs,
    );
    for (const [bucket, shiftMs] of shifts.entries())
      parts.push(await storeBucket(place, bucket, moveStored(template, shiftMs)));
    if (parts.length > 0) await storeManifest(place, parts, index);
    if (day < today) await onDay?.(day, [...moveAll(template, shifts)]);
    else if (onDay !== undefined) {
      const open = encodeBucket(workload, registry, intervalOf(openMs), intervalOf(nowMs));
      const before = [...moveAll(template, shifts)];
      await onDay(
        day,
        open.map((one, i) => ({ ...one, chunks: [...before[i].chunks, ...one.chunks] })),
      );
    }
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

/** The same samples at each of several times. */
function* moveAll(series: readonly SeriesChunks[], shiftsMs: readonly number[]): Generator<SeriesChunks> {
  for (const { labels, hash, chunks } of series) {
    const moved = shiftsMs.flatMap((shiftMs) => chunks.map((chunk) => moveChunk(chunk, shiftMs)));
    yield { labels, hash, chunks: moved };
  }
}

/** The same samples at another time, as the compactor stores them. */
function* moveStored(series: readonly SeriesChunks[], shiftMs: number): Generator<SeriesChunks> {
  for (const { stored = [], ...one } of series)
    yield { ...one, stored: stored.map((chunk) => moveChunk(chunk, shiftMs)) };
}

/** Buckets of the day of `nowMs` that are chunks by then. */
function closedBuckets(nowMs: number): number {
  let closed = 0;
  while (bucketEnd(dayOf(nowMs), closed) + BUCKET_GRACE_MS <= nowMs) closed++;
  return closed;
}

/** The samples of intervals `first..end` (half-open) as chunks, series in ascending order of hash. */
function encodeBucket(
  workload: Workload,
  registry: SeriesRegistry,
  first: number,
  end: number,
): SeriesChunks[] {
  // Each interval sends the same series in the same requests.
  const all = workload.batches(first).flatMap(({ batch }) => {
    const series = new BatchSeries(batch, 0, batch.seriesCount, registry, DEFAULT_LIMITS);
    const rejections = new Rejections();
    return Array.from(batch.sampleSeries, (index) => {
      const number = series.resolve(index, rejections);
      const samples = { timestamps: new Float64Array(end - first), values: new Float64Array(end - first) };
      return { labels: series.labels(number), hash: series.hash(number), samples };
    });
  });
  for (let interval = first; interval < end; interval++) {
    let at = 0;
    for (const { batch } of workload.batches(interval)) {
      for (let i = 0; i < batch.sampleCount; i++) {
        const { timestamps, values } = all[at++].samples;
        timestamps[interval - first] = batch.timestamps[i];
        values[interval - first] = batch.values[i];
      }
    }
  }
  return all
    .map(({ labels, hash, samples }) => {
      const stored = [...cutStoredChunks(samples)];
      return { labels, hash, chunks: [...cutChunks(samples)], stored };
    })
    .sort((a, b) => Buffer.compare(a.hash, b.hash));
}

/** Bytes before the time of the first sample, the only absolute one of a chunk; others have none (xor-chunk.ts, xor2-chunk.ts). */
const BYTES_BEFORE_TIME = new Map<FormedChunk["form"], number>([
  [undefined, 2],
  ["xor2", 3],
]);

function moveChunk<T extends FormedChunk>(chunk: T, shiftMs: number): T {
  const { minTime, maxTime, bytes, form } = chunk;
  const moved = { ...chunk, minTime: minTime + shiftMs, maxTime: maxTime + shiftMs };
  const before = BYTES_BEFORE_TIME.get(form);
  if (before === undefined) return moved;
  const time = (ms: number) => new ByteWriter().writeSigned(ms).finish();
  const rest = bytes.subarray(before + time(minTime).length);
  return { ...moved, bytes: Buffer.concat([bytes.subarray(0, before), time(minTime + shiftMs), rest]) };
}
