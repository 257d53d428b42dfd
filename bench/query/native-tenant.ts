/**
 * Native histograms for the benchmark, since the recording has none: a tenant with one metric for the
 * recorded instances and paths, a day of it, all in chunks. Latencies are around 50 ms, with about
 * forty observations between two samples.
 */
import { cutHistogramChunks } from "../../lib/chunk/histogram-chunk.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import type { LabelSet } from "../../lib/model/labels.ts";
import { DAY_MS } from "../../lib/model/time.ts";
import { BUCKET_MS, bucketEnd, bucketOf } from "../../lib/storage/layout/bucket.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { seriesHash } from "../../lib/storage/series/series-hash.ts";
import type { Table } from "../../lib/storage/table/table.ts";
import { SCRAPE_INTERVAL_MS } from "../workload.ts";
import { type SeriesChunks, storeBucket, storeIndex, storeManifest } from "./store-day.ts";

export const NATIVE_METRIC = "demo_api_native_duration_seconds";
export const NATIVE_TENANT = "native";

const INSTANCES = 14;
const PATHS = 9;
/** Each bucket is 9 % wider than the one before, as client libraries choose. */
const SCHEMA = 3;
/** Buckets of about 30 ms to 90 ms. */
const FIRST_BUCKET = -40;
/** Observations of a bucket between two samples. */
const SHAPE = [0, 1, 1, 2, 3, 4, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1];

/** Stores it from the first bucket of `sinceMs` to `nowMs`; calls `onDay` as `buildTenant` does. */
export async function buildNativeTenant(
  table: Table,
  { sinceMs, nowMs }: { readonly sinceMs: number; readonly nowMs: number },
  onDay: (day: number, series: readonly SeriesChunks[]) => void,
): Promise<void> {
  const all = labelSets()
    .map((labels) => ({ labels, hash: seriesHash(labels) }))
    .sort((a, b) => Buffer.compare(a.hash, b.hash));
  for (let day = dayOf(sinceMs); day <= dayOf(nowMs); day++) {
    const place = { table, tenant: NATIVE_TENANT, day };
    const lastBucket = day < dayOf(nowMs) ? DAY_MS / BUCKET_MS - 1 : bucketOf(nowMs);
    const parts = [];
    const chunks = all.map((): SeriesChunks["chunks"][number][] => []);
    for (let bucket = 0; bucket <= lastBucket; bucket++) {
      const endMs = Math.min(bucketEnd(day, bucket), nowMs);
      const series = all.map((one, number): SeriesChunks => {
        const made = chunksOf(number, bucketEnd(day, bucket) - BUCKET_MS, endMs);
        chunks[number].push(...made);
        return { ...one, chunks: made };
      });
      parts.push(await storeBucket(place, bucket, series));
    }
    const whole = all.map((one, number) => ({ ...one, chunks: chunks[number] }));
    await storeManifest(place, parts, await storeIndex(place, whole));
    onDay(day, whole);
  }
}

function labelSets(): LabelSet[] {
  return Array.from({ length: INSTANCES * PATHS }, (_, i) => [
    ["__name__", NATIVE_METRIC],
    ["instance", `demo-${i % INSTANCES}:10000`],
    ["job", "demo"],
    ["path", `/api/${Math.floor(i / INSTANCES)}`],
  ]);
}

/** The samples of `startMs..endMs`, half-open. */
function chunksOf(number: number, startMs: number, endMs: number): SeriesChunks["chunks"] {
  const count = Math.ceil((endMs - startMs) / SCRAPE_INTERVAL_MS);
  const timestamps = Float64Array.from({ length: count }, (_, i) => startMs + i * SCRAPE_INTERVAL_MS);
  const histograms = Array.from(timestamps, (timestampMs) =>
    histogramAt(Math.floor(timestampMs / SCRAPE_INTERVAL_MS), number),
  );
  return [...cutHistogramChunks({ timestamps, histograms })];
}

/**
 * A counter without a start: every bucket gains its share in each interval, some now and then one
 * more.
 */
function histogramAt(interval: number, number: number): Histogram {
  const counts = Float64Array.from(SHAPE, (share, i) => {
    const period = 2 + ((number + i) % 7);
    return (interval % 1e6) * share + Math.floor((interval % 1e6) / period);
  });
  const count = counts.reduce((total, one) => total + one, 0);
  return {
    kind: "integer",
    counterResetHint: "unknown",
    schema: SCHEMA,
    zeroThreshold: 2 ** -128,
    zeroCount: 0,
    count,
    sum: count * 0.05,
    positive: { spans: [{ offset: FIRST_BUCKET, length: SHAPE.length }], counts },
    negative: { spans: [], counts: new Float64Array(0) },
    customBounds: new Float64Array(0),
    isStale: false,
  };
}
