/** What a flush takes at once: records of the log and series records, received one after another, as many as fit in memory. */
import { errorKind } from "../../model/errors.ts";
import { MINUTE_MS } from "../../model/time.ts";
import { givesReferences } from "../layout/brief-keys.ts";
import { logRange, parseReceiveTime, seriesRecordsRange } from "../layout/keys.ts";
import type { Shard } from "../layout/shard.ts";
import { type LogItem, logWeight } from "../log/log-reader.ts";
import { readSeriesBlockHeader } from "../series/series-block.ts";
import { forEachBounded } from "../table/bounded.ts";
import type { Item, Key, KeyRange } from "../table/table.ts";
import { type DayContext, readItems } from "./day-context.ts";

/** Log received in so long is flushed at a time, however far behind a flush is: it bounds its memory. */
const MAX_SPAN_MS = 30 * MINUTE_MS;
/** Bytes of log flushed at a time: 17 million samples, which take 20 bytes each in memory. */
const MAX_LOG_BYTES = 24 * 1024 * 1024;
/**
 * Memory of the label sets that are flushed at a time: their text twice, and some objects each. A request of the largest
 * size fits; one request is flushed whole whatever it takes.
 */
const MAX_LABEL_BYTES = 64 * 1024 * 1024;
const LABEL_SET_BYTES = 200;
/** Queries at once. */
const QUERY_CONCURRENCY = 8;

export interface Span {
  /** In the order of reception. */
  readonly records: readonly LogItem[];
  readonly seriesRecords: readonly Item[];
  /** Of all of them and of those that are damaged, which are in quarantine. */
  readonly keys: readonly Key[];
  /** When the latest of them was received, in ms: a watermark comes from the data, and never from a clock. */
  readonly toMs: number;
  /** All that was received from its start until then is in it, in ms. */
  readonly takenToMs: number;
  /** Those that never expire, without series records that gave out brief references: later log records may need them. */
  readonly lasting: readonly Item[];
}

class SpanTooLarge extends Error {}

/** One record of either kind. */
interface Received {
  readonly receivedMs: number;
  readonly key: Key;
  /** Undefined for one that is damaged. */
  readonly item: Item | undefined;
  /** Of a log record; undefined for a series record. */
  readonly shard: Shard | undefined;
}

/** The span that begins with the first record received `fromMs..toMs`, both included; undefined if there is none. */
export async function fetchSpan(
  context: DayContext,
  shards: readonly Shard[],
  fromMs: number,
  toMs: number,
): Promise<Span | undefined> {
  const longestMs = Math.min(toMs, fromMs + MAX_SPAN_MS);
  for (let endMs = longestMs; ; endMs = fromMs + Math.floor((endMs - fromMs) / 2)) {
    try {
      return cut(await fetchReceived(context, shards, fromMs, endMs), endMs);
    } catch (error) {
      if (!(error instanceof SpanTooLarge)) throw error;
    }
  }
}

async function fetchReceived(
  context: DayContext,
  shards: readonly Shard[],
  fromMs: number,
  endMs: number,
): Promise<Received[]> {
  const { tenant, day } = context;
  const found: Received[] = [];
  let sizeBytes = 0;
  const fetch = async (range: KeyRange, shard: Shard | undefined) => {
    const onDamaged = (key: Key) =>
      found.push({ receivedMs: parseReceiveTime(key.sk), key, item: undefined, shard });
    for await (const page of readItems(context, range, onDamaged)) {
      for (const item of page) {
        found.push({ receivedMs: parseReceiveTime(item.sk), key: item, item, shard });
        sizeBytes += item.value.length;
      }
      if (sizeBytes > MAX_LOG_BYTES && endMs > fromMs) throw new SpanTooLarge();
    }
  };
  const fetches = shards.flatMap((shard) => [
    () => fetch(logRange(tenant, day, shard, fromMs, endMs), shard),
    () => fetch(seriesRecordsRange(tenant, day, shard, fromMs, endMs), undefined),
  ]);
  await forEachBounded(fetches, QUERY_CONCURRENCY, (one) => one());
  return found.sort((a, b) => Buffer.compare(a.key.sk, b.key.sk));
}

/** As many as fit, all that were received at one time together. */
function cut(received: readonly Received[], endMs: number): Span | undefined {
  let logBytes = 0;
  let labelBytes = 0;
  let end = 0;
  for (let next = 0; next < received.length; next++) {
    if (next > 0 && received[next].receivedMs > received[next - 1].receivedMs) end = next;
    const { item, shard } = received[next];
    if (item === undefined) continue;
    if (shard === undefined) labelBytes += weightOf(item, labelWeight);
    else logBytes += weightOf(item, logWeight);
    if (end > 0 && (logBytes > MAX_LOG_BYTES || labelBytes > MAX_LABEL_BYTES))
      return spanOf(received.slice(0, end), received[end - 1].receivedMs);
  }
  return spanOf(received, endMs);
}

function spanOf(received: readonly Received[], takenToMs: number): Span | undefined {
  const last = received.at(-1);
  if (last === undefined) return undefined;
  const records = received.flatMap(({ item, shard }) => (item && shard ? [{ shard, item }] : []));
  const seriesRecords = received.flatMap(({ item, shard }) => (item && !shard ? [item] : []));
  const keys = received.map(({ key: { pk, sk } }) => ({ pk, sk }));
  const areSuperseded = [
    ...records.map(({ item }) => item),
    ...seriesRecords.filter(({ sk }) => !givesReferences(sk)),
  ];
  const lasting = areSuperseded.filter(({ expiresAtSeconds }) => expiresAtSeconds === undefined);
  return { records, seriesRecords, keys, toMs: last.receivedMs, takenToMs, lasting };
}

function labelWeight(block: Uint8Array): number {
  const { count, sizeBytes } = readSeriesBlockHeader(block);
  return 2 * sizeBytes + LABEL_SET_BYTES * count;
}

/** One whose header cannot be read is not decoded either. */
function weightOf({ value }: Item, weigh: (value: Uint8Array) => number): number {
  try {
    return weigh(value);
  } catch (error) {
    if (errorKind(error) !== "data") throw error;
    return value.length;
  }
}
