/**
 * Where everything is in the one table, as pure functions. A partition key is a kind, the tenant behind its length
 * (of data: the name of its life, `storedTenant` of lib/model/tenant.ts), and what the kind
 * needs; a sort key orders a partition as its readers want it. Integers are big-endian.
 *
 *     kind          pk                                   sk                               value
 *     log       L   tenant, day, shard                   receive time, dictionary,        samples (log-record.ts,
 *                                                        sequence, instance               histogram-record.ts)
 *     series    S   tenant, day, shard                   receive time, writer, sequence   label sets (series-block.ts)
 *                                                        (brief-keys.ts: and references)
 *     dict      D   tenant, day, shard                   writer, first reference          series hashes (dictionary.ts)
 *     day       P   tenant                               day, bits of a shard             -
 *     index     I   tenant, day, part, section, shard    last hash, number                index-part.ts
 *     run       R   tenant, day, part, shard             number, whether the last         samples (run-block.ts)
 *     chunk     C   tenant, day, bucket, part, shard     series hash, number, link        chunks (chunk-item.ts)
 *     manifest  X   tenant                               day                              parts, lease (manifest.ts)
 *     deletions X   tenant                               day, 1                           lib/storage/deletion
 *     progress  W   tenant, day                          bucket                           chunking-progress.ts
 *     mark      A   -                                    hour, day, tenant                -
 *     cursor    Z   -                                    -                                hour
 *     pace      Z   -                                    1                                token bucket (pace-item.ts)
 *     key       K   -                                    access key id                    access key (lib/auth)
 *     election  E   tenant                               cluster                          replica (ha-tracker.ts)
 *     tenant    T   -                                    tenant                           settings (tenant-settings.ts)
 *     metadata  M   tenant                               stored time, id                  metadata-keys.ts
 *     exemplars F   tenant, day                          newest's time of day, id         exemplar-keys.ts
 *     canary    B   -                                    -, or day                        lib/canary
 *     quarantine Q  tenant                               day, hash of a key, number       a damaged item (quarantine-item.ts)
 *     audit     O   -                                    time, id                         who changed what (lib/auth)
 *     rows      U   tenant, day, part, shard             last hash, number, links         hourly rows (row-block.ts)
 *     row index V   as index                             as index                         as index, of a part of rows
 *     rollup    o   tenant                               month                            parts of rows (rollup-manifest.ts)
 *     swept     Y   -                                    tenant                           retention at the last sweep
 *     ruleGroup G   tenant                               namespace, name                  a group of rules (rule-items.ts)
 *     ruleState H   tenant                               namespace, name                  what is known of a group (state-items.ts)
 *     ruleSeries J  tenant                               hash of a group, id, number      label sets of its series (state-items.ts)
 *     ruled     N   -                                    tenant                           revision of its groups (rule-items.ts)
 *     notices   a   tenant                               namespace, name                  what receivers know of a group's alerts
 *     quota     q   tenant                               part, process or query           limits: what processes tell (limits/)
 *     usage     u   -                                    day or part, time, process       what requests cost (usage/)
 *
 * A day is the UTC day of the samples' own timestamps, never of their arrival: a reader of a range opens the days of
 * that range, whatever came late, and everything of a day leaves together by TTL. A shard is the series whose hash begins
 * with certain bits (shard.ts).
 */
import { DAY_MS, HOUR_MS } from "../../model/time.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import type { Key, KeyRange } from "../table/table.ts";
import type { Shard } from "./shard.ts";

/** The first byte of a partition key. */
export const KIND = {
  log: 0x4c,
  dictionary: 0x44,
  series: 0x53,
  day: 0x50,
  index: 0x49,
  run: 0x52,
  chunk: 0x43,
  manifest: 0x58,
  mark: 0x41,
  cursor: 0x5a,
  progress: 0x57,
  accessKey: 0x4b,
  tenant: 0x54,
  election: 0x45,
  metadata: 0x4d,
  exemplars: 0x46,
  canary: 0x42,
  quarantine: 0x51,
  swept: 0x59,
  audit: 0x4f,
  ruleGroup: 0x47,
  ruleState: 0x48,
  ruleSeries: 0x4a,
  ruled: 0x4e,
  alertNotices: 0x61,
  rollupManifest: 0x6f,
  rows: 0x55,
  rowIndex: 0x56,
  quota: 0x71,
  usage: 0x75,
} as const;

/** Bytes of a series hash, and how many of them are the metric's. */
export const HASH_BYTES = 20;
export const METRIC_HASH_BYTES = 4;
/** Bytes of the id of a dictionary's writer, of a part's, and of what tells records of one time apart. */
export const WRITER_ID_BYTES = 8;
export const INSTANCE_ID_BYTES = 6;
export const PART_ID_BYTES = 8;
export const RECORD_ID_BYTES = 8;
/** Bytes of the hash of a key in quarantine. */
export const QUARANTINE_HASH_BYTES = 8;
/** Bytes of a receive time, in ms since the epoch: good until the year 10889. */
export const RECEIVE_TIME_BYTES = 6;
const MAX_RECEIVE_TIME_MS = 2 ** 48 - 1;
/** Days before the epoch are negative; stored with this added they sort. */
export const DAY_OFFSET = 2 ** 31;

/** The UTC day of a timestamp in ms: whole days since the epoch. */
export function dayOf(timestampMs: number): number {
  return Math.floor(timestampMs / DAY_MS);
}

export interface LogPosition {
  /** When the record was received, in ms. */
  readonly receivedMs: number;
  readonly writer: Uint8Array;
  readonly sequence: number;
  /**
   * Which process stored it: several may name one dictionary. Absent in old records and in series
   * records; behind the rest, where versions that do not know it read no further.
   */
  readonly instance?: Uint8Array | undefined;
}

/** The beginning of a partition key of a tenant. */
export function partition(kind: number, tenant: string): ByteWriter {
  return new ByteWriter().writeByte(kind).writeString(tenant);
}

/** The beginning of one of a tenant's day. */
export function dayPartition(kind: number, tenant: string, day: number): ByteWriter {
  return partition(kind, tenant).writeUint(day + DAY_OFFSET, 4);
}

function shardPartition(kind: number, tenant: string, day: number, { bits, prefix }: Shard): Uint8Array {
  return dayPartition(kind, tenant, day).writeByte(bits).writeUint(prefix, 2).finish();
}

function receivedKey(
  kind: number,
  tenant: string,
  day: number,
  shard: Shard,
  { receivedMs, writer, sequence, instance }: LogPosition,
): Key {
  const sk = new ByteWriter()
    .writeUint(receivedMs, RECEIVE_TIME_BYTES)
    .writeBytes(writer)
    .writeUint(sequence, 4);
  if (instance !== undefined) sk.writeBytes(instance);
  return { pk: shardPartition(kind, tenant, day, shard), sk: sk.finish() };
}

function receivedRange(
  kind: number,
  tenant: string,
  day: number,
  shard: Shard,
  fromMs: number,
  toMs: number,
): KeyRange {
  return {
    pk: shardPartition(kind, tenant, day, shard),
    first: receiveTime(fromMs).finish(),
    last: receiveTime(toMs)
      .writeBytes(new Uint8Array(WRITER_ID_BYTES + 4 + INSTANCE_ID_BYTES).fill(0xff))
      .finish(),
  };
}

/** What the sort key of a record begins with. */
export function receiveTime(ms: number): ByteWriter {
  return new ByteWriter().writeUint(Math.min(Math.max(ms, 0), MAX_RECEIVE_TIME_MS), RECEIVE_TIME_BYTES);
}

/** The part of a range of records that was received from a time on, in ms. */
export function receivedSince(range: KeyRange, fromMs: number): KeyRange {
  return { ...range, first: receiveTime(fromMs).finish() };
}

/** When a record was received, in ms, by its sort key, or what a range of records begins with. */
export function parseReceiveTime(sk: Uint8Array): number {
  return new ByteReader(sk, "log record's sort key").readUint(RECEIVE_TIME_BYTES);
}

export function logKey(tenant: string, day: number, shard: Shard, position: LogPosition): Key {
  return receivedKey(KIND.log, tenant, day, shard, position);
}

/** The log records of a day and shard received `fromMs..toMs`, both included. */
export function logRange(
  tenant: string,
  day: number,
  shard: Shard,
  fromMs: number,
  toMs: number = MAX_RECEIVE_TIME_MS,
): KeyRange {
  return receivedRange(KIND.log, tenant, day, shard, fromMs, toMs);
}

/** Series records are kept as log records are, in partitions of their own: they are few, and read without the samples. */
export function seriesRecordKey(tenant: string, day: number, shard: Shard, position: LogPosition): Key {
  return receivedKey(KIND.series, tenant, day, shard, position);
}

/** The series records of a day and shard received `fromMs..toMs`, both included. */
export function seriesRecordsRange(
  tenant: string,
  day: number,
  shard: Shard,
  fromMs: number,
  toMs: number = MAX_RECEIVE_TIME_MS,
): KeyRange {
  return receivedRange(KIND.series, tenant, day, shard, fromMs, toMs);
}

/** What `logKey` or `seriesRecordKey` put into a sort key. */
export function parseLogSortKey(sk: Uint8Array): LogPosition {
  const reader = new ByteReader(sk, "log record's sort key");
  const receivedMs = reader.readUint(RECEIVE_TIME_BYTES);
  const writer = reader.readBytes(WRITER_ID_BYTES);
  const sequence = reader.readUint(4);
  if (reader.remaining === 0) return { receivedMs, writer, sequence };
  return { receivedMs, writer, sequence, instance: reader.readBytes(INSTANCE_ID_BYTES) };
}

export function dictionaryKey(
  tenant: string,
  day: number,
  shard: Shard,
  writer: Uint8Array,
  firstReference: number,
): Key {
  return {
    pk: dictionariesRange(tenant, day, shard).pk,
    sk: new ByteWriter().writeBytes(writer).writeUint(firstReference, 4).finish(),
  };
}

/** The dictionaries of every writer of a day and shard. */
export function dictionariesRange(tenant: string, day: number, shard: Shard): KeyRange {
  return { pk: shardPartition(KIND.dictionary, tenant, day, shard) };
}

/** The dictionary of one writer. */
export function dictionaryRange(tenant: string, day: number, shard: Shard, writer: Uint8Array): KeyRange {
  const { pk, sk: first } = dictionaryKey(tenant, day, shard, writer, 0);
  return { pk, first, last: dictionaryKey(tenant, day, shard, writer, 2 ** 32 - 1).sk };
}

/** What `dictionaryKey` put into a sort key. */
export function parseDictionarySortKey(sk: Uint8Array): { writer: Uint8Array; firstReference: number } {
  const reader = new ByteReader(sk, "dictionary's sort key");
  return { writer: reader.readBytes(WRITER_ID_BYTES), firstReference: reader.readUint(4) };
}

/** Says that a day has samples, and log records at a level of shards. */
export function dayKey(tenant: string, day: number, shardBits: number): Key {
  return {
    pk: partition(KIND.day, tenant).finish(),
    sk: new ByteWriter()
      .writeUint(day + DAY_OFFSET, 4)
      .writeByte(shardBits)
      .finish(),
  };
}

/** The days `first..last` (inclusive) that have samples. */
export function daysRange(tenant: string, first: number, last: number): KeyRange {
  const { pk, sk } = dayKey(tenant, first, 0);
  return { pk, first: sk, last: dayKey(tenant, last, 0xff).sk };
}

export function parseDaySortKey(sk: Uint8Array): { readonly day: number; readonly shardBits: number } {
  const reader = new ByteReader(sk, "day's sort key");
  return { day: reader.readUint(4) - DAY_OFFSET, shardBits: reader.readByte() };
}

export function manifestKey(tenant: string, day: number): Key {
  return {
    pk: partition(KIND.manifest, tenant).finish(),
    sk: new ByteWriter().writeUint(day + DAY_OFFSET, 4).finish(),
  };
}

/** The manifests of days `first..last` (inclusive). */
export function manifestsRange(tenant: string, first: number, last: number): KeyRange {
  const { pk, sk } = manifestKey(tenant, first);
  return { pk, first: sk, last: manifestKey(tenant, last).sk };
}

/** What the sort key of a day's deletions has after that of its manifest. */
const DELETIONS = 1;

/** The deletions of a day, beside its manifest: one query reads both. */
export function deletionsKey(tenant: string, day: number): Key {
  const { pk, sk } = manifestKey(tenant, day);
  return { pk, sk: Uint8Array.from([...sk, DELETIONS]) };
}

/** Whether a sort key of a manifest's partition is that of a day's deletions. */
export function isDeletionsSortKey(sk: Uint8Array): boolean {
  return sk.length > 4;
}

/** The manifests of days `first..last` (inclusive), and their deletions. */
export function dayStatesRange(tenant: string, first: number, last: number): KeyRange {
  return { ...manifestsRange(tenant, first, last), last: deletionsKey(tenant, last).sk };
}

export function parseManifestSortKey(sk: Uint8Array): number {
  return new ByteReader(sk, "manifest's sort key").readUint(4) - DAY_OFFSET;
}

/** What is noted of a bucket's chunking while it lasts. */
export function progressKey(tenant: string, day: number, bucket: number): Key {
  return { pk: dayPartition(KIND.progress, tenant, day).finish(), sk: Uint8Array.of(bucket) };
}

/** The start of the hour of a time, both in ms. */
export function hourOf(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS) * HOUR_MS;
}

export interface Mark {
  /** The start of an hour, in ms. */
  readonly hourMs: number;
  readonly day: number;
  readonly tenant: string;
}

/** Says that a tenant's day was written to in an hour. All tenants' are one partition: each writer adds one an hour. */
export function markKey({ hourMs, day, tenant }: Mark): Key {
  const sk = new ByteWriter().writeUint(hourMs, RECEIVE_TIME_BYTES).writeUint(day + DAY_OFFSET, 4);
  return { pk: marksRange(0).pk, sk: sk.writeString(tenant).finish() };
}

/** The marks of an hour and all after it. */
export function marksRange(fromHourMs: number): KeyRange {
  return {
    pk: Uint8Array.of(KIND.mark),
    first: new ByteWriter().writeUint(fromHourMs, RECEIVE_TIME_BYTES).finish(),
  };
}

export function parseMarkSortKey(sk: Uint8Array): Mark {
  const reader = new ByteReader(sk, "mark's sort key");
  const hourMs = reader.readUint(RECEIVE_TIME_BYTES);
  return { hourMs, day: reader.readUint(4) - DAY_OFFSET, tenant: reader.readString() };
}

/** How far the compactor has gone through the marks. */
export function cursorKey(): Key {
  return { pk: Uint8Array.of(KIND.cursor), sk: Uint8Array.of(0) };
}

/** The token bucket of compactors on provisioned capacity, beside their cursor. */
export function paceKey(): Key {
  return { pk: Uint8Array.of(KIND.cursor), sk: Uint8Array.of(1) };
}

/** What the canary knows of itself. */
export function canaryKey(): Key {
  return { pk: Uint8Array.of(KIND.canary), sk: Uint8Array.of(0) };
}

/** What the canary began a UTC day with, behind its state. */
export function canaryDayKey(day: number): Key {
  const sk = new ByteWriter()
    .writeByte(1)
    .writeUint(day + DAY_OFFSET, 4)
    .finish();
  return { pk: canaryKey().pk, sk };
}

/** A copy of a damaged item: `keyHash` is of the item's own key, `number` that of a piece of it. */
export function quarantineKey(tenant: string, day: number, keyHash: Uint8Array, number: number): Key {
  const sk = new ByteWriter()
    .writeUint(day + DAY_OFFSET, 4)
    .writeBytes(keyHash)
    .writeByte(number);
  return { pk: quarantineRange(tenant).pk, sk: sk.finish() };
}

/** Everything of a tenant that is in quarantine. */
export function quarantineRange(tenant: string): KeyRange {
  return { pk: partition(KIND.quarantine, tenant).finish() };
}

export function parseQuarantineSortKey(sk: Uint8Array): { readonly day: number; readonly keyHash: string } {
  const reader = new ByteReader(sk, "quarantine's sort key");
  const day = reader.readUint(4) - DAY_OFFSET;
  return { day, keyHash: Buffer.from(reader.readBytes(QUARANTINE_HASH_BYTES)).toString("hex") };
}
