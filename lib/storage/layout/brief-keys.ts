/**
 * What stands at the end of sort keys of log and series records where versions that do not know it read no
 * further (keys.ts). A *brief reference* is one that a series record gives out in place of a dictionary item;
 * log records name it during the next hour.
 *
 *     series record   receive time, dictionary, sequence, instance, then
 *       bits            1 byte, the level of the shards
 *       firsts          varint for each shard of the level: the reference of its first label set in the record
 *     log record      receive time, dictionary, sequence, instance, then
 *       age             1 byte: how many minutes before it the series records begin that it may need
 *
 * The label sets of a series record that belong to a shard have consecutive references there, in its order.
 */
import { HearthError } from "../../model/errors.ts";
import { HOUR_MS, MINUTE_MS } from "../../model/time.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { INSTANCE_ID_BYTES, parseReceiveTime, RECEIVE_TIME_BYTES, WRITER_ID_BYTES } from "./keys.ts";

/**
 * What a compactor can read that stores this number in its cursor: 1: brief references. A writer gives out none
 * while a compactor that cannot read them is at work.
 */
export const READS_BRIEF = 1;
/** How long after its series record a brief reference is named. */
export const BRIEF_MS = HOUR_MS;
/** The same as compaction takes it: a record may be dated anew, and clocks differ. */
export const NEEDED_MS = 2 * BRIEF_MS;

const TAIL_AT = RECEIVE_TIME_BYTES + WRITER_ID_BYTES + 4 + INSTANCE_ID_BYTES;
const MAX_AGE_MINUTES = 0xff;
/** References are below it (write/reference-table.ts). */
const MAX_REFERENCE = 2 ** 20;
/** A shard is some of the bits of a hash's first byte. */
const MAX_BITS = 8;

/** The references that a series record gives out. */
export interface GivenReferences {
  /** The id of the dictionary that has them, of each shard of the level. */
  readonly dictionary: Uint8Array;
  readonly bits: number;
  /** By prefix of the shard. */
  readonly firsts: readonly number[];
}

/** The sort key of a series record with what it gives out: `sk` has a dictionary for its writer, and an instance. */
export function withReferences(
  sk: Uint8Array,
  { bits, firsts }: Omit<GivenReferences, "dictionary">,
): Uint8Array {
  const writer = new ByteWriter().writeBytes(sk).writeByte(bits);
  for (const first of firsts) writer.writeVarint(first);
  return writer.finish();
}

/** Whether a series record gives out references. */
export function givesReferences(sk: Uint8Array): boolean {
  return sk.length > TAIL_AT;
}

/** What a series record gives out; undefined: nothing. Throws "data". */
export function parseReferences(sk: Uint8Array): GivenReferences | undefined {
  if (!givesReferences(sk)) return undefined;
  const reader = new ByteReader(sk, "series record's sort key");
  reader.readBytes(RECEIVE_TIME_BYTES);
  const dictionary = reader.readBytes(WRITER_ID_BYTES);
  reader.readBytes(TAIL_AT - RECEIVE_TIME_BYTES - WRITER_ID_BYTES);
  const bits = reader.readByte();
  if (bits > MAX_BITS) throw damaged(`a level of ${bits} bits, expected ${MAX_BITS} at most`);
  const firsts = Array.from({ length: 2 ** bits }, () => reader.readVarint());
  const beyond = firsts.find((first) => first >= MAX_REFERENCE);
  if (beyond !== undefined) throw damaged(`reference ${beyond}, expected less than ${MAX_REFERENCE}`);
  if (reader.remaining > 0) throw damaged(`${reader.remaining} bytes too many`);
  return { dictionary, bits, firsts };
}

/** The sort key of a log record that may name brief references given out since `sinceMs`; undefined: none. */
export function withBriefAge(sk: Uint8Array, receivedMs: number, sinceMs: number | undefined): Uint8Array {
  if (sinceMs === undefined) return sk;
  const minutes = Math.ceil(Math.max(receivedMs - sinceMs, 0) / MINUTE_MS);
  return new ByteWriter().writeBytes(sk).writeByte(Math.min(minutes, MAX_AGE_MINUTES)).finish();
}

/** Since when the series records were received that a log record may need, in ms; undefined: it needs none. */
export function briefSince(sk: Uint8Array): number | undefined {
  return sk.length <= TAIL_AT ? undefined : parseReceiveTime(sk) - sk[TAIL_AT] * MINUTE_MS;
}

function damaged(what: string): HearthError {
  return new HearthError("data", `series record's sort key: ${what}`);
}
