/** Flush: the log records of some minutes become runs, one for each bucket of sample time that they touch. */
import { MAX_TIMESTAMP_MS, MINUTE_MS } from "../model/time.ts";
import { forEachBounded } from "./bounded.ts";
import { bucketEnd, bucketOf } from "./bucket.ts";
import { type DayContext, newId } from "./compaction.ts";
import { listShards } from "./day-shards.ts";
import { extentOf, HashedSamples, type HashedSeries, sliceByTime } from "./hashed-samples.ts";
import { logRange, parseLogSortKey } from "./keys.ts";
import { fetchLog, LogDecoder, type LogItem } from "./log-reader.ts";
import type { Part } from "./manifest.ts";
import type { Flush } from "./plan-compaction.ts";
import { transientExpiry } from "./retention.ts";
import { encodeRun, runShardBits } from "./run.ts";
import type { Shard } from "./shard.ts";

/** Log received in so long is flushed at a time, however far behind a flush is: it bounds its memory. */
const MAX_SPAN_MS = 30 * MINUTE_MS;
/** Bytes of log flushed at a time: 17 million samples, which take 20 bytes each in memory. */
const MAX_LOG_BYTES = 24 * 1024 * 1024;
/** Shards asked at once. */
const SHARD_CONCURRENCY = 8;
/** Items stored at a time. */
const STORE_SLICE = 100;

export interface Flushed {
  readonly parts: readonly Part[];
  /** Log records received until then are in the parts. */
  readonly flushedToMs: number;
  readonly records: number;
}

/** When the earliest record of a plan's span was received, in ms; undefined: there is none. */
export async function firstReceived(context: DayContext, plan: Flush): Promise<number | undefined> {
  const { table, tenant, day } = context;
  let first: number | undefined;
  await forEachBounded(await listShards(table, tenant, day), SHARD_CONCURRENCY, async (shard) => {
    const range = logRange(tenant, day, shard, plan.fromMs, plan.toMs);
    for await (const [item] of table.query(range, { consistent: true, limit: 1 })) {
      if (item === undefined) continue;
      const { receivedMs } = parseLogSortKey(item.sk);
      if (first === undefined || receivedMs < first) first = receivedMs;
    }
  });
  return first;
}

/** Writes the runs of a span that begins with a record; they count once their parts are in the manifest. */
export async function flush(context: DayContext, plan: Flush): Promise<Flushed> {
  const { table, tenant, day } = context;
  const shards = await listShards(table, tenant, day);
  const { records, toMs } = await fetchSpan(
    context,
    shards,
    plan.fromMs,
    Math.min(plan.toMs, plan.fromMs + MAX_SPAN_MS),
  );
  const samples = new HashedSamples();
  const decoder = new LogDecoder(table, tenant, day, (hash) => samples.columnsOf(hash));
  for (const record of records) await decoder.append(record, -MAX_TIMESTAMP_MS, MAX_TIMESTAMP_MS);
  return { parts: await storeRuns(context, samples.sorted()), flushedToMs: toMs, records: records.length };
}

interface Span {
  readonly records: LogItem[];
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
      return { records: await fetchLog(table, range, onBytes), toMs: end };
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
  const { table, tenant, day, clock, partitionBits = runShardBits } = context;
  const extent = extentOf(series);
  const part: Part = {
    kind: "run",
    id: newId(),
    bucket,
    shardBits: partitionBits(extent.samples),
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
