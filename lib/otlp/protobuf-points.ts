/**
 * Data points of OTLP's protobuf. Each reader lists the fields of its message; field 1 of most is reserved.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/metrics/v1/metrics.proto
 */
import { isStaleMarker } from "../model/stale-marker.ts";
import { readPacked } from "../wire/histogram-message.ts";
import { FIXED64 } from "../wire/protobuf-reader.ts";
import { ATTRIBUTE_COST, NUMBER_COST, POINT_COST } from "./budget.ts";
import { SPAN_ID_BYTES, TRACE_ID_BYTES } from "./exemplar-ids.ts";
import type {
  Attribute,
  ExponentialBuckets,
  ExponentialPoint,
  HistogramPoint,
  NumberPoint,
  OtlpExemplar,
  Point,
  SummaryPoint,
} from "./metrics.ts";
import { bytesField, fixed64Field, type OtlpCursor, varintField } from "./protobuf-cursor.ts";

/** A bit of a data point's flags. */
export const NO_RECORDED_VALUE = 1;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const column = new Float64Array(1);

/** `start_time = 2; time = 3; double as_double = 4; exemplars = 5; sfixed64 as_int = 6; attributes = 7; flags = 8` */
export function readNumberPoint(cursor: OtlpCursor): NumberPoint {
  const { reader } = cursor;
  const point = { ...newPoint(cursor), value: undefined as number | undefined };
  cursor.fields(
    8,
    (tag) => {
      if (tag === fixed64Field(2)) point.startTimestamp = cursor.readTime();
      else if (tag === fixed64Field(3)) point.timestamp = cursor.readTime();
      else if (tag === fixed64Field(4)) readValue(cursor, point);
      else if (tag === bytesField(5)) point.exemplars.push(readExemplar(cursor));
      else if (tag === fixed64Field(6)) point.value = reader.readSfixed64();
      else if (tag === bytesField(7)) point.attributes.push(cursor.readAttribute());
      else if (tag === varintField(8)) readFlags(cursor, point);
      else return false;
      return true;
    },
    2,
  );
  return point;
}

/**
 * `start_time = 2; time = 3; fixed64 count = 4; optional double sum = 5; repeated fixed64 bucket_counts = 6;
 * repeated double explicit_bounds = 7; exemplars = 8; attributes = 9; flags = 10; min = 11; max = 12`
 */
export function readHistogramPoint(cursor: OtlpCursor): HistogramPoint {
  const { reader } = cursor;
  const lists = { bucketCounts: [] as number[], explicitBounds: [] as number[] };
  const point = { ...newPoint(cursor), ...lists, count: 0, sum: undefined as number | undefined };
  cursor.fields(
    12,
    (tag) => {
      if (tag === fixed64Field(2)) point.startTimestamp = cursor.readTime();
      else if (tag === fixed64Field(3)) point.timestamp = cursor.readTime();
      else if (tag === fixed64Field(4)) point.count = reader.readFixed64();
      else if (tag === fixed64Field(5)) point.sum = reader.readDouble();
      else if (tag >>> 3 === 6)
        return cursor.readNumbers(tag, point.bucketCounts, () => reader.readFixed64());
      else if (tag >>> 3 === 7)
        return cursor.readNumbers(tag, point.explicitBounds, () => reader.readDouble());
      else if (tag === bytesField(8)) point.exemplars.push(readExemplar(cursor));
      else if (tag === bytesField(9)) point.attributes.push(cursor.readAttribute());
      else if (tag === varintField(10)) readFlags(cursor, point);
      else if (tag === fixed64Field(11) || tag === fixed64Field(12)) reader.readDouble();
      else return false;
      return true;
    },
    2,
  );
  return point;
}

/**
 * `attributes = 1; start_time = 2; time = 3; fixed64 count = 4; optional double sum = 5; sint32 scale = 6;
 * fixed64 zero_count = 7; Buckets positive = 8, negative = 9; flags = 10; exemplars = 11; min = 12; max = 13;
 * double zero_threshold = 14`
 */
export function readExponentialPoint(cursor: OtlpCursor): ExponentialPoint {
  const { reader } = cursor;
  const none: ExponentialBuckets = { offset: 0, counts: [] };
  const sides = { positive: none, negative: none };
  const totals = { count: 0, sum: undefined as number | undefined, scale: 0, zeroCount: 0 };
  const point = { ...newPoint(cursor), ...sides, ...totals };
  cursor.fields(14, (tag) => {
    if (tag === bytesField(1)) point.attributes.push(cursor.readAttribute());
    else if (tag === fixed64Field(2)) point.startTimestamp = cursor.readTime();
    else if (tag === fixed64Field(3)) point.timestamp = cursor.readTime();
    else if (tag === fixed64Field(4)) point.count = reader.readFixed64();
    else if (tag === fixed64Field(5)) point.sum = reader.readDouble();
    else if (tag === varintField(6)) point.scale = reader.readSint64();
    else if (tag === fixed64Field(7)) point.zeroCount = reader.readFixed64();
    else if (tag === bytesField(8)) point.positive = cursor.message(() => readBuckets(cursor));
    else if (tag === bytesField(9)) point.negative = cursor.message(() => readBuckets(cursor));
    else if (tag === varintField(10)) readFlags(cursor, point);
    else if (tag === bytesField(11)) point.exemplars.push(readExemplar(cursor));
    else if (tag >= fixed64Field(12) && tag <= fixed64Field(14) && (tag & 7) === FIXED64) reader.readDouble();
    else return false;
    return true;
  });
  return point;
}

/**
 * `start_time = 2; time = 3; fixed64 count = 4; double sum = 5; repeated ValueAtQuantile quantile_values = 6;
 * attributes = 7; flags = 8`
 */
export function readSummaryPoint(cursor: OtlpCursor): SummaryPoint {
  const { reader } = cursor;
  const quantiles: { quantile: number; value: number }[] = [];
  const point = { ...newPoint(cursor), count: 0, sum: 0, quantiles };
  cursor.fields(
    8,
    (tag) => {
      if (tag === fixed64Field(2)) point.startTimestamp = cursor.readTime();
      else if (tag === fixed64Field(3)) point.timestamp = cursor.readTime();
      else if (tag === fixed64Field(4)) point.count = reader.readFixed64();
      else if (tag === fixed64Field(5)) point.sum = reader.readDouble();
      else if (tag === bytesField(6)) quantiles.push(cursor.message(() => readQuantile(cursor)));
      else if (tag === bytesField(7)) point.attributes.push(cursor.readAttribute());
      else if (tag === varintField(8)) readFlags(cursor, point);
      else return false;
      return true;
    },
    2,
  );
  return point;
}

function newPoint(
  cursor: OtlpCursor,
): Mutable<Point> & { attributes: Attribute[]; exemplars: OtlpExemplar[] } {
  cursor.budget.spend(POINT_COST);
  return { attributes: [], timestamp: 0, startTimestamp: 0, hasNoValue: false, exemplars: [] };
}

/** Treats a staleness marker as value like the flag. */
function readValue({ reader }: OtlpCursor, point: { value: number | undefined; hasNoValue: boolean }): void {
  reader.readDoubleInto(column, 0);
  if (isStaleMarker(column, 0)) point.hasNoValue = true;
  point.value = column[0];
}

/** `sint32 offset = 1; repeated uint64 bucket_counts = 2` */
function readBuckets(cursor: OtlpCursor): ExponentialBuckets {
  const { reader } = cursor;
  const counts: number[] = [];
  let offset = 0;
  const read = () => {
    cursor.budget.spend(NUMBER_COST);
    counts.push(reader.readUint64());
  };
  cursor.fields(2, (tag) => {
    if (tag === varintField(1)) offset = reader.readSint64();
    else if (tag === bytesField(2)) readPacked(reader, read);
    else if (tag === varintField(2)) read();
    else return false;
    return true;
  });
  return { offset, counts };
}

/** `double quantile = 1; double value = 2` */
function readQuantile(cursor: OtlpCursor): { quantile: number; value: number } {
  const { reader } = cursor;
  cursor.budget.spend(ATTRIBUTE_COST);
  const read = { quantile: 0, value: 0 };
  cursor.fields(2, (tag) => {
    if (tag === fixed64Field(1)) read.quantile = reader.readDouble();
    else if (tag === fixed64Field(2)) read.value = reader.readDouble();
    else return false;
    return true;
  });
  return read;
}

/** `time = 2; double as_double = 3; bytes span_id = 4; bytes trace_id = 5; sfixed64 as_int = 6; attributes = 7` */
function readExemplar(cursor: OtlpCursor): OtlpExemplar {
  const { reader } = cursor;
  cursor.budget.spend(POINT_COST);
  const attributes: Attribute[] = [];
  const exemplar = { timestamp: 0, value: 0, traceId: "", spanId: "", attributes };
  cursor.message(() =>
    cursor.fields(
      7,
      (tag) => {
        if (tag === fixed64Field(2)) exemplar.timestamp = cursor.readTime();
        else if (tag === fixed64Field(3)) exemplar.value = reader.readDouble();
        else if (tag === bytesField(4)) exemplar.spanId = cursor.readId(SPAN_ID_BYTES);
        else if (tag === bytesField(5)) exemplar.traceId = cursor.readId(TRACE_ID_BYTES);
        else if (tag === fixed64Field(6)) exemplar.value = reader.readSfixed64();
        else if (tag === bytesField(7)) attributes.push(cursor.readAttribute());
        else return false;
        return true;
      },
      2,
    ),
  );
  return exemplar;
}

function readFlags({ reader }: OtlpCursor, point: { hasNoValue: boolean }): void {
  if ((reader.readUint32() & NO_RECORDED_VALUE) !== 0) point.hasNoValue = true;
}
