/**
 * Flush: the log records of some minutes become runs, one for each bucket of sample time that they touch, and the series
 * records beside them an index part.
 */
import type { LabelSet } from "../../model/labels.ts";
import { MAX_TIMESTAMP_MS } from "../../model/time.ts";
import { loadDeletions } from "../deletion/deletion-store.ts";
import { hiddenColumns } from "../deletion/hidden-records.ts";
import type { Masks } from "../deletion/masks.ts";
import { IndexEntries } from "../index/index-entry.ts";
import { findMasks } from "../index/meant-series.ts";
import { bucketEnd, bucketOf } from "../layout/bucket.ts";
import { listShards } from "../layout/day-shards.ts";
import { filledPartitions } from "../layout/filled-partitions.ts";
import { addToTally, emptyLike, type FlushTally } from "../layout/flush-tally.ts";
import { parseReceiveTime } from "../layout/keys.ts";
import type { IndexPart, Manifest, Part } from "../layout/manifest.ts";
import { transientExpiry } from "../layout/retention.ts";
import { shardOf } from "../layout/shard.ts";
import { LogDecoder } from "../log/log-decoder.ts";
import type { LogItem } from "../log/log-reader.ts";
import {
  extentOf,
  HashedSamples,
  type HashedSeries,
  sliceByTime,
  weightOf,
} from "../parts/hashed-samples.ts";
import { countFlushed, type MetricCount } from "../parts/metric-counts.ts";
import { encodeRun, runShardBits } from "../parts/run-items.ts";
import { decodeSeriesBlock } from "../series/series-block.ts";
import { hashHex } from "../series/series-hash.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, Key } from "../table/table.ts";
import { type DayContext, newId, readItems } from "./day-context.ts";
import { recordRanges } from "./day-items.ts";
import { fetchSpan } from "./flush-span.ts";
import type { Flush } from "./plan-compaction.ts";
import { storeIndexPart } from "./store-index.ts";

/** Queries at once. */
const QUERY_CONCURRENCY = 8;
/** Items stored at a time. */
const STORE_SLICE = 100;

export interface Flushed {
  readonly parts: readonly Part[];
  /** Of the series that were new; none if there were none. */
  readonly index: readonly IndexPart[];
  /** When the latest record of the parts was received, in ms. */
  readonly flushedToMs: number;
  readonly tally: FlushTally;
  readonly records: number;
  readonly metrics: readonly MetricCount[];
  /** All that the log had of the plan's span until then is in the parts, in ms. */
  readonly takenToMs: number;
  /** Records that never expire, and should once they are superseded. */
  readonly lasting: readonly Item[];
}

/** When the earliest record of a plan's span was received, of samples or series, in ms; undefined: there is none. */
export async function firstReceived(
  context: DayContext,
  plan: Pick<Flush, "fromMs" | "toMs">,
): Promise<number | undefined> {
  const { table } = context;
  let first: number | undefined;
  const note = ({ sk }: Key) => {
    const receivedMs = parseReceiveTime(sk);
    if (first === undefined || receivedMs < first) first = receivedMs;
  };
  const ranges = await recordRanges(context, plan.fromMs, plan.toMs);
  await forEachBounded(ranges, QUERY_CONCURRENCY, async (range) => {
    // A damaged record waits as any other.
    const options = { consistent: true, limit: 1, onDamage: note };
    for await (const [item] of table.query(range, options)) if (item !== undefined) note(item);
  });
  return first;
}

/** Counts the records up to the watermark that the log holds now, by the spans of what was counted when they were flushed. */
export async function tallyLog(
  context: DayContext,
  counted: FlushTally,
  flushedToMs: number,
  onItems: (items: readonly Item[]) => void = () => {},
): Promise<FlushTally> {
  let listed = emptyLike(counted);
  for (const range of await recordRanges(context, counted.sinceMs + 1, flushedToMs)) {
    for await (const page of readItems(context, range, (key) => {
      listed = addToTally(listed, [key]);
    })) {
      listed = addToTally(listed, page);
      onItems(page);
    }
  }
  return listed;
}

/** What a day's flushes have counted; a day that an earlier version flushed is counted from its watermark on. */
export function tallyOf({ facts, flushedToMs }: Manifest): FlushTally {
  return facts.flushed ?? { sinceMs: flushedToMs, spans: [] };
}

/** Writes runs and index of a span; they count once their parts are in the manifest. Undefined: there was nothing. */
export async function flush(
  context: DayContext,
  manifest: Manifest,
  plan: Flush,
): Promise<Flushed | undefined> {
  const { table, tenant, day, quarantine } = context;
  // After the plan: every deletion from before the last record of its span is stored by now.
  const { last, all } = await loadDeletions(table, tenant, day);
  const shards = await listShards(table, tenant, day);
  const span = await fetchSpan(context, shards, plan.fromMs, plan.toMs);
  if (span === undefined) return undefined;
  const deletions = all.filter(({ deletedMs }) => deletedMs >= plan.fromMs);
  const masks = await findMasks({ ...context, manifest, shards }, deletions);
  const entries = new IndexEntries();
  const labelSets = span.seriesRecords.flatMap((item) => decodeRecord(context, item));
  const index = await storeIndexPart(
    context,
    labelSets.map((labels) => entries.entryOf(labels)),
  );
  const series = await decodeLog(context, span.records, masks);
  const runs = await storeRuns(context, series);
  const parts = last > 0 ? runs.map((run) => ({ ...run, deletedTo: last })) : runs;
  // Whatever could not be read is safe before the watermark passes it.
  await quarantine.store();
  return {
    parts,
    index,
    flushedToMs: span.toMs,
    tally: addToTally(tallyOf(manifest), span.keys),
    records: span.records.length,
    metrics: countFlushed(series, labelSets),
    takenToMs: span.takenToMs,
    lasting: span.lasting,
  };
}

function decodeRecord({ quarantine }: DayContext, item: Item): readonly LabelSet[] {
  try {
    return decodeSeriesBlock(item.value);
  } catch (error) {
    quarantine.addUndecodable(item, error);
    return [];
  }
}

async function decodeLog(
  context: DayContext,
  records: readonly LogItem[],
  masks: Masks,
): Promise<HashedSeries[]> {
  const { table, tenant, day, quarantine, clock } = context;
  const samples = new HashedSamples();
  const columnsOf = (hash: Uint8Array) => samples.columnsOf(hashHex(hash));
  const onDamaged = (item: Item, reason: string) => quarantine.add(item, reason);
  const hexColumnsOf = (hash: string) => samples.columnsOf(hash);
  const hidingOf = ({ sk }: Item) => hiddenColumns(masks, parseReceiveTime(sk), hexColumnsOf);
  const decoder = new LogDecoder({ table, tenant, day, columnsOf, onDamaged, nowMs: clock(), hidingOf });
  await decoder.prefetch(records, -MAX_TIMESTAMP_MS, MAX_TIMESTAMP_MS);
  for (const record of records) await decoder.append(record, -MAX_TIMESTAMP_MS, MAX_TIMESTAMP_MS);
  return samples.sorted();
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
  const shardBits = partitionBits(weightOf(series));
  const part: Part = {
    kind: "run",
    id: newId(randomBytes),
    bucket,
    shardBits,
    filled: filledPartitions(
      series.map(([hash]) => shardOf(Buffer.from(hash.slice(0, 2), "hex"), shardBits)),
    ),
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

/** The next items, at most `count`. */
export function take<T>(items: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = items.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}
