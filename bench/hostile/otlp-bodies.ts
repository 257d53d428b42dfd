/** OTLP bodies in protobuf that are small when compressed and make a decoder work hard. */
import { ProtobufWriter } from "../../lib/wire/protobuf-writer.ts";
import { long, repeat } from "./write-bodies.ts";

const FIXED64 = 1;
const NANOSECONDS = 1_000_000n;

export interface OtlpTexts {
  /** Attributes of the resource beside `service.name`. */
  readonly resource?: readonly (readonly [key: string, value: string])[];
  readonly scope?: Readonly<Partial<Record<"name" | "version" | "key" | "value", string>>>;
  readonly metric?: Readonly<Partial<Record<"name" | "description" | "unit", string>>>;
}

/**
 * `type`: the field number of its data. 5 gauge, 7 sum, 9 histogram, 10 exponential histogram, 11
 * summary.
 */
export function otlpRequest(
  { resource = [], scope = {}, metric = {} }: OtlpTexts,
  type: number,
  writePoints: (writer: ProtobufWriter) => void,
): Uint8Array {
  const writer = new ProtobufWriter();
  const resourceMetrics = writer.begin(1);
  const attributes = writer.begin(1);
  for (const [key, value] of [["service.name", "s"] as const, ...resource])
    writeAttribute(writer, 1, key, value);
  writer.end(attributes);
  const scopeMetrics = writer.begin(2);
  const scopeMark = writer.begin(1);
  writer.writeStringField(1, scope.name ?? "scope");
  writer.writeStringField(2, scope.version ?? "");
  writeAttribute(writer, 3, scope.key ?? "k", scope.value ?? "v");
  writer.end(scopeMark);
  const metricMark = writer.begin(2);
  writer.writeStringField(1, metric.name ?? "m");
  writer.writeStringField(2, metric.description ?? "");
  writer.writeStringField(3, metric.unit ?? "");
  const data = writer.begin(type);
  writePoints(writer);
  writer.writeInt64Field(2, 2);
  writer.end(data);
  writer.end(metricMark);
  writer.end(scopeMetrics);
  writer.end(resourceMetrics);
  return writer.copy();
}

export function writeAttribute(writer: ProtobufWriter, field: number, key: string, value: string): void {
  const attribute = writer.begin(field);
  writer.writeStringField(1, key);
  const any = writer.begin(2);
  writer.writeStringField(1, value);
  writer.end(any);
  writer.end(attribute);
}

export function writeTime(writer: ProtobufWriter, field: number, timestampMs: number): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(timestampMs) * NANOSECONDS, true);
  writer.writeTag(field, FIXED64);
  writer.writeRaw(bytes);
}

/** `count` data points of a number, with a time and nothing else. */
export function writePoints(writer: ProtobufWriter, count: number, timestampMs: number): void {
  repeat(writer, 1, count, (point) => {
    writeTime(point, 3, timestampMs);
    point.writeDoubleField(4, Float64Array.of(1), 0);
  });
}

function writeNumbers(writer: ProtobufWriter, field: number, numbers: Float64Array): void {
  writer.writeBytesField(field, new Uint8Array(numbers.buffer));
}

/** One histogram with many bounds and exemplars, all exemplars in the last bucket but one. */
export function exemplarsTimesBounds(exemplars: number, bounds: number, timestampMs: number): Uint8Array {
  return otlpRequest({}, 9, (writer) => {
    const point = writer.begin(1);
    writeTime(writer, 3, timestampMs);
    writeNumbers(writer, 6, new Float64Array(bounds + 1));
    writeNumbers(
      writer,
      7,
      Float64Array.from({ length: bounds }, (_, i) => i),
    );
    repeat(writer, 8, exemplars, (exemplar) => {
      writeTime(exemplar, 2, timestampMs);
      exemplar.writeDoubleField(3, Float64Array.of(bounds - 1), 0);
    });
    writer.end(point);
  });
}

/**
 * A resource with a long attribute, and two data points hours apart: `target_info` gets samples in
 * between.
 */
export function longResourceAttribute(length: number, hours: number, timestampMs: number): Uint8Array {
  return otlpRequest({ resource: [["long", long(length)]] }, 5, (writer) => {
    writePoints(writer, 1, timestampMs - hours * 3_600_000);
    writePoints(writer, 1, timestampMs);
  });
}

/** Many data points under one long text: of the scope, the metric or the resource. */
export function pointsUnder(texts: OtlpTexts, points: number, timestampMs: number): Uint8Array {
  return otlpRequest(texts, 5, (writer) => writePoints(writer, points, timestampMs));
}

/** Many attributes of a resource, which all become labels of many data points. */
export function resourceAttributesTimesPoints(
  attributes: number,
  points: number,
  timestampMs: number,
): Uint8Array {
  const resource = Array.from({ length: attributes }, (_, i) => [`a${i}`, "v"] as const);
  return pointsUnder({ resource }, points, timestampMs);
}

/** A data point with long texts: attributes, or ids of an exemplar. */
export function pointWith(
  texts: {
    readonly key?: string;
    readonly value?: string;
    readonly id?: Uint8Array;
    readonly idField?: 4 | 5;
  },
  timestampMs: number,
): Uint8Array {
  return otlpRequest({}, 7, (writer) => {
    const point = writer.begin(1);
    writeTime(writer, 3, timestampMs);
    writer.writeDoubleField(4, Float64Array.of(1), 0);
    writeAttribute(writer, 7, texts.key ?? "k", texts.value ?? "v");
    const exemplar = writer.begin(5);
    writeTime(writer, 2, timestampMs);
    writeAttribute(writer, 7, texts.key ?? "k", texts.value ?? "v");
    if (texts.id !== undefined) writer.writeBytesField(texts.idField ?? 5, texts.id);
    writer.end(exemplar);
    writer.end(point);
  });
}
