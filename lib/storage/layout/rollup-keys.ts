/** Where hourly rows are, and their manifests: one for each calendar month (UTC). */
import { DAY_MS } from "../../model/time.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import type { Key, KeyRange } from "../table/table.ts";
import { DAY_OFFSET, dayOf, dayPartition, HASH_BYTES, KIND, partition } from "./keys.ts";
import type { Shard } from "./shard.ts";

/** The month of a UTC day: months since January 1970. */
export function monthOf(day: number): number {
  const date = new Date(day * DAY_MS);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

/** The first UTC day of a month. */
export function firstDayOf(month: number): number {
  return dayOf(Date.UTC(1970 + Math.floor(month / 12), ((month % 12) + 12) % 12));
}

export function rollupManifestKey(tenant: string, month: number): Key {
  const sk = new ByteWriter().writeUint(month + DAY_OFFSET, 4).finish();
  return { pk: partition(KIND.rollupManifest, tenant).finish(), sk };
}

/** After a month in a sort key. */
const DELETIONS = 1;

/** The deletions of a month's rows, beside its manifest: one query reads both. */
export function rowDeletionsKey(tenant: string, month: number): Key {
  const { pk, sk } = rollupManifestKey(tenant, month);
  return { pk, sk: Uint8Array.from([...sk, DELETIONS]) };
}

/** Whether a sort key of a rollup manifest's partition is that of a month's deletions. */
export function isRowDeletionsSortKey(sk: Uint8Array): boolean {
  return sk.length > 4;
}

/** The manifests of months `first..last`, both included, and their deletions. */
export function rollupMonthsRange(tenant: string, first: number, last: number): KeyRange {
  const { pk, sk } = rollupManifestKey(tenant, first);
  return { pk, first: sk, last: rowDeletionsKey(tenant, last).sk };
}

export function parseRollupManifestSortKey(sk: Uint8Array): number {
  return new ByteReader(sk, "rollup manifest's sort key").readUint(4) - DAY_OFFSET;
}

/** A partition of a part of rows. */
export interface RowPartition {
  readonly tenant: string;
  /** The first day that the part has. */
  readonly day: number;
  /** Its id in hex. */
  readonly part: string;
  readonly shard: Shard;
}

/** Where a block of rows lies in its partition. Hashes of series are in hex. */
export interface RowPosition {
  /** The last series of the block. */
  readonly lastHash: string;
  readonly number: number;
  readonly isLast: boolean;
  /** Whether the last series goes on in the next block. */
  readonly isContinued: boolean;
  /** The last series of the block before it; undefined of the first. */
  readonly before: string | undefined;
}

const IS_LAST = 1;
const IS_CONTINUED = 2;

export function rowKey(place: RowPartition, position: RowPosition): Key {
  const { lastHash, number, isLast, isContinued, before } = position;
  const sk = new ByteWriter()
    .writeBytes(Buffer.from(lastHash, "hex"))
    .writeUint(number, 4)
    .writeByte((isLast ? IS_LAST : 0) | (isContinued ? IS_CONTINUED : 0));
  if (before !== undefined) sk.writeBytes(Buffer.from(before, "hex"));
  return { pk: rowRange(place).pk, sk: sk.finish() };
}

export function parseRowSortKey(sk: Uint8Array): RowPosition {
  const reader = new ByteReader(sk, "row block's sort key");
  const lastHash = hex(reader.readBytes(HASH_BYTES));
  const number = reader.readUint(4);
  const flags = reader.readByte();
  const before = number === 0 ? undefined : hex(reader.readBytes(HASH_BYTES));
  return {
    lastHash,
    number,
    isLast: (flags & IS_LAST) !== 0,
    isContinued: (flags & IS_CONTINUED) !== 0,
    before,
  };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** All blocks of a partition. */
export function rowRange({ tenant, day, part, shard }: RowPartition): KeyRange {
  const pk = dayPartition(KIND.rows, tenant, day).writeBytes(Buffer.from(part, "hex"));
  return { pk: pk.writeByte(shard.bits).writeUint(shard.prefix, 2).finish() };
}

/** Later than all that a sort key has after its hash. */
const AFTER_HASH = new Uint8Array(4 + 1 + HASH_BYTES + 1).fill(0xff);

/** The blocks that end with one of the series `first..last` (hashes in hex, both included). */
export function rowSpan(place: RowPartition, first: string, last: string): KeyRange {
  return {
    pk: rowRange(place).pk,
    first: Uint8Array.from(Buffer.from(first, "hex")),
    last: afterSeries(last),
  };
}

/** The blocks that end with a later series: the first of them may begin with this one. */
export function rowsAfter(place: RowPartition, hash: string): KeyRange {
  return { pk: rowRange(place).pk, first: afterSeries(hash) };
}

function afterSeries(hash: string): Uint8Array {
  return Uint8Array.from([...Buffer.from(hash, "hex"), ...AFTER_HASH]);
}
