/** Encodes a native histogram for remote read: prometheus.Histogram, whose fields histogram-message.ts lists. */
import { type Buckets, COUNTER_RESET_HINTS, type Histogram, type Span } from "../model/histogram.ts";
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../model/stale-marker.ts";
import { FIXED64, VARINT } from "./protobuf-reader.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";

/** Field numbers of the buckets of one sign. */
interface SideFields {
  readonly spans: number;
  readonly deltas: number;
  readonly counts: number;
}
const NEGATIVE: SideFields = { spans: 8, deltas: 9, counts: 10 };
const POSITIVE: SideFields = { spans: 11, deltas: 12, counts: 13 };

/** Columns of length one: doubles are written from columns. */
const one = new Float64Array(1);
const staleSum = new Float64Array(Uint32Array.of(STALE_MARKER_LOW, STALE_MARKER_HIGH).buffer);

/** Writes a histogram and its time in ms as an embedded message. */
export function writeHistogramField(
  writer: ProtobufWriter,
  field: number,
  timestamp: number,
  histogram: Histogram,
): void {
  const mark = writer.begin(field);
  writeCounts(writer, histogram);
  writeSint64Field(writer, 4, histogram.schema);
  writeDouble(writer, 5, histogram.zeroThreshold);
  writeSide(writer, NEGATIVE, histogram.negative, histogram.kind);
  writeSide(writer, POSITIVE, histogram.positive, histogram.kind);
  writer.writeInt64Field(14, COUNTER_RESET_HINTS.indexOf(histogram.counterResetHint));
  writer.writeInt64Field(15, timestamp);
  writePackedDoubles(writer, 16, histogram.customBounds);
  writer.end(mark);
}

/** Writes count, sum and zero count. The counts are members of a oneof, whose presence matters, so zeros are written too. */
function writeCounts(writer: ProtobufWriter, { kind, count, zeroCount, sum, isStale }: Histogram): void {
  const isFloat = kind === "float";
  writeCount(writer, isFloat ? 2 : 1, isFloat, count);
  if (isStale) writer.writeDoubleField(3, staleSum, 0);
  else writeDouble(writer, 3, sum);
  writeCount(writer, isFloat ? 7 : 6, isFloat, zeroCount);
}

function writeCount(writer: ProtobufWriter, field: number, isFloat: boolean, count: number): void {
  if (isFloat) {
    one[0] = count;
    writer.writeTag(field, FIXED64);
    writer.writeDoubleFrom(one, 0);
  } else {
    writer.writeTag(field, VARINT);
    writer.writeInt64(count);
  }
}

function writeDouble(writer: ProtobufWriter, field: number, value: number): void {
  one[0] = value;
  writer.writeDoubleField(field, one, 0);
}

function writeSide(
  writer: ProtobufWriter,
  fields: SideFields,
  { spans, counts }: Buckets,
  kind: Histogram["kind"],
): void {
  for (const span of spans) writeSpan(writer, fields.spans, span);
  if (kind === "float") writePackedDoubles(writer, fields.counts, counts);
  else writePackedDeltas(writer, fields.deltas, counts);
}

function writeSpan(writer: ProtobufWriter, field: number, { offset, length }: Span): void {
  const mark = writer.begin(field);
  writeSint64Field(writer, 1, offset);
  writer.writeInt64Field(2, length);
  writer.end(mark);
}

function writePackedDeltas(writer: ProtobufWriter, field: number, counts: Float64Array): void {
  if (counts.length === 0) return;
  const mark = writer.begin(field);
  let previous = 0;
  for (const count of counts) {
    writeZigzag(writer, count - previous);
    previous = count;
  }
  writer.end(mark);
}

function writePackedDoubles(writer: ProtobufWriter, field: number, values: Float64Array): void {
  if (values.length === 0) return;
  const mark = writer.begin(field);
  for (let i = 0; i < values.length; i++) writer.writeDoubleFrom(values, i);
  writer.end(mark);
}

function writeSint64Field(writer: ProtobufWriter, field: number, value: number): void {
  if (value === 0) return;
  writer.writeTag(field, VARINT);
  writeZigzag(writer, value);
}

/** Writes a zigzag number within 2^53 of zero. Twice the number less 1 may exceed 2^53, so the lowest bit is written separately. */
function writeZigzag(writer: ProtobufWriter, value: number): void {
  const rest = value < 0 ? -value - 1 : value;
  const low = ((rest % 64) << 1) | (value < 0 ? 1 : 0);
  const high = Math.floor(rest / 64);
  if (high === 0) writer.writeUint(low);
  else {
    writer.writeRaw(Uint8Array.of(low | 0x80));
    writer.writeUint(high);
  }
}
