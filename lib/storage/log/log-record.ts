/**
 * A log record: the samples of one request (and one day and shard) as columns, in the order of arrival.
 *
 *     version      1 byte: 3; 5, with starts (2 and 4 are histogram records)
 *     count        varint
 *     minTime      zigzag varint, ms
 *     span         varint, maxTime - minTime
 *     columns      compressed (column-writer.ts): references (runs of deltas), times (runs of deltas, the first less minTime), values
 *                  (in runs); version 5 alone: starts (start-runs.ts)
 *
 * On the recorded requests (2,000 samples each, 15 s apart) it takes 1.3 bytes a sample; plain doubles deflate to 1.81,
 * varints of whole numbers beside doubles to 1.61.
 *
 * Version 1, which is still read, has its columns deflated: references (deltas), times (deltas), values (each by itself).
 */
import { HearthError } from "../../model/errors.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { ColumnReader, decompressColumns, inflateColumns } from "../codec/column-reader.ts";
import { ColumnWriter, MAX_DELTA_BYTES, MAX_RUN_BYTES, MAX_VALUE_BYTES } from "../codec/column-writer.ts";
import { hasStarts, MAX_START_BYTES, readStartRuns, startsOf, writeStarts } from "../codec/start-runs.ts";

/** Samples of one record at most: one that does not compress at all still is an item under 400 KB. */
export const MAX_RECORD_SAMPLES = 16_000;
/** The same of samples that have starts. */
export const MAX_STARTED_RECORD_SAMPLES = 11_264;
/** What version 1 has at most. */
const MAX_SINGLE_SAMPLES = 16_384;

const VERSION = 3;
const STARTED_VERSION = 5;
const SINGLE_VERSION = 1;
/** A reference takes 5 bytes, not 8. */
const MAX_SAMPLE_BYTES = 5 + MAX_DELTA_BYTES + MAX_VALUE_BYTES + 3 * MAX_RUN_BYTES;

/** Samples by writer-local references, in columns of at least `count` entries. */
export interface LogColumns {
  readonly count: number;
  readonly references: Int32Array;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** Since when each counts, in ms, 0 where that is not known; absent where it is known of none. */
  readonly startTimestamps?: Float64Array | undefined;
}

export interface LogRecordHeader {
  readonly count: number;
  readonly hasStarts: boolean;
  readonly minTime: number;
  readonly maxTime: number;
}

/**
 * Encodes samples `start..end` of the columns: `end - start` is 1 to `MAX_RECORD_SAMPLES`, or `MAX_STARTED_RECORD_SAMPLES` where
 * there are starts.
 */
export function encodeLogRecord(columns: LogColumns, start: number, end: number): Uint8Array {
  const count = end - start;
  const [minTime, maxTime] = timeRange(columns.timestamps, start, end);
  const starts = encodeStarts(columns, start, end);
  const header = new ByteWriter()
    .writeByte(starts === undefined ? VERSION : STARTED_VERSION)
    .writeVarint(count)
    .writeSigned(minTime)
    .writeVarint(maxTime - minTime);
  const writer = new ColumnWriter(maxBytes(count, starts !== undefined));
  writer.writeDeltaRuns(columns.references, start, end, 0);
  writer.writeDeltaRuns(columns.timestamps, start, end, minTime);
  writer.writeValueRuns(columns.values, start, end);
  if (starts !== undefined) writer.writeBytes(starts);
  return writer.compressBehind(header.finish());
}

function maxBytes(count: number, hasStarts: boolean): number {
  return count * (hasStarts ? MAX_SAMPLE_BYTES + MAX_START_BYTES : MAX_SAMPLE_BYTES);
}

/** Undefined where no sample has one. */
function encodeStarts(columns: LogColumns, start: number, end: number): Uint8Array | undefined {
  const starts = columns.startTimestamps?.subarray(start, end);
  if (!hasStarts(starts)) return undefined;
  const writer = new ByteWriter();
  writeStarts(writer, starts, columns.timestamps.subarray(start, end));
  return writer.finish();
}

function timeRange(timestamps: Float64Array, start: number, end: number): [number, number] {
  let min = timestamps[start];
  let max = min;
  for (let i = start + 1; i < end; i++) {
    const time = timestamps[i];
    if (time < min) min = time;
    else if (time > max) max = time;
  }
  return [min, max];
}

/** What a record says before its columns: enough to pass it over. Throws "data". */
export function decodeLogRecordHeader(record: Uint8Array): LogRecordHeader {
  const { count, hasStarts, minTime, maxTime } = readHeader(new ByteReader(record, "log record"));
  return { count, hasStarts, minTime, maxTime };
}

interface VersionedHeader extends LogRecordHeader {
  readonly isSingle: boolean;
}

function readHeader(reader: ByteReader): VersionedHeader {
  const version = reader.readByte();
  const isSingle = version === SINGLE_VERSION;
  const hasStarts = version === STARTED_VERSION;
  if (version !== VERSION && !hasStarts && !isSingle)
    throw new HearthError("data", `log record: version ${version}, expected 1, 3 or 5`);
  const count = reader.readVarint();
  const minTime = reader.readSigned();
  const maxTime = minTime + reader.readVarint();
  const most = isSingle ? MAX_SINGLE_SAMPLES : MAX_RECORD_SAMPLES;
  if (count >= 1 && count <= most) return { isSingle, count, hasStarts, minTime, maxTime };
  throw new HearthError("data", `log record: count ${count}, expected 1 to ${most}`);
}

/** Decodes a whole record into new columns. Throws "data" for bytes that `encodeLogRecord` cannot have made. */
export function decodeLogRecord(record: Uint8Array): LogColumns {
  const reader = new ByteReader(record, "log record");
  const { isSingle, count, hasStarts, minTime } = readHeader(reader);
  const expand = isSingle ? inflateColumns : decompressColumns;
  const bytes = expand(reader.readBytes(reader.remaining), maxBytes(count, hasStarts), "log record");
  const columns = new ColumnReader(bytes, "log record");
  const read = (isSingle ? readSingles : readRuns)(columns, count, minTime);
  if (hasStarts) return { ...read, startTimestamps: readStarts(columns, read.timestamps) };
  columns.expectEnd();
  return read;
}

function readStarts(columns: ColumnReader, timestamps: Float64Array): Float64Array {
  const reader = new ByteReader(columns.readRest(), "log record");
  const starts = startsOf(readStartRuns(reader, timestamps.length, timestamps[0]), timestamps);
  reader.expectEnd();
  return starts;
}

function readRuns(columns: ColumnReader, count: number, minTime: number): LogColumns {
  const references = new Int32Array(count);
  const timestamps = new Float64Array(count);
  columns.readDeltaRuns(references, 0);
  columns.readDeltaRuns(timestamps, minTime);
  return { count, references, timestamps, values: columns.readValueRuns(count) };
}

function readSingles(columns: ColumnReader, count: number, minTime: number): LogColumns {
  const references = new Int32Array(count);
  const timestamps = new Float64Array(count);
  columns.readDeltas(references, 0);
  columns.readDeltas(timestamps, minTime);
  return { count, references, timestamps, values: columns.readSingleValues(count) };
}
