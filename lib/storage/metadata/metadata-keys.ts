/** Where metadata is, among what keys.ts says of the table: one partition a tenant, in the order in which it was stored. */
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { KIND, partition, RECEIVE_TIME_BYTES } from "../layout/keys.ts";
import type { Key, KeyRange } from "../table/table.ts";

/** A record of metrics' metadata, stored at a time in ms. */
export function metadataKey(tenant: string, storedMs: number, id: Uint8Array): Key {
  const { pk, first } = metadataRange(tenant, storedMs);
  return { pk, sk: new ByteWriter().writeBytes(first!).writeBytes(id).finish() };
}

/** A tenant's metadata that was stored at a time or later, the earliest first. */
export function metadataRange(tenant: string, fromMs: number): KeyRange {
  return {
    pk: partition(KIND.metadata, tenant).finish(),
    first: new ByteWriter().writeUint(Math.max(fromMs, 0), RECEIVE_TIME_BYTES).finish(),
  };
}

/** When a record of metadata was stored, in ms. */
export function parseMetadataSortKey(sk: Uint8Array): number {
  return new ByteReader(sk, "metadata's sort key").readUint(RECEIVE_TIME_BYTES);
}
