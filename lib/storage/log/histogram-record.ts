/**
 * A histogram record: the native histograms of one request (and one day and shard), in the order of arrival. It lies in the log
 * among the records of floats, under a key of the same kind, and is told from them by its first byte.
 *
 *     version      1 byte: 2; 4, with starts
 *     count        varint
 *     minTime      zigzag varint, ms
 *     span         varint, maxTime - minTime
 *     size         varint, bytes of the body
 *     body         deflated: references (deltas), times (deltas, the first less minTime), histograms (histogram-bytes.ts);
 *                  version 4 alone: starts (start-runs.ts)
 */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { HearthError } from "../../model/errors.ts";
import type { Histogram } from "../../model/histogram.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { readHistogram } from "../codec/histogram-bytes.ts";
import { hasStarts, MAX_START_BYTES, readStartRuns, startsOf, writeStarts } from "../codec/start-runs.ts";

const VERSION = 2;
const STARTED_VERSION = 4;
/** Histograms of one record at most: a reader has their objects in memory, some KB each. */
const MAX_RECORD_HISTOGRAMS = 4096;
/** Bytes of a body: one that does not deflate at all still is an item under 400 KB. */
const MAX_BODY_BYTES = 360 * 1024;
/** A reference and a time as varints of differences. */
const MAX_PLACE_BYTES = 5 + 8;

/** Encoded histograms by writer-local references. */
export interface EncodedHistograms {
  readonly references: Int32Array;
  readonly timestamps: Float64Array;
  /** Each as `writeHistogram` writes it. */
  readonly encoded: readonly Uint8Array[];
  /** Since when each counts, in ms, 0 where that is not known; absent where it is known of none. */
  readonly startTimestamps?: Float64Array | undefined;
}

export interface HistogramRecord {
  readonly references: Int32Array;
  readonly timestamps: Float64Array;
  readonly histograms: readonly Histogram[];
  readonly startTimestamps?: Float64Array | undefined;
}

/** Whether a record of the log is one of histograms. */
export function isHistogramRecord(record: Uint8Array): boolean {
  return record[0] === VERSION || record[0] === STARTED_VERSION;
}

/** Yields as many records as it takes, in order. */
export function* encodeHistogramRecords(columns: EncodedHistograms): Generator<Uint8Array, void, void> {
  const { encoded, startTimestamps } = columns;
  const placeBytes = hasStarts(startTimestamps) ? MAX_PLACE_BYTES + MAX_START_BYTES : MAX_PLACE_BYTES;
  let start = 0;
  let sizeBytes = 0;
  for (let i = 0; i < encoded.length; i++) {
    const size = encoded[i].length + placeBytes;
    if (i > start && (sizeBytes + size > MAX_BODY_BYTES || i - start === MAX_RECORD_HISTOGRAMS)) {
      yield encodeRecord(columns, start, i);
      [start, sizeBytes] = [i, 0];
    }
    sizeBytes += size;
  }
  if (start < encoded.length) yield encodeRecord(columns, start, encoded.length);
}

function encodeRecord(
  { references, timestamps, encoded, startTimestamps }: EncodedHistograms,
  start: number,
  end: number,
): Uint8Array {
  const times = timestamps.subarray(start, end);
  const minTime = times.reduce((min, time) => Math.min(min, time));
  const maxTime = times.reduce((max, time) => Math.max(max, time));
  const body = new ByteWriter();
  writeDeltas(body, references.subarray(start, end), 0);
  writeDeltas(body, times, minTime);
  for (let i = start; i < end; i++) body.writeBytes(encoded[i]);
  const starts = startTimestamps?.subarray(start, end);
  const isStarted = hasStarts(starts);
  if (isStarted) writeStarts(body, starts, times);
  const bytes = body.finish();
  return new ByteWriter()
    .writeByte(isStarted ? STARTED_VERSION : VERSION)
    .writeVarint(end - start)
    .writeSigned(minTime)
    .writeVarint(maxTime - minTime)
    .writeVarint(bytes.length)
    .writeBytes(deflateRawSync(bytes))
    .finish();
}

function writeDeltas(writer: ByteWriter, column: Int32Array | Float64Array, base: number): void {
  let previous = base;
  for (const value of column) {
    writer.writeSigned(value - previous);
    previous = value;
  }
}

export interface HistogramRecordHeader {
  readonly count: number;
  readonly isStarted: boolean;
  readonly minTime: number;
  readonly maxTime: number;
  /** Of the body, inflated. */
  readonly sizeBytes: number;
}

/** Enough to pass a record over. Throws "data". */
export function decodeHistogramRecordHeader(record: Uint8Array): HistogramRecordHeader {
  return readHeader(new ByteReader(record, "histogram record"));
}

function readHeader(reader: ByteReader): HistogramRecordHeader {
  const version = reader.readByte();
  if (version !== VERSION && version !== STARTED_VERSION)
    throw damaged(`version ${version}, expected ${VERSION} or ${STARTED_VERSION}`);
  const count = reader.readVarint();
  const minTime = reader.readSigned();
  const maxTime = minTime + reader.readVarint();
  const sizeBytes = reader.readVarint();
  if (count >= 1 && count <= MAX_RECORD_HISTOGRAMS && sizeBytes <= MAX_BODY_BYTES)
    return { count, isStarted: version === STARTED_VERSION, minTime, maxTime, sizeBytes };
  throw damaged(
    `${count} histograms in ${sizeBytes} bytes, expected 1 to ${MAX_RECORD_HISTOGRAMS} in up to ${MAX_BODY_BYTES}`,
  );
}

/** Throws "data" for bytes that `encodeHistogramRecords` cannot have made. */
export function decodeHistogramRecord(record: Uint8Array): HistogramRecord {
  const reader = new ByteReader(record, "histogram record");
  const { count, isStarted, minTime, sizeBytes } = readHeader(reader);
  const body = new ByteReader(inflate(reader.readBytes(reader.remaining), sizeBytes), "histogram record");
  const references = new Int32Array(count);
  const timestamps = new Float64Array(count);
  readDeltas(body, references, 0);
  readDeltas(body, timestamps, minTime);
  const histograms = Array.from({ length: count }, () => readHistogram(body));
  const startTimestamps = isStarted
    ? startsOf(readStartRuns(body, count, timestamps[0]), timestamps)
    : undefined;
  body.expectEnd();
  return { references, timestamps, histograms, startTimestamps };
}

function readDeltas(reader: ByteReader, column: Int32Array | Float64Array, base: number): void {
  let previous = base;
  for (let i = 0; i < column.length; i++) {
    previous += reader.readSigned();
    column[i] = previous;
  }
}

function inflate(deflated: Uint8Array, sizeBytes: number): Uint8Array {
  let body: Uint8Array;
  try {
    body = inflateRawSync(deflated, { maxOutputLength: Math.max(sizeBytes, 1) });
  } catch (cause) {
    throw new HearthError("data", `histogram record: does not inflate: ${String(cause)}`, { cause });
  }
  if (body.length === sizeBytes) return body;
  throw damaged(`${body.length} bytes, expected ${sizeBytes}`);
}

function damaged(what: string): HearthError {
  return new HearthError("data", `histogram record: ${what}`);
}
