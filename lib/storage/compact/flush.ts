/**
 * Flush: the log records of some minutes become runs, one for each bucket of sample time that they touch, and the series
 * records beside them an index part.
 */
import type { LabelSet } from "../../model/labels.ts";
import { MAX_TIMESTAMP_MS, MINUTE_MS } from "../../model/time.ts";
import { IndexEntries } from "../index/index-entry.ts";
import { forEachSeriesRecord } from "../index/series-records.ts";
import { bucketEnd, bucketOf } from "../layout/bucket.ts";
import { listShards } from "../layout/day-shards.ts";
import { logRange, parseLogSortKey, seriesRecordsRange } from "../layout/keys.ts";
import type { IndexPart, Part } from "../layout/manifest.ts";
import { transientExpiry } from "../layout/retention.ts";
import type { Shard } from "../layout/shard.ts";
import { LogDecoder } from "../log/log-decoder.ts";
import { fetchLog, type LogItem } from "../log/log-reader.ts";
import {
  extentOf,
  HashedSamples,
  type HashedSeries,
  sliceByTime,
  weightOf,
} from "../parts/hashed-samples.ts";
import { encodeRun, runShardBits } from "../parts/run-items.ts";
import { hashHex } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import { type DayContext, newId } from "./day-context.ts";
import type { Flush } from "./plan-compaction.ts";
import { storeIndexPart } from "./store-index.ts";

/** Log received in so long is flushed at a time, however far behind a flush is: it bounds its memory. */
const MAX_SPAN_MS = 30 * MINUTE_MS;
/** Bytes of log flushed at a time: 17 million samples, which take 20 bytes each in memory. */
const MAX_LOG_BYTES = 24 * 1024 * 1024;
/** What a byte of a series record counts for: 3 MB of them are some 500,000 series, which take a few hundred bytes each. */
const SERIES_RECORD_WEIGHT = 8;
/** Shards asked at once. */
const SHARD_CONCURRENCY = 8;
/** Items stored at a time. */
const STORE_SLICE = 100;

export interface Flushed {
  readonly parts: readonly Part[];
  /** Of the series that were new; none if there were none. */
  readonly index: readonly IndexPart[];
  /** Log records received until then are in the parts. */
  readonly flushedToMs: number;
  readonly records: number;
}

/** When the earliest record of a plan's span was received, of samples or series, in ms; undefined: there is none. */
export async function firstReceived(context: DayContext, plan: Flush): Promise<number | undefined> {
  const { table, tenant, day } = context;
  const ranges = (await listShards(table, tenant, day)).flatMap((shard) => [
    logRange(tenant, day, shard, plan.fromMs, plan.toMs),
    seriesRecordsRange(tenant, day, shard, plan.fromMs, plan.toMs),
  ]);
  let first: number | undefined;
  await forEachBounded(ranges, SHARD_CONCURRENCY, async (range) => {
    for await (const [item] of table.query(range, { consistent: true, limit: 1 })) {
      if (item === undefined) continue;
      const { receivedMs } = parseLogSortKey(item.sk);
      if (first === undefined || receivedMs < first) first = receivedMs;
    }
  });
  return first;
}

/** Writes runs and index of a span that begins with a record; they count once their parts are in the manifest. */
export async function flush(context: DayContext, plan: Flush): Promise<Flushed> {
  const { table, tenant, day } = context;
  const shards = await listShards(table, tenant, day);
  const { records, labelSets, toMs } = await fetchSpan(
    context,
    shards,
    plan.fromMs,
    Math.min(plan.toMs, plan.fromMs + MAX_SPAN_MS),
  );
  const samples = new HashedSamples();
  const columnsOf = (hash: Uint8Array) => samples.columnsOf(hashHex(hash));
  const decoder = new LogDecoder({ table, tenant, day, columnsOf });
  for (const record of records) await decoder.append(record, -MAX_TIMESTAMP_MS, MAX_TIMESTAMP_MS);
  const entries = new IndexEntries();
  const index = await storeIndexPart(
    context,
    labelSets.map((labels) => entries.entryOf(labels)),
  );
  const parts = await storeRuns(context, samples.sorted());
  return { parts, index, flushedToMs: toMs, records: records.length };
}

interface Span {
  readonly records: LogItem[];
  readonly labelSets: readonly LabelSet[];
  readonly toMs: number;
}

class SpanTooLarge extends Error {}

/** The records of a span from its start on, as much of it as fits the memory. */
async function fetchSpan(
  { table, tenant, day }: DayContext,
  shards: readonly Shard[],
  fromMs: number,
  toMs: number,
): Promise<Span> {
  for (let end = toMs; ; end = fromMs + Math.floor((end - fromMs) / 2)) {
    let sizeBytes = 0;
    const onBytes = (bytes: number) => {
      sizeBytes += bytes;
      if (sizeBytes > MAX_LOG_BYTES && end > fromMs) throw new SpanTooLarge();
    };
    try {
      const range = { tenant, day, shards, receivedFromMs: fromMs, receivedToMs: end };
      const labelSets: LabelSet[] = [];
      await forEachSeriesRecord(table, range, (some, bytes) => {
        for (const labels of some) labelSets.push(labels);
        onBytes(bytes * SERIES_RECORD_WEIGHT);
      });
      return { records: await fetchLog(table, range, onBytes), labelSets, toMs: end };
    } catch (error) {
      if (!(error instanceof SpanTooLarge)) throw error;
    }
  }
}

async function storeRuns(context: DayContext, series: readonly HashedSeries[]): Promise<Part[]> {
  const { day } = context;
  const { minTime, maxTime } = extentOf(series);
  const parts: Part[] = [];
  for (let bucket = bucketOf(minTime); bucket <= bucketOf(maxTime); bucket++) {
    const end = bucketEnd(day, bucket);
    const slice = [...sliceByTime(series, bucketEnd(day, bucket - 1), end)];
    if (slice.length > 0) parts.push(await storeRun(context, bucket, slice));
  }
  return parts;
}

async function storeRun(context: DayContext, bucket: number, series: readonly HashedSeries[]): Promise<Part> {
  const { table, tenant, day, clock, randomBytes, partitionBits = runShardBits } = context;
  const extent = extentOf(series);
  const part: Part = {
    kind: "run",
    id: newId(randomBytes),
    bucket,
    shardBits: partitionBits(weightOf(series)),
    createdMs: clock(),
    ...extent,
  };
  const expires = transientExpiry(part.createdMs, day, context.retentionMs);
  const items = encodeRun({ tenant, day, id: part.id, shardBits: part.shardBits, ...expires }, series);
  for (let slice = take(items, STORE_SLICE); slice.length > 0; slice = take(items, STORE_SLICE)) {
    await table.putAll(slice);
  }
  return part;
}

function take<T>(items: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = items.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}
