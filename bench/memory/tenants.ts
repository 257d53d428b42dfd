/** Tenants with much data that is cheap to make: closed buckets as chunks, or one bucket as runs. */

import { randomBytes } from "node:crypto";
import { SampleColumns, valueWords } from "../../lib/chunk/sample-columns.ts";
import { DEFAULT_LIMITS } from "../../lib/model/limits.ts";
import { Rejections } from "../../lib/model/rejections.ts";
import { DEFAULT_TENANT } from "../../lib/model/tenant.ts";
import { DAY_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { newId } from "../../lib/storage/compact/day-context.ts";
import { BUCKET_GRACE_MS, FLUSH_INTERVAL_MS } from "../../lib/storage/compact/plan-compaction.ts";
import { BUCKET_MS } from "../../lib/storage/layout/bucket.ts";
import { dayKey, dayOf } from "../../lib/storage/layout/keys.ts";
import { EMPTY_MANIFEST, type Part } from "../../lib/storage/layout/manifest.ts";
import { replaceManifest } from "../../lib/storage/layout/manifest-store.ts";
import { extentOf, type HashedSeries } from "../../lib/storage/parts/hashed-samples.ts";
import { encodeRun, runShardBits } from "../../lib/storage/parts/run-items.ts";
import { BatchSeries } from "../../lib/storage/series/batch-series.ts";
import { hashHex, seriesHash } from "../../lib/storage/series/series-hash.ts";
import { SeriesRegistry } from "../../lib/storage/series/series-registry.ts";
import type { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { buildTenant } from "../query/tenant.ts";
import { RETENTION_MS, Simulation } from "../simulation.ts";
import { SCRAPE_INTERVAL_MS, type Workload } from "../workload.ts";

export interface TenantPlan {
  readonly table: MemoryTable;
  /** Its interval 0 is at `startMs`, a midnight. */
  readonly workload: Workload;
  readonly startMs: number;
}

/**
 * A day in chunks, 5,760 samples of each series, and the 25 minutes after it, through writers and
 * compactor.
 */
export async function buildChunkedDay({ table, workload, startMs }: TenantPlan): Promise<void> {
  await buildTenant({ table, workload, startMs, nowMs: startMs + DAY_MS + BUCKET_GRACE_MS });
}

/** The time at which a compactor has most work with the tenant of `buildOpenBucket`. */
export function chunkingTime(startMs: number): number {
  return startMs + BUCKET_MS + BUCKET_GRACE_MS;
}

/**
 * The first bucket of a day as runs of ten minutes, 1,920 samples of each series, and ten minutes
 * more in the log.
 */
export async function buildOpenBucket({ table, workload, startMs }: TenantPlan): Promise<void> {
  const day = dayOf(startMs);
  const hashes = hashesOf(workload);
  const parts: Part[] = [];
  for (let ms = startMs; ms < startMs + BUCKET_MS; ms += FLUSH_INTERVAL_MS) {
    const series = samplesOf(workload, hashes, (ms - startMs) / SCRAPE_INTERVAL_MS);
    parts.push(await storeRun(table, day, series, ms + FLUSH_INTERVAL_MS + MINUTE_MS));
  }
  const flushedToMs = startMs + BUCKET_MS - 1;
  const place = { tenant: DEFAULT_TENANT, day, retentionMs: RETENTION_MS };
  const absent = { manifest: EMPTY_MANIFEST, bytes: undefined };
  await replaceManifest(table, place, absent, { ...EMPTY_MANIFEST, parts, flushedToMs });
  await table.put({ ...dayKey(DEFAULT_TENANT, day, 0), value: new Uint8Array(0) });
  const log = new Simulation({
    writeTable: table,
    compactTable: table,
    workload,
    startMs: startMs + BUCKET_MS,
    firstInterval: BUCKET_MS / SCRAPE_INTERVAL_MS,
    compacts: false,
  });
  await log.writeTo(startMs + BUCKET_MS + FLUSH_INTERVAL_MS);
}

/** The hash (hex) of each sample's series, by request of an interval: each interval sends the same. */
function hashesOf(workload: Workload): string[][] {
  const registry = new SeriesRegistry(DEFAULT_LIMITS, seriesHash, randomBytes);
  const rejections = new Rejections();
  return workload.batches(0).map(({ batch }) => {
    const series = new BatchSeries(batch, 0, batch.seriesCount, registry, DEFAULT_LIMITS);
    return Array.from(batch.sampleSeries, (index) => hashHex(series.hash(series.resolve(index, rejections))));
  });
}

/** The samples of ten minutes, series in ascending order of hash. */
function samplesOf(workload: Workload, hashes: readonly string[][], first: number): HashedSeries[] {
  const intervals = FLUSH_INTERVAL_MS / SCRAPE_INTERVAL_MS;
  const columns = hashes.map((all) => all.map(() => new SampleColumns(intervals)));
  for (let interval = first; interval < first + intervals; interval++) {
    workload.batches(interval).forEach(({ batch }, request) => {
      const words = valueWords(batch.values);
      for (let i = 0; i < batch.sampleCount; i++) {
        columns[request][i].appendSample(batch.timestamps[i], words[2 * i + 1], words[2 * i]);
      }
    });
  }
  const series = columns.flatMap((all, request) =>
    all.map((samples, i): HashedSeries => [hashes[request][i], samples.samples()]),
  );
  return series.sort(([a], [b]) => (a < b ? -1 : 1));
}

async function storeRun(
  table: MemoryTable,
  day: number,
  series: readonly HashedSeries[],
  createdMs: number,
): Promise<Part> {
  const extent = extentOf(series);
  const shardBits = runShardBits(extent.samples);
  const id = newId(randomBytes);
  await table.putAll([...encodeRun({ tenant: DEFAULT_TENANT, day, id, shardBits }, series)]);
  return { kind: "run", id, bucket: 0, shardBits, createdMs, ...extent };
}
