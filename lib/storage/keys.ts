/**
 * Where everything is in the one table, as pure functions. A partition key is a kind, the tenant behind its length,
 * and what the kind needs; a sort key orders a partition as its readers want it. Integers are big-endian.
 *
 *     kind         pk                              sk                                value
 *     log      L   tenant, day, shard              receive time, writer, sequence    columns of samples (log-record.ts)
 *     dict     D   tenant, day                     writer, first reference           series hashes (dictionary.ts)
 *     series   S   tenant, day, metric name        series hash                       label set (series-item.ts)
 *     metric   M   tenant, day                     metric name                       -
 *     day      P   tenant                          day                               -
 *     key      K   -                               access key id                     access key (lib/auth)
 *
 * A day is the UTC day of the samples' own timestamps, never of their arrival: a reader of a range opens the days of
 * that range, whatever came late, and everything of a day leaves together by TTL.
 */
import { DAY_MS } from "../model/time.ts";
import { ByteReader, ByteWriter, decodeText } from "./bytes.ts";
import type { Key, KeyRange } from "./table.ts";

const KIND = {
  log: 0x4c,
  dictionary: 0x44,
  series: 0x53,
  metric: 0x4d,
  day: 0x50,
  accessKey: 0x4b,
} as const;

/** Bytes of a series hash, and how many of them are the metric's. */
export const HASH_BYTES = 20;
export const METRIC_HASH_BYTES = 4;
/** Bytes of a writer's id. */
export const WRITER_ID_BYTES = 8;
/** Bytes of a receive time, in ms since the epoch: good until the year 10889. */
const RECEIVE_TIME_BYTES = 6;
const MAX_RECEIVE_TIME_MS = 2 ** 48 - 1;
/** Days before the epoch are negative; stored with this added they sort. */
const DAY_OFFSET = 2 ** 31;

/** The UTC day of a timestamp in ms: whole days since the epoch. */
export function dayOf(timestampMs: number): number {
  return Math.floor(timestampMs / DAY_MS);
}

export interface LogPosition {
  /** When the record was received, in ms. */
  readonly receivedMs: number;
  readonly writer: Uint8Array;
  readonly sequence: number;
}

function partition(kind: number, tenant: string): ByteWriter {
  return new ByteWriter().writeByte(kind).writeString(tenant);
}

function dayPartition(kind: number, tenant: string, day: number): ByteWriter {
  return partition(kind, tenant).writeUint(day + DAY_OFFSET, 4);
}

export function logPartition(tenant: string, day: number, shard: number): Uint8Array {
  return dayPartition(KIND.log, tenant, day).writeUint(shard, 2).finish();
}

export function logKey(tenant: string, day: number, shard: number, position: LogPosition): Key {
  const sk = new ByteWriter()
    .writeUint(position.receivedMs, RECEIVE_TIME_BYTES)
    .writeBytes(position.writer)
    .writeUint(position.sequence, 4)
    .finish();
  return { pk: logPartition(tenant, day, shard), sk };
}

/** The log records of a day received at or after a time. */
export function logRange(tenant: string, day: number, shard: number, receivedFromMs: number): KeyRange {
  const from = Math.min(Math.max(receivedFromMs, 0), MAX_RECEIVE_TIME_MS);
  return {
    pk: logPartition(tenant, day, shard),
    first: new ByteWriter().writeUint(from, RECEIVE_TIME_BYTES).finish(),
  };
}

export function parseLogSortKey(sk: Uint8Array): LogPosition {
  const reader = new ByteReader(sk, "log record's sort key");
  const receivedMs = reader.readUint(RECEIVE_TIME_BYTES);
  const writer = reader.readBytes(WRITER_ID_BYTES);
  return { receivedMs, writer, sequence: reader.readUint(4) };
}

export function dictionaryKey(tenant: string, day: number, writer: Uint8Array, firstReference: number): Key {
  return {
    pk: dayPartition(KIND.dictionary, tenant, day).finish(),
    sk: new ByteWriter().writeBytes(writer).writeUint(firstReference, 4).finish(),
  };
}

/** The dictionaries of every writer of a day. */
export function dictionariesRange(tenant: string, day: number): KeyRange {
  return { pk: dayPartition(KIND.dictionary, tenant, day).finish() };
}

/** The dictionary of one writer of a day. */
export function dictionaryRange(tenant: string, day: number, writer: Uint8Array): KeyRange {
  const { pk, sk: first } = dictionaryKey(tenant, day, writer, 0);
  return { pk, first, last: dictionaryKey(tenant, day, writer, 2 ** 32 - 1).sk };
}

/** What `dictionaryKey` put into a sort key. */
export function parseDictionarySortKey(sk: Uint8Array): { writer: Uint8Array; firstReference: number } {
  const reader = new ByteReader(sk, "dictionary's sort key");
  return { writer: reader.readBytes(WRITER_ID_BYTES), firstReference: reader.readUint(4) };
}

export function seriesKey(tenant: string, day: number, metric: string, hash: Uint8Array): Key {
  return { pk: seriesRange(tenant, day, metric).pk, sk: hash };
}

/** The series of one metric name that have samples in a day. */
export function seriesRange(tenant: string, day: number, metric: string): KeyRange {
  return { pk: dayPartition(KIND.series, tenant, day).writeText(metric).finish() };
}

export function metricKey(tenant: string, day: number, metric: string): Key {
  return { pk: metricsRange(tenant, day).pk, sk: new TextEncoder().encode(metric) };
}

/** The metric names that have samples in a day; the sort key is the name. */
export function metricsRange(tenant: string, day: number): KeyRange {
  return { pk: dayPartition(KIND.metric, tenant, day).finish() };
}

export function parseMetricSortKey(sk: Uint8Array): string {
  return decodeText(sk, "metric's sort key");
}

export function dayKey(tenant: string, day: number): Key {
  return {
    pk: partition(KIND.day, tenant).finish(),
    sk: new ByteWriter().writeUint(day + DAY_OFFSET, 4).finish(),
  };
}

/** The days `first..last` (inclusive) that have samples. */
export function daysRange(tenant: string, first: number, last: number): KeyRange {
  return { pk: dayKey(tenant, first).pk, first: dayKey(tenant, first).sk, last: dayKey(tenant, last).sk };
}

export function parseDaySortKey(sk: Uint8Array): number {
  return new ByteReader(sk, "day's sort key").readUint(4) - DAY_OFFSET;
}

export function accessKeyKey(accessKeyId: string): Key {
  return { pk: accessKeysRange().pk, sk: new TextEncoder().encode(accessKeyId) };
}

/** Every access key of the table, in one partition: they are few, and warm functions remember them. */
export function accessKeysRange(): KeyRange {
  return { pk: Uint8Array.of(KIND.accessKey) };
}
