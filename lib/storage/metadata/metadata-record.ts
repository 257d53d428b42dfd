/**
 * A record of metrics' metadata: what one request brought that was not known, or not for long any more.
 *
 *     the frame of packed.ts, the count that of the metrics; then of each
 *       family     string
 *       type       1 byte, its place in METRIC_TYPES
 *       unit       string
 *       help       string
 */
import { HearthError } from "../../model/errors.ts";
import { METRIC_TYPES, type MetricMetadata } from "../../model/metric-metadata.ts";
import { ByteWriter } from "../codec/bytes.ts";
import { decodePacked, encodePacked, expectEnd, MAX_PACKED_BYTES } from "../codec/packed.ts";

const WHAT = "metadata record";
/** Four fields, at least a byte each. */
const MIN_BYTES = 4;
/** What one metric's may take: the texts are limited by whoever stores them. */
const MAX_METADATA_BYTES = 16 * 1024;

/** Yields as many records as it takes. */
export function* encodeMetadataRecords(all: readonly MetricMetadata[]): Generator<Uint8Array, void, void> {
  let body = new ByteWriter();
  let count = 0;
  for (const { metricFamilyName, type, unit, help } of all) {
    body
      .writeString(metricFamilyName)
      .writeByte(METRIC_TYPES.indexOf(type))
      .writeString(unit)
      .writeString(help);
    count++;
    if (body.length < MAX_PACKED_BYTES - MAX_METADATA_BYTES) continue;
    yield encodePacked(count, body.finish());
    [body, count] = [new ByteWriter(), 0];
  }
  if (count > 0) yield encodePacked(count, body.finish());
}

/** Throws "data". */
export function decodeMetadataRecord(bytes: Uint8Array): MetricMetadata[] {
  const { count, body } = decodePacked(bytes, MIN_BYTES, WHAT);
  const all = Array.from({ length: count }, (): MetricMetadata => {
    const metricFamilyName = body.readString();
    const type = METRIC_TYPES[body.readByte()];
    if (type === undefined) throw new HearthError("data", `${WHAT}: no such type`);
    return { metricFamilyName, type, unit: body.readString(), help: body.readString() };
  });
  expectEnd(body, WHAT);
  return all;
}
