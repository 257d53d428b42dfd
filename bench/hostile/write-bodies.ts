/** Uncompressed remote write bodies that are small and make a decoder work hard. */
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";

/** A text of some length that compresses to nothing. */
export function long(length: number): string {
  return "x".repeat(length);
}

/** Appends the same embedded message `count` times. */
export function repeat(
  writer: ProtobufWriter,
  field: number,
  count: number,
  write: (writer: ProtobufWriter) => void,
): void {
  const one = new ProtobufWriter(64);
  const mark = one.begin(field);
  write(one);
  one.end(mark);
  const bytes = one.copy();
  for (let i = 0; i < count; i++) writer.writeRaw(bytes);
}

function writeLabel(writer: ProtobufWriter, name: string, value: string): void {
  const label = writer.begin(1);
  writer.writeStringField(1, name);
  writer.writeStringField(2, value);
  writer.end(label);
}

/** Remote write 1.0: one series with a name, and whatever `write` adds. */
export function seriesV1(write: (writer: ProtobufWriter) => void, name = "m"): Uint8Array {
  const writer = new ProtobufWriter();
  const series = writer.begin(1);
  writeLabel(writer, "__name__", name);
  write(writer);
  writer.end(series);
  return writer.copy();
}

export function writeSampleV1(writer: ProtobufWriter, timestampMs: number): void {
  const sample = writer.begin(2);
  writer.writeDoubleField(1, Float64Array.of(1), 0);
  writer.writeInt64Field(2, timestampMs);
  writer.end(sample);
}

/** The shortest exemplars, all of one series with a long label. */
export function exemplarsOfLongSeriesV1(
  labelBytes: number,
  exemplars: number,
  timestampMs: number,
): Uint8Array {
  return seriesV1((writer) => {
    writeLabel(writer, "long", long(labelBytes));
    repeat(writer, 3, exemplars, (one) => one.writeInt64Field(3, timestampMs));
  });
}

/** One exemplar with as many empty labels as fit. */
export function exemplarOfEmptyLabelsV1(labels: number): Uint8Array {
  return seriesV1((writer) => {
    const exemplar = writer.begin(3);
    repeat(writer, 1, labels, () => {});
    writer.end(exemplar);
  });
}

/** A staleness marker whose spans claim missing buckets, in a schema that must be reduced. */
export function staleHistogramOfManyBucketsV1(buckets: number, timestampMs: number): Uint8Array {
  return seriesV1((writer) => {
    const histogram = writer.begin(4);
    writer.writeTag(3, 1);
    writer.writeRaw(Uint8Array.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f));
    // Zigzag: schema 20.
    writer.writeInt64Field(4, 40);
    const span = writer.begin(11);
    writer.writeInt64Field(2, buckets);
    writer.end(span);
    writer.writeInt64Field(15, timestampMs);
    writer.end(histogram);
  });
}

export interface V2Parts {
  /** After the empty one; numbered from 1. */
  readonly symbols: readonly string[];
  /** Labels of series beside `__name__`, which uses the symbols 1 and 2. */
  readonly write: (writer: ProtobufWriter) => void;
  readonly series?: number;
}

/** Remote write 2.0: series of the same labels. */
export function requestV2({ symbols, write, series = 1 }: V2Parts): Uint8Array {
  const writer = new ProtobufWriter();
  for (const symbol of ["", ...symbols]) {
    const mark = writer.begin(4);
    writer.writeRaw(Buffer.from(symbol));
    writer.end(mark);
  }
  repeat(writer, 5, series, (one) => {
    one.writeBytesField(1, Uint8Array.of(1, 2));
    write(one);
  });
  return writer.copy();
}

/** Exemplars that all refer to one long symbol. */
export function exemplarsOfLongSymbolV2(symbolBytes: number, exemplars: number): Uint8Array {
  return requestV2({
    symbols: ["__name__", "m", long(symbolBytes)],
    write: (writer) => repeat(writer, 4, exemplars, (one) => one.writeBytesField(1, Uint8Array.of(2, 3))),
  });
}

/** Exemplars with the most references that are kept. */
export function exemplarsOfManyRefsV2(exemplars: number, refs: number): Uint8Array {
  return requestV2({
    symbols: ["__name__", "m", long(4)],
    write: (writer) =>
      repeat(writer, 4, exemplars, (one) => one.writeBytesField(1, new Uint8Array(refs).fill(3))),
  });
}

/** Series whose metadata all refers to one long help text or unit. */
export function metadataOfLongSymbolV2(symbolBytes: number, series: number, field: 3 | 4 = 3): Uint8Array {
  return requestV2({
    symbols: ["__name__", "m", long(symbolBytes)],
    series,
    write: (writer) => {
      const metadata = writer.begin(5);
      writer.writeInt64Field(field, 3);
      writer.end(metadata);
    },
  });
}

/** Series whose labels all refer to one long symbol: gigabytes if written out. */
export function labelsOfLongSymbolV2(symbolBytes: number, series: number): Uint8Array {
  return requestV2({
    symbols: ["__name__", "m", "l", long(symbolBytes)],
    series,
    write: (writer) => writer.writeBytesField(1, Uint8Array.of(3, 4)),
  });
}
