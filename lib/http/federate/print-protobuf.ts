/**
 * Delimited messages of `io.prometheus.client.MetricFamily`.
 * https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
 */
import type { Buckets, Histogram } from "../../model/histogram.ts";
import { FIXED64, VARINT } from "../../wire/protobuf-reader.ts";
import { ProtobufWriter } from "../../wire/protobuf-writer.ts";
import { classicBuckets, type Family, type FamilyType, hasCustomBuckets, type Newest } from "./family.ts";

const TYPES: Readonly<Record<FamilyType, number>> = { untyped: 3, histogram: 4, "gauge histogram": 5 };

/** Field numbers of the buckets of one sign. */
const NEGATIVE = { spans: 9, counts: 11 };
const POSITIVE = { spans: 12, counts: 14 };

const one = new Float64Array(1);

export function* printProtobuf(families: Iterable<Family>): Generator<Uint8Array<ArrayBuffer>> {
  for (const family of families) {
    const message = new ProtobufWriter();
    message.writeStringField(1, family.name);
    message.writeInt64Field(3, TYPES[family.type]);
    for (const metric of family.metrics) writeMetric(message, metric);
    const bytes = message.copy();
    const delimited = new ProtobufWriter(bytes.length + 10);
    delimited.writeUint(bytes.length);
    delimited.writeRaw(bytes);
    yield delimited.copy();
  }
}

function writeMetric(writer: ProtobufWriter, { labels, value, histogram, timestampMs }: Newest): void {
  const metric = writer.begin(4);
  for (const [name, text] of labels) {
    const label = writer.begin(1);
    writer.writeStringField(1, name);
    writer.writeStringField(2, text);
    writer.end(label);
  }
  if (histogram === undefined) {
    const untyped = writer.begin(5);
    writeDouble(writer, 1, value);
    writer.end(untyped);
  } else writeHistogram(writer, histogram);
  writer.writeTag(6, VARINT);
  writer.writeInt64(timestampMs);
  writer.end(metric);
}

function writeHistogram(writer: ProtobufWriter, histogram: Histogram): void {
  const mark = writer.begin(7);
  writeNumber(writer, 2, histogram.sum);
  if (hasCustomBuckets(histogram)) {
    for (const [bound, count] of classicBuckets(histogram)) {
      const bucket = writer.begin(3);
      writeNumber(writer, 2, bound);
      writeNumber(writer, 4, count);
      writer.end(bucket);
    }
    writeNumber(writer, 4, histogram.count);
  } else {
    writeNumber(writer, 4, histogram.count);
    writeSint32(writer, 5, histogram.schema);
    writeNumber(writer, 6, histogram.zeroThreshold);
    writeNumber(writer, 8, histogram.zeroCount);
    writeSide(writer, NEGATIVE, histogram.negative);
    writeSide(writer, POSITIVE, histogram.positive);
  }
  writer.end(mark);
}

function writeSide(writer: ProtobufWriter, fields: typeof NEGATIVE, { spans, counts }: Buckets): void {
  for (const { offset, length } of spans) {
    const span = writer.begin(fields.spans);
    writeSint32(writer, 1, offset);
    writer.writeTag(2, VARINT);
    writer.writeUint(length);
    writer.end(span);
  }
  for (const count of counts) writeNumber(writer, fields.counts, count);
}

function writeSint32(writer: ProtobufWriter, field: number, value: number): void {
  writer.writeTag(field, VARINT);
  writer.writeUint(value < 0 ? -2 * value - 1 : 2 * value);
}

function writeNumber(writer: ProtobufWriter, field: number, value: number): void {
  one[0] = value;
  writeDouble(writer, field, one);
}

/** Of a column: a number would lose the payload of a NaN. Zeros are written. */
function writeDouble(writer: ProtobufWriter, field: number, column: Float64Array): void {
  writer.writeTag(field, FIXED64);
  writer.writeDoubleFrom(column, 0);
}
