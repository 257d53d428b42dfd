/**
 * A block of a run: the samples of many series, sorted by hash, each one's by time. Runs are what the log is merged to
 * first, ten minutes of it at a time; on the recorded samples a block of 8 KB takes 1.03 bytes a sample, 20 bytes of hash
 * for 40 samples included.
 *
 *     version    1 byte: 1, floats alone; 2, with native histograms; 3 and 4, the same with starts
 *     series     varint
 *     samples    varint, of floats
 *     histograms varint, and of how many bytes, varint; of versions 2 and 4 alone
 *     columns    deflated:
 *       hashes     20 bytes each
 *       counts     of samples, varints; versions 2 and 4 alone: also of histograms
 *       times      for each series: the first less the last series' first; the first step less the last series' first
 *                  step; each further step less the one before it
 *       values     of all series, chained (column-writer.ts)
 *       histograms versions 2 and 4 alone: times as above, and the histograms one after another (histogram-bytes.ts)
 *       starts     versions 3 and 4 alone: of the floats, then of the histograms (start-runs.ts)
 */

import type { SampleColumns } from "../../chunk/sample-columns.ts";
import { HearthError } from "../../model/errors.ts";
import { type Histogram, withoutPast } from "../../model/histogram.ts";
import { lowerBound } from "../../model/lower-bound.ts";
import { UNBOUNDED_TIME } from "../../model/time.ts";
import { ByteReader, ByteWriter } from "../codec/bytes.ts";
import { ColumnReader, inflateColumns } from "../codec/column-reader.ts";
import { ColumnWriter, MAX_DELTA_BYTES, MAX_VALUE_BYTES } from "../codec/column-writer.ts";
import { readHistogram, writeHistogram } from "../codec/histogram-bytes.ts";
import { hasStarts, MAX_START_BYTES, readStartRuns, startsOf, writeStarts } from "../codec/start-runs.ts";
import { HASH_BYTES } from "../layout/keys.ts";
import { readErased } from "./erased-item.ts";

/** Series and samples of one block at most: one that does not deflate at all still is an item under 400 KB. */
export const MAX_BLOCK_SAMPLES = 16_384;
export const MAX_BLOCK_SERIES = 4096;

/** Histograms of one block at most, and what a block with any takes before deflating, all told. */
export const MAX_BLOCK_HISTOGRAMS = 4096;
export const MAX_MIXED_BLOCK_BYTES = 360 * 1024;

const FLOATS_VERSION = 1;
const MIXED_VERSION = 2;
/** What is added to either where there are starts. */
const STARTED = 2;
/** What a series takes of a block at most: its hash, and two counts. */
export const MAX_SERIES_BYTES = HASH_BYTES + 2 * MAX_DELTA_BYTES;
export const MAX_SAMPLE_BYTES = MAX_DELTA_BYTES + MAX_VALUE_BYTES;
/** What a histogram takes beside its own bytes. */
export const HISTOGRAM_TIME_BYTES = MAX_DELTA_BYTES;

/** Series by hash, ascending; the samples of series i are `bounds[i]..bounds[i + 1]` of the columns, ascending by time. */
export interface RunBlock extends BlockColumns {
  readonly hashes: readonly Uint8Array[];
  readonly values: Float64Array;
  /** Absent where no series has any. */
  readonly histograms?: BlockHistograms | undefined;
}

interface BlockColumns {
  readonly bounds: Int32Array;
  readonly timestamps: Float64Array;
  /** Since when each counts, in ms, 0 where that is not known; absent where it is known of none. */
  readonly startTimestamps?: Float64Array | undefined;
}

export interface BlockHistograms extends BlockColumns {
  readonly histograms: readonly Histogram[];
}

/** Of a block out of which everything was deleted. */
const NO_SERIES: RunBlock = {
  hashes: [],
  bounds: Int32Array.of(0),
  timestamps: new Float64Array(0),
  values: new Float64Array(0),
};

/** Encodes a block that is within the limits. */
export function encodeRunBlock(block: RunBlock): Uint8Array {
  const { hashes, bounds, timestamps, values, histograms } = block;
  const encoded = histograms && encodeHistograms(histograms.histograms);
  const isStarted = hasStarts(block.startTimestamps) || hasStarts(histograms?.startTimestamps);
  const starts = isStarted ? encodeStarts(block, histograms) : undefined;
  const version = histograms === undefined ? FLOATS_VERSION : MIXED_VERSION;
  const header = new ByteWriter()
    .writeByte(starts === undefined ? version : version + STARTED)
    .writeVarint(hashes.length)
    .writeVarint(timestamps.length);
  if (histograms && encoded) header.writeVarint(histograms.timestamps.length).writeVarint(encoded.length);
  const writer = new ColumnWriter(
    maxBytes(hashes.length, timestamps.length, histograms?.timestamps.length, encoded?.length) +
      (starts?.length ?? 0),
  );
  for (const hash of hashes) writer.writeBytes(hash);
  writer.writeDeltas(bounds, 1, bounds.length, 0);
  if (histograms) writer.writeDeltas(histograms.bounds, 1, bounds.length, 0);
  writeTimes(writer, bounds, timestamps);
  writer.writeChainedValues(values);
  if (histograms && encoded) {
    writeTimes(writer, histograms.bounds, histograms.timestamps);
    writer.writeBytes(encoded);
  }
  if (starts !== undefined) writer.writeBytes(starts);
  return writer.deflateBehind(header.finish());
}

function encodeHistograms(histograms: readonly Histogram[]): Uint8Array {
  const writer = new ByteWriter();
  for (const histogram of histograms) writeHistogram(writer, withoutPast(histogram));
  return writer.finish();
}

function encodeStarts(floats: BlockColumns, histograms: BlockColumns | undefined): Uint8Array {
  const writer = new ByteWriter();
  for (const { startTimestamps, timestamps } of histograms === undefined ? [floats] : [floats, histograms])
    writeStarts(writer, startTimestamps, timestamps);
  return writer.finish();
}

function maxBytes(series: number, samples: number, histograms = 0, histogramBytes = 0): number {
  return (
    series * MAX_SERIES_BYTES +
    samples * MAX_SAMPLE_BYTES +
    histograms * HISTOGRAM_TIME_BYTES +
    histogramBytes
  );
}

function writeTimes(writer: ColumnWriter, bounds: Int32Array, timestamps: Float64Array): void {
  let seriesTime = 0;
  let seriesStep = 0;
  for (let series = 0; series + 1 < bounds.length; series++) {
    const start = bounds[series];
    const end = bounds[series + 1];
    if (start === end) continue;
    writer.writeSigned(timestamps[start] - seriesTime);
    seriesTime = timestamps[start];
    let step = seriesStep;
    for (let i = start + 1; i < end; i++) {
      const next = timestamps[i] - timestamps[i - 1];
      writer.writeSigned(next - step);
      step = next;
      if (i === start + 1) seriesStep = next;
    }
  }
}

/** How many samples a block says it has or had, histograms included, whatever its columns; undefined where that cannot be read. */
export function readRunBlockHeader(bytes: Uint8Array): number | undefined {
  try {
    const { erased, left } = readErased(bytes);
    if (erased > 0 && left.length === 0) return erased;
    const reader = new ByteReader(left, "run block");
    const version = reader.readByte();
    if (version < FLOATS_VERSION || version > MIXED_VERSION + STARTED) return undefined;
    reader.readVarint();
    const floats = reader.readVarint();
    const isMixed = version === MIXED_VERSION || version === MIXED_VERSION + STARTED;
    return erased + (isMixed ? floats + reader.readVarint() : floats);
  } catch {
    return undefined;
  }
}

/** Throws "data" for bytes that `encodeRunBlock` cannot have made. */
export function decodeRunBlock(bytes: Uint8Array): RunBlock {
  const { erased, left } = readErased(bytes);
  if (erased > 0 && left.length === 0) return NO_SERIES;
  const reader = new ByteReader(left, "run block");
  const version = reader.readByte();
  if (version < FLOATS_VERSION || version > MIXED_VERSION + STARTED)
    throw damaged(`version ${version}, expected 1 to 4`);
  const isStarted = version > STARTED;
  const isMixed = (isStarted ? version - STARTED : version) === MIXED_VERSION;
  const seriesCount = reader.readVarint();
  const sampleCount = reader.readVarint();
  const histogramCount = isMixed ? reader.readVarint() : 0;
  const histogramBytes = isMixed ? reader.readVarint() : 0;
  if (seriesCount > MAX_BLOCK_SERIES || sampleCount > MAX_BLOCK_SAMPLES)
    throw damaged(
      `${seriesCount} series and ${sampleCount} samples, expected up to ${MAX_BLOCK_SERIES} and ${MAX_BLOCK_SAMPLES}`,
    );
  if (histogramCount > MAX_BLOCK_HISTOGRAMS || histogramBytes > MAX_MIXED_BLOCK_BYTES)
    throw damaged(
      `${histogramCount} histograms of ${histogramBytes} bytes, expected up to ${MAX_BLOCK_HISTOGRAMS} of ${MAX_MIXED_BLOCK_BYTES}`,
    );
  const startBytes = isStarted ? (sampleCount + histogramCount) * MAX_START_BYTES : 0;
  const most = maxBytes(seriesCount, sampleCount, histogramCount, histogramBytes) + startBytes;
  const deflated = reader.readBytes(reader.remaining);
  const columns = new ColumnReader(inflateColumns(deflated, most, "run block"), "run block");
  const hashes = Array.from({ length: seriesCount }, () => columns.readBytes(HASH_BYTES));
  const bounds = readBounds(columns, seriesCount, sampleCount);
  const histogramBounds = isMixed ? readBounds(columns, seriesCount, histogramCount) : undefined;
  checkSeries(bounds, histogramBounds);
  const timestamps = readTimes(columns, bounds, sampleCount);
  const values = columns.readChainedValues(sampleCount);
  const floats = { hashes, bounds, timestamps, values };
  const histograms =
    histogramBounds && readHistograms(columns, histogramBounds, histogramCount, histogramBytes);
  if (isStarted) return withStarts(columns.readRest(), floats, histograms);
  columns.expectEnd();
  return histograms === undefined ? floats : { ...floats, histograms };
}

function withStarts(bytes: Uint8Array, floats: RunBlock, histograms: BlockHistograms | undefined): RunBlock {
  const reader = new ByteReader(bytes, "run block");
  const startTimestamps = readStarts(reader, floats.timestamps);
  const started = histograms && {
    ...histograms,
    startTimestamps: readStarts(reader, histograms.timestamps),
  };
  reader.expectEnd();
  return { ...floats, startTimestamps, histograms: started };
}

function readStarts(reader: ByteReader, timestamps: Float64Array): Float64Array {
  return startsOf(readStartRuns(reader, timestamps.length, timestamps[0]), timestamps);
}

function damaged(what: string): HearthError {
  return new HearthError("data", `run block: ${what}`);
}

function readBounds(columns: ColumnReader, seriesCount: number, sampleCount: number): Int32Array {
  const bounds = new Int32Array(seriesCount + 1);
  columns.readDeltas(bounds.subarray(1), 0);
  for (let i = 0; i < seriesCount; i++)
    if (bounds[i + 1] < bounds[i]) throw damaged(`series ${i} has less than none`);
  if (bounds[seriesCount] === sampleCount) return bounds;
  throw damaged(`counts add up to ${bounds[seriesCount]}, expected ${sampleCount}`);
}

function checkSeries(bounds: Int32Array, histogramBounds: Int32Array | undefined): void {
  for (let i = 0; i + 1 < bounds.length; i++) {
    const histograms = histogramBounds === undefined ? 0 : histogramBounds[i + 1] - histogramBounds[i];
    if (bounds[i + 1] - bounds[i] + histograms === 0) throw damaged(`series ${i} has no samples`);
  }
}

function readTimes(columns: ColumnReader, bounds: Int32Array, sampleCount: number): Float64Array {
  const timestamps = new Float64Array(sampleCount);
  let seriesTime = 0;
  let seriesStep = 0;
  for (let series = 0; series + 1 < bounds.length; series++) {
    const start = bounds[series];
    if (start === bounds[series + 1]) continue;
    seriesTime += columns.readSigned();
    timestamps[start] = seriesTime;
    seriesStep = columns.readSteps(timestamps, start, bounds[series + 1], seriesStep);
  }
  return timestamps;
}

function readHistograms(
  columns: ColumnReader,
  bounds: Int32Array,
  count: number,
  sizeBytes: number,
): BlockHistograms {
  const timestamps = readTimes(columns, bounds, count);
  const reader = new ByteReader(columns.readBytes(sizeBytes), "run block");
  // A deletion, or another part, may have changed which sample is before it. Earlier versions stored the hint.
  const histograms = Array.from({ length: count }, () => withoutPast(readHistogram(reader)));
  reader.expectEnd();
  return { bounds, timestamps, histograms };
}

/** Appends what a block has of one of its series, of a range (ms, both included) if one is given. */
export function appendBlockSeries(
  { bounds, timestamps, values, startTimestamps, histograms }: RunBlock,
  series: number,
  columns: SampleColumns,
  { minTime, maxTime } = UNBOUNDED_TIME,
): void {
  const from = lowerBound(timestamps, minTime, bounds[series], bounds[series + 1]);
  const to = lowerBound(timestamps, maxTime + 1, from, bounds[series + 1]);
  columns.appendRange({ timestamps, values, startTimestamps }, from, to);
  if (histograms === undefined) return;
  const { bounds: ends, timestamps: times, startTimestamps: starts } = histograms;
  const first = lowerBound(times, minTime, ends[series], ends[series + 1]);
  for (let i = first; i < ends[series + 1] && times[i] <= maxTime; i++) {
    columns.appendHistogram(times[i], histograms.histograms[i]);
    if (starts !== undefined) columns.setStart(starts[i]);
  }
}
