/**
 * A native histogram in a record of a write-ahead log.
 *
 *     hint 1 byte, schema (zigzag varint), zero threshold (double)
 *     zero count, count   uvarints; of float histograms doubles
 *     sum                 double
 *     positive spans, negative spans       uvarint, then for each: offset (zigzag varint), length (uvarint)
 *     positive buckets, negative buckets   uvarint, then zigzag varints, each less the one before; of float histograms doubles
 *     bounds              of schema -53 alone: uvarint, then doubles
 */
import {
  type Buckets,
  COUNTER_RESET_HINTS,
  CUSTOM_BUCKETS_SCHEMA,
  type Histogram,
  type Span,
} from "../../model/histogram.ts";
import { isStaleMarker } from "../../model/stale-marker.ts";
import type { RecordCursor } from "../record-cursor.ts";

const DOUBLE_BYTES = 8;

export function readIntegerHistogram(cursor: RecordCursor): Histogram {
  return readHistogram(cursor, "integer", () => cursor.readUvarint(), readDeltas);
}

export function readFloatHistogram(cursor: RecordCursor): Histogram {
  return readHistogram(cursor, "float", () => cursor.readDouble(), readDoubles);
}

function readHistogram(
  cursor: RecordCursor,
  kind: Histogram["kind"],
  readCount: () => number,
  readCounts: (cursor: RecordCursor) => Float64Array,
): Histogram {
  const counterResetHint = COUNTER_RESET_HINTS[cursor.readByte()] ?? "unknown";
  const schema = cursor.readVarint();
  const zeroThreshold = cursor.readDouble();
  const zeroCount = readCount();
  const count = readCount();
  const sum = Float64Array.of(cursor.readDouble());
  const positiveSpans = readSpans(cursor);
  const negativeSpans = readSpans(cursor);
  const positive: Buckets = { spans: positiveSpans, counts: readCounts(cursor) };
  const negative: Buckets = { spans: negativeSpans, counts: readCounts(cursor) };
  const customBounds = schema === CUSTOM_BUCKETS_SCHEMA ? readDoubles(cursor) : new Float64Array(0);
  return {
    kind,
    counterResetHint,
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum: sum[0],
    positive,
    negative,
    customBounds,
    isStale: isStaleMarker(sum, 0),
  };
}

function readSpans(cursor: RecordCursor): Span[] {
  return Array.from({ length: cursor.readCount(2) }, () => ({
    offset: cursor.readVarint(),
    length: cursor.readUvarint(),
  }));
}

function readDeltas(cursor: RecordCursor): Float64Array {
  const counts = new Float64Array(cursor.readCount(1));
  let count = 0;
  for (let i = 0; i < counts.length; i++) counts[i] = count += cursor.readVarint();
  return counts;
}

function readDoubles(cursor: RecordCursor): Float64Array {
  const values = new Float64Array(cursor.readCount(DOUBLE_BYTES));
  for (let i = 0; i < values.length; i++) values[i] = cursor.readDouble();
  return values;
}
