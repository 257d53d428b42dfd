/** The small messages of remote write 1.0, decoded one by one: labels, exemplars, metadata. See write-v1.ts. */
import { HearthError } from "../model/errors.ts";
import type { Label } from "../model/labels.ts";
import { METRIC_TYPES, type MetricMetadata } from "../model/metric-metadata.ts";
import type { ExemplarSample } from "../model/sample-batch.ts";
import { quoteInput } from "../model/shorten.ts";
import { MAX_EXEMPLAR_BYTES, MAX_EXEMPLAR_CHARACTERS } from "./exemplar-rules.ts";
import { decodeLossy, decodeUtf8, ProtobufReader } from "./protobuf-reader.ts";

const TAG_LABEL = 0x0a;
const TAG_LABEL_NAME = 0x0a;
const TAG_LABEL_VALUE = 0x12;
const TAG_EXEMPLAR_VALUE = 0x11;
const TAG_EXEMPLAR_TIMESTAMP = 0x18;
const TAG_METADATA_TYPE = 0x08;
const TAG_METADATA_NAME = 0x12;
const TAG_METADATA_HELP = 0x22;
const TAG_METADATA_UNIT = 0x2a;
const LAST_LABEL_FIELD = 2;
const LAST_EXEMPLAR_FIELD = 3;
const LAST_METADATA_FIELD = 5;
/** Bytes of a label's message besides its strings, about. */
const LABEL_OVERHEAD_BYTES = 8;
/** The most bytes of encoded labels of an exemplar, with one label per character. */
const MAX_EXEMPLAR_LABEL_BYTES = MAX_EXEMPLAR_BYTES + 2 * LABEL_OVERHEAD_BYTES * MAX_EXEMPLAR_CHARACTERS;

/** See `SampleBatch`. */
export function decodeLabels(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxLabels = Number.POSITIVE_INFINITY,
  isLossy = false,
): Label[] {
  const labels: Label[] = [];
  const reader = new ProtobufReader(bytes, start, end);
  while (reader.hasMore() && labels.length <= maxLabels) {
    reader.readTag();
    const outerEnd = reader.enter();
    labels.push(decodeLabel(reader, isLossy));
    reader.leave(outerEnd);
  }
  return labels;
}

/**
 * Decodes an exemplar without its series; undefined if its labels are too long, without decoding all of
 * them. U+FFFD replaces bytes that are not UTF-8: they refuse no sample of the series.
 */
export function decodeExemplar(reader: ProtobufReader): Omit<ExemplarSample, "series"> | undefined {
  const labels: Label[] = [];
  let labelBytes = 0;
  let value = 0;
  let timestamp = 0;
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === TAG_LABEL) {
      const outerEnd = reader.enter();
      labelBytes += LABEL_OVERHEAD_BYTES + reader.end - reader.position;
      if (labelBytes <= MAX_EXEMPLAR_LABEL_BYTES) labels.push(decodeLabel(reader, true));
      reader.leave(outerEnd);
    } else if (tag === TAG_EXEMPLAR_VALUE) value = reader.readDouble();
    else if (tag === TAG_EXEMPLAR_TIMESTAMP) timestamp = reader.readInt64();
    else reader.skip(tag, LAST_EXEMPLAR_FIELD);
  }
  return labelBytes <= MAX_EXEMPLAR_LABEL_BYTES ? { labels, value, timestamp } : undefined;
}

export function decodeMetadata(bytes: Uint8Array, start: number, end: number): MetricMetadata {
  const reader = new ProtobufReader(bytes, start, end);
  let type = 0;
  let [metricFamilyName, help, unit] = ["", "", ""];
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === TAG_METADATA_TYPE) type = reader.readUint32();
    else if (tag === TAG_METADATA_NAME) metricFamilyName = readFamilyName(reader);
    else if (tag === TAG_METADATA_HELP) help = reader.readString(decodeLossy);
    else if (tag === TAG_METADATA_UNIT) unit = reader.readString(decodeLossy);
    else reader.skip(tag, LAST_METADATA_FIELD);
  }
  return { metricFamilyName, type: METRIC_TYPES[type] ?? "unknown", help, unit };
}

function readFamilyName(reader: ProtobufReader): string {
  const { position } = reader;
  const name = reader.readString(decodeLossy);
  const { position: end } = reader;
  reader.position = position;
  if (Buffer.from(name).equals(reader.readBytes())) return name;
  reader.position = end;
  throw new HearthError("invalid", `metric ${quoteInput(name)}: its name is not UTF-8`);
}

function decodeLabel(reader: ProtobufReader, isLossy: boolean): Label {
  const decode = isLossy ? decodeLossy : decodeUtf8;
  let name = "";
  let value = "";
  while (reader.hasMore()) {
    const tag = reader.readTag();
    if (tag === TAG_LABEL_NAME) name = reader.readString(decode);
    else if (tag === TAG_LABEL_VALUE) value = reader.readString(decode);
    else reader.skip(tag, LAST_LABEL_FIELD);
  }
  return [name, value];
}
