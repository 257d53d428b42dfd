/**
 * A native histogram as log records and run blocks hold it: by itself, so that records can be merged without their neighbours;
 * deflate finds what neighbours share. Chunks have Prometheus' own encoding instead.
 *
 *     flags           1 byte: bit 0 float counts, bits 1-2 counter reset hint, bit 3 stale, bit 4 wide; a stale one ends here
 *     schema          zigzag varint
 *     zero threshold  8 bytes
 *     sum             8 bytes
 *     count           count and zero count
 *     positive, then negative buckets:
 *       spans         count varint, then of each its offset (zigzag varint) and length (varint)
 *       counts        each less the one before it, zigzag varint; wide: 8 bytes
 *     custom bounds   with custom buckets alone: count varint, then 8 bytes each
 *
 * Counts are wide when they are floats, or too large for a varint of their differences; 8 bytes are a double, big-endian.
 */

import { staleHistogram } from "../../histogram/spans.ts";
import { HearthError } from "../../model/errors.ts";
import {
  type Buckets,
  COUNTER_RESET_HINTS,
  CUSTOM_BUCKETS_SCHEMA,
  type Histogram,
  type Span,
} from "../../model/histogram.ts";
import { type ByteReader, ByteWriter } from "./bytes.ts";

const IS_FLOAT = 1;
const IS_STALE = 8;
const IS_WIDE = 16;
/** Of two counts, neither larger, the difference is a zigzag varint below 2^52. */
const MAX_NARROW_COUNT = 2 ** 51;
/** Bytes of one histogram at most: 8,000 buckets of floats. A day of them, one every 15 s, fits the compactor's memory. */
export const MAX_HISTOGRAM_BYTES = 64 * 1024;
/** Written to for the length's sake alone. */
const sizing = new ByteWriter();

/** A histogram by itself. */
export function encodeHistogram(histogram: Histogram): Uint8Array {
  const writer = new ByteWriter();
  writeHistogram(writer, histogram);
  return writer.finish();
}

/** Bytes that `writeHistogram` writes. */
export function histogramSize(histogram: Histogram): number {
  sizing.clear();
  writeHistogram(sizing, histogram);
  return sizing.length;
}

/** Appends a histogram whose whole counts are below 2^53. */
export function writeHistogram(writer: ByteWriter, histogram: Histogram): void {
  const { kind, counterResetHint, schema, isStale } = histogram;
  const hint = COUNTER_RESET_HINTS.indexOf(counterResetHint) << 1;
  const isWide = kind === "float" || hasLargeCounts(histogram);
  const flags = (kind === "float" ? IS_FLOAT : 0) | (isStale ? IS_STALE : 0) | (isWide ? IS_WIDE : 0);
  writer.writeByte(flags | hint);
  if (isStale) return;
  writer.writeSigned(schema).writeDouble(histogram.zeroThreshold).writeDouble(histogram.sum);
  writeCount(writer, isWide, histogram.count);
  writeCount(writer, isWide, histogram.zeroCount);
  writeBuckets(writer, isWide, histogram.positive);
  writeBuckets(writer, isWide, histogram.negative);
  if (schema !== CUSTOM_BUCKETS_SCHEMA) return;
  writer.writeVarint(histogram.customBounds.length);
  for (const bound of histogram.customBounds) writer.writeDouble(bound);
}

function hasLargeCounts({ count, zeroCount, positive, negative }: Histogram): boolean {
  const isLarge = (one: number) => one > MAX_NARROW_COUNT;
  return (
    isLarge(count) || isLarge(zeroCount) || positive.counts.some(isLarge) || negative.counts.some(isLarge)
  );
}

function writeCount(writer: ByteWriter, isWide: boolean, count: number): void {
  if (isWide) writer.writeDouble(count);
  else writer.writeVarint(count);
}

function writeBuckets(writer: ByteWriter, isWide: boolean, { spans, counts }: Buckets): void {
  writer.writeVarint(spans.length);
  for (const { offset, length } of spans) writer.writeSigned(offset).writeVarint(length);
  let previous = 0;
  for (const count of counts) {
    if (isWide) writer.writeDouble(count);
    else writer.writeSigned(count - previous);
    previous = count;
  }
}

/** Reads what `writeHistogram` wrote; throws "data" for bytes that it cannot have written. */
export function readHistogram(reader: ByteReader): Histogram {
  const flags = reader.readByte();
  const kind = flags & IS_FLOAT ? "float" : "integer";
  const counterResetHint = COUNTER_RESET_HINTS[(flags >> 1) & 3];
  const isWide = (flags & IS_WIDE) !== 0;
  if (flags & IS_STALE) return staleHistogram(kind, counterResetHint);
  const schema = reader.readSigned();
  const zeroThreshold = reader.readDouble();
  const sum = reader.readDouble();
  const count = readCount(reader, isWide);
  const zeroCount = readCount(reader, isWide);
  const positive = readBuckets(reader, isWide);
  const negative = readBuckets(reader, isWide);
  const customBounds = schema === CUSTOM_BUCKETS_SCHEMA ? readBounds(reader) : new Float64Array(0);
  const counts = { zeroThreshold, zeroCount, count, sum };
  return { kind, counterResetHint, schema, ...counts, positive, negative, customBounds, isStale: false };
}

function readCount(reader: ByteReader, isWide: boolean): number {
  return isWide ? reader.readDouble() : reader.readVarint();
}

function readBuckets(reader: ByteReader, isWide: boolean): Buckets {
  const spanCount = reader.readVarint();
  expectBytes(reader, spanCount * 2);
  const spans = Array.from({ length: spanCount }, (): Span => {
    const offset = reader.readSigned();
    return { offset, length: reader.readVarint() };
  });
  const bucketCount = spans.reduce((total, { length }) => total + length, 0);
  expectBytes(reader, bucketCount * (isWide ? 8 : 1));
  const counts = new Float64Array(bucketCount);
  let previous = 0;
  for (let i = 0; i < bucketCount; i++) {
    previous = isWide ? reader.readDouble() : previous + reader.readSigned();
    counts[i] = previous;
  }
  return { spans, counts };
}

function readBounds(reader: ByteReader): Float64Array {
  const count = reader.readVarint();
  expectBytes(reader, count * 8);
  return Float64Array.from({ length: count }, () => reader.readDouble());
}

/** Before anything is made as large as the bytes say. */
function expectBytes(reader: ByteReader, least: number): void {
  if (least <= reader.remaining) return;
  throw new HearthError("data", `histogram: ${least} more bytes expected, ${reader.remaining} left`);
}
