/** Where the parts are that compaction makes, among what keys.ts says of the table: blocks of the index and of runs, chunk items. */
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import type { Key, KeyRange } from "../table/table.ts";
import { dayPartition, HASH_BYTES, KIND, METRIC_HASH_BYTES } from "./keys.ts";
import type { Shard } from "./shard.ts";

/** A partition of an index part: its label sets, or what helps to find some of many. */
export interface IndexPartition {
  readonly tenant: string;
  readonly day: number;
  /** Of a part of rows, whose first day `day` is; default: of a day's samples. */
  readonly isOfRows?: true | undefined;
  /** Its id in hex. */
  readonly part: string;
  readonly section: IndexSection;
  readonly shard: Shard;
}

export type IndexSection = "series" | "values" | "pairs" | "directory";

const SECTIONS: readonly IndexSection[] = ["series", "values", "pairs", "directory"];
/** The hashes of an index' sort keys are numbers of 32 bits. */
export const MAX_INDEX_HASH = 2 ** 32 - 1;

/** An item by the hash of the last thing in it and its own number, so that hashes and numbers ascend together. */
export function indexKey(partition: IndexPartition, lastHash: number, number: number): Key {
  return { pk: indexRange(partition).pk, sk: indexSortKey(lastHash, number) };
}

function indexSortKey(lastHash: number, number: number): Uint8Array {
  return new ByteWriter().writeUint(lastHash, 4).writeUint(number, 4).finish();
}

/** All items of a partition. */
export function indexRange({ tenant, day, isOfRows, part, section, shard }: IndexPartition): KeyRange {
  const kind = isOfRows === true ? KIND.rowIndex : KIND.index;
  const pk = dayPartition(kind, tenant, day).writeBytes(Buffer.from(part, "hex"));
  pk.writeByte(SECTIONS.indexOf(section)).writeByte(shard.bits).writeUint(shard.prefix, 2);
  return { pk: pk.finish() };
}

/** The items whose last hash is `first..last`, both included. */
export function indexSpanRange(partition: IndexPartition, first: number, last: number): KeyRange {
  return {
    pk: indexRange(partition).pk,
    first: indexSortKey(first, 0),
    last: indexSortKey(last, 2 ** 32 - 1),
  };
}

export function parseIndexSortKey(sk: Uint8Array): { readonly lastHash: number; readonly number: number } {
  const reader = new ByteReader(sk, "index item's sort key");
  return { lastHash: reader.readUint(4), number: reader.readUint(4) };
}

/** A block of a run, numbered within its partition; `part` is its id in hex. */
export function runKey(
  tenant: string,
  day: number,
  part: string,
  shard: Shard,
  { number, isLast }: RunPosition,
): Key {
  const sk = new ByteWriter().writeUint(number, 4).writeByte(isLast ? 1 : 0);
  return { pk: runRange(tenant, day, part, shard).pk, sk: sk.finish() };
}

export interface RunPosition {
  readonly number: number;
  /** Of its partition. */
  readonly isLast: boolean;
}

/** What `runKey` put into a sort key. `isMarked`: it says whether it is the last, as keys of the first versions do not. */
export function parseRunSortKey(sk: Uint8Array): RunPosition & { readonly isMarked: boolean } {
  const reader = new ByteReader(sk, "run block's sort key");
  const number = reader.readUint(4);
  const isMarked = reader.remaining > 0;
  return { number, isMarked, isLast: isMarked && reader.readByte() === 1 };
}

/** A partition of a run. */
export function runRange(tenant: string, day: number, part: string, { bits, prefix }: Shard): KeyRange {
  const pk = dayPartition(KIND.run, tenant, day).writeBytes(Buffer.from(part, "hex"));
  return { pk: pk.writeByte(bits).writeUint(prefix, 2).finish() };
}

/** A partition of a chunk part; `part` is its id in hex. */
export interface ChunkPartition {
  readonly tenant: string;
  readonly day: number;
  readonly bucket: number;
  readonly part: string;
  readonly shard: Shard;
}

/** Where a chunk item lies in its partition. */
export interface ChunkLink {
  /** Items before it. */
  readonly place: number;
  /** How the hashes of the series of the items before and after it begin, `LINK_HASH_BYTES` of them; undefined: there is none. */
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

/** The metric's bytes of a hash and two that tell most of its series apart. */
export const LINK_HASH_BYTES = METRIC_HASH_BYTES + 2;

/** `hash` in hex; a series whose chunks pass what an item holds has several, numbered. */
export function chunkKey(partition: ChunkPartition, hash: string, number: number, link: ChunkLink): Key {
  const { place, before, after } = link;
  const sk = chunkSortKey(hash, number).writeUint(place, 4);
  sk.writeByte(after === undefined ? 0 : 1);
  if (before !== undefined) sk.writeBytes(before);
  if (after !== undefined) sk.writeBytes(after);
  return { pk: chunkRange(partition).pk, sk: sk.finish() };
}

function chunkSortKey(hash: string, number: number): ByteWriter {
  return new ByteWriter().writeBytes(Buffer.from(hash, "hex")).writeUint(number, 2);
}

/** All chunk items of a partition. */
export function chunkRange({ tenant, day, bucket, part, shard }: ChunkPartition): KeyRange {
  const pk = dayPartition(KIND.chunk, tenant, day).writeByte(bucket).writeBytes(Buffer.from(part, "hex"));
  return { pk: pk.writeByte(shard.bits).writeUint(shard.prefix, 2).finish() };
}

/** The chunk items of series `first..last` (hashes in hex, both included). */
export function chunkSpanRange(partition: ChunkPartition, first: string, last: string): KeyRange {
  return {
    pk: chunkRange(partition).pk,
    first: chunkSortKey(first, 0).finish(),
    // Behind whatever links there are.
    last: chunkSortKey(last, 0xffff).writeByte(0xff).finish(),
  };
}

/** The series hash of a chunk item, in hex. */
export function parseChunkSortKey(sk: Uint8Array): string {
  return Buffer.from(new ByteReader(sk, "chunk's sort key").readBytes(HASH_BYTES)).toString("hex");
}

/** The link of a chunk item; undefined for one without. */
export function parseChunkLink(sk: Uint8Array): ChunkLink | undefined {
  const reader = new ByteReader(sk, "chunk's sort key");
  reader.readBytes(HASH_BYTES + 2);
  if (reader.remaining === 0) return undefined;
  const place = reader.readUint(4);
  const isFollowed = reader.readByte() === 1;
  const before = place > 0 ? reader.readBytes(LINK_HASH_BYTES) : undefined;
  return { place, before, after: isFollowed ? reader.readBytes(LINK_HASH_BYTES) : undefined };
}
