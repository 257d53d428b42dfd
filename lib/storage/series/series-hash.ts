/**
 * The identity of a series: 4 bytes of SHA-256 of its metric name, then 16 of SHA-256 of its encoded label set. Strings stand
 * behind their length in that encoding, so no two label sets encode alike; and 128 bits keep label sets apart that somebody
 * chose so as to collide (2^64 tries). The metric's bytes come first so that the series of a metric lie together, in a shard
 * of the log, in a run and in the chunks, and sort so. It is computed once for each new series of a warm writer.
 */
import { hash } from "node:crypto";
import { type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import { ByteWriter } from "../codec/bytes.ts";
import { HASH_BYTES, METRIC_HASH_BYTES } from "../layout/keys.ts";

export type SeriesHash = (labels: LabelSet) => Uint8Array;

const writer = new ByteWriter();
/** The metric or text hashed last. A sender's series of a metric come together; a query hashes its metric several times. */
let latestMetric = "";
let latestHash: Uint8Array = sha256(latestMetric).subarray(0, METRIC_HASH_BYTES);

/** Returns `HASH_BYTES` bytes of their own. */
export const seriesHash: SeriesHash = (labels) => {
  const bytes = new Uint8Array(HASH_BYTES);
  bytes.set(metricHash(labelValue(labels, METRIC_NAME)));
  bytes.set(sha256(encodeLabelSet(labels)).subarray(0, HASH_BYTES - METRIC_HASH_BYTES), METRIC_HASH_BYTES);
  return bytes;
};

/** What the hashes of a metric's series begin with. Two metrics may share it: they then only lie together. */
export function metricHash(metric: string): Uint8Array {
  if (metric === latestMetric) return latestHash;
  latestMetric = metric;
  latestHash = sha256(metric).subarray(0, METRIC_HASH_BYTES);
  return latestHash;
}

/** What a hash begins with, its metric's part, as a number. */
export function metricNumber(hash: Uint8Array): number {
  return ((hash[0] << 24) | (hash[1] << 16) | (hash[2] << 8) | hash[3]) >>> 0;
}

/** What the hashes of a metric's series begin with, and of other texts alike, as a number. */
export function textHash(text: string): number {
  return metricNumber(metricHash(text));
}

/** A count, and then name and value of each label, strings behind their length. */
function encodeLabelSet(labels: LabelSet): Uint8Array {
  writer.clear();
  writer.writeVarint(labels.length);
  for (const [name, value] of labels) writer.writeString(name).writeString(value);
  return writer.finish();
}

/** In one call: an object that hashes takes twice as long for so little. */
function sha256(data: string | Uint8Array): Buffer {
  return hash("sha256", data, "buffer");
}

/** The form in which a hash is a key of a `Map`; it sorts as the bytes do. */
export function hashHex(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("hex");
}
