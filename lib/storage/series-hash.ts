/**
 * The identity of a series: SHA-256 of its encoded label set, the first 16 bytes. Strings stand behind their length in
 * that encoding, so no two label sets encode alike; and 128 bits of SHA-256 keep label sets apart that somebody chose so
 * as to collide (2^64 tries). It is computed once for each new series of a warm writer, never per sample.
 */
import { createHash } from "node:crypto";
import type { LabelSet } from "../model/labels.ts";
import { HASH_BYTES } from "./keys.ts";
import { encodeLabelSet } from "./series-item.ts";

export type SeriesHash = (labels: LabelSet) => Uint8Array;

/** Returns `HASH_BYTES` bytes of their own. */
export const seriesHash: SeriesHash = (labels) => {
  const digest = createHash("sha256").update(encodeLabelSet(labels)).digest();
  return new Uint8Array(digest.subarray(0, HASH_BYTES));
};

/** The form in which a hash is a key of a `Map`. */
export function hashHex(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("hex");
}
