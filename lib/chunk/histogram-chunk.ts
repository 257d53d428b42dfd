/**
 * Prometheus' histogram chunks, of whole counts (HISTOGRAM) and of floats (FLOAT_HISTOGRAM): native
 * histograms of one series, ascending in time, of one layout.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md (histogram chunk
 * data)
 *
 *     count          2 bytes, big-endian
 *     flags          1 byte, its two highest bits: 00 unknown, 10 begins with a counter reset,
 *                    01 does not, 11 gauges
 *     layout         see histogram-layout.ts; from here on bits, the highest first
 *     histogram 0    time              varbit_int, ms since the epoch
 *                    values            see histogram-values.ts
 *     histogram 1..  change of step    varbit_int, ms; the step before the first histogram is 0
 *                    values
 *     zero bits to the next whole byte
 */

import { bucketIndices, countBuckets, equalSpans } from "../histogram/spans.ts";
import { HearthError } from "../model/errors.ts";
import type { Buckets, CounterResetHint, Histogram, Span } from "../model/histogram.ts";
import type { HistogramColumn, HistogramSamples } from "../model/histogram-samples.ts";
import { MAX_TIMESTAMP_MS, UNBOUNDED_TIME } from "../model/time.ts";
import { BitReader } from "./bit-reader.ts";
import { BitWriter } from "./bit-writer.ts";
import type { Chunk } from "./cut.ts";
import { BlockHistograms, type BlockRange, HistogramBlock } from "./histogram-block.ts";
import { maxLayoutBytes, readLayout, writeLayout } from "./histogram-layout.ts";
import { type HistogramChunkPlan, planHistogramChunks } from "./histogram-plan.ts";
import {
  FloatHistogramReader,
  FloatHistogramWriter,
  type HistogramValues,
  IntegerHistogramReader,
  IntegerHistogramWriter,
} from "./histogram-values.ts";
import { ONE_START, StartReader } from "./start-reader.ts";
import {
  type Lanes,
  MAX_VARBIT_BYTES,
  numberOf,
  readSecondDifference,
  readVarbitInt,
  writeSecondDifference,
  writeVarbitInt,
} from "./varbit.ts";
import { MAX_CHUNK_SAMPLES } from "./xor-chunk.ts";

/** A chunk of histograms of one kind: HISTOGRAM for "integer", FLOAT_HISTOGRAM for "float". */
export interface HistogramChunk extends Chunk {
  readonly kind: Histogram["kind"];
}

export interface HistogramChunkHead {
  readonly count: number;
  /** What is known about the first histogram. */
  readonly counterReset: CounterResetHint;
}

const HEAD_BYTES = 3;
/** The two highest bits of the flags. */
const RESET_FLAGS: Readonly<Record<CounterResetHint, number>> = {
  unknown: 0,
  "not reset": 1,
  reset: 2,
  gauge: 3,
};
const HINTS: readonly CounterResetHint[] = ["unknown", "not reset", "reset", "gauge"];
/**
 * The first histogram takes a bit for each of three counts and 64 for its sum; a later one takes
 * four bits.
 */
const MIN_FIRST_BITS = 67;
const MIN_LATER_BITS = 4;
/** The most bits of time, count, zero count and sum, and of a bucket, for either kind. */
const MAX_FIELDS_BYTES = 40;
const MAX_VARINT_BYTES = 10;
const MAX_BUCKET_BYTES = 10;

// Chunks are coded one at a time and synchronously, so one set of cursors serves them all.
const writer = new BitWriter();
const reader = new BitReader("histogram chunk");
const starts = new StartReader(reader);

/**
 * Yields the chunks of histograms `start..end` in order of time, cut where Prometheus cuts when it
 * encodes a series. Throws "internal" if times do not ascend or are beyond `MAX_TIMESTAMP_MS`. All
 * histograms must have passed `checkHistogram`.
 */
export function* cutHistogramChunks(
  samples: HistogramSamples,
  start = 0,
  end = samples.timestamps.length,
): Generator<HistogramChunk, void, undefined> {
  const { timestamps, histograms } = samples;
  for (const plan of planHistogramChunks(histograms, start, end)) {
    const bytes = encodeHistogramChunk(samples, plan);
    yield { kind: plan.kind, minTime: timestamps[plan.start], maxTime: timestamps[plan.end - 1], bytes };
  }
}

/**
 * Encodes a planned chunk. `startMs`: since when all of its histograms count, in the encoding that says so
 * (`decodeHistogramStChunk`); 0: not known, in the usual one.
 */
export function encodeHistogramChunk(
  { timestamps, histograms }: HistogramSamples,
  { start, end, kind, counterReset, layout }: HistogramChunkPlan,
  startMs = 0,
): Uint8Array<ArrayBuffer> {
  checkTimes(timestamps, start, end);
  const sides = { positive: sideOf(layout.positiveSpans), negative: sideOf(layout.negativeSpans) };
  const buckets = sides.positive.indices.length + sides.negative.indices.length;
  const values = newValueWriter(kind, sides.positive.indices.length, sides.negative.indices.length);
  writer.reset(HEAD_BYTES + maxLayoutBytes(layout));
  if (startMs === 0) {
    writer.writeBits(end - start, 16);
    writer.writeBits(RESET_FLAGS[counterReset] << 6, 8);
  } else {
    writer.writeBits((RESET_FLAGS[counterReset] << 14) | (end - start), 16);
    writer.writeBits(ONE_START, 8);
  }
  writeLayout(writer, layout);
  for (let i = start; i < end; i++) {
    writer.reserve(MAX_FIELDS_BYTES + buckets * MAX_BUCKET_BYTES + MAX_VARBIT_BYTES);
    writeTime(timestamps, start, i);
    values.write(writer, alignedValues(histograms[i], sides));
    if (i > start || startMs === 0) continue;
    writer.reserve(MAX_VARINT_BYTES);
    writer.writeVarint(timestamps[start] - startMs);
  }
  return writer.toBytes();
}

function newValueWriter(kind: Histogram["kind"], positive: number, negative: number) {
  if (kind === "integer") return new IntegerHistogramWriter(positive, negative);
  return new FloatHistogramWriter(positive, negative);
}

function checkTimes(timestamps: Float64Array, start: number, end: number): void {
  const fail = (what: string) => {
    throw new HearthError("internal", `histogram chunk: ${what}`);
  };
  const count = end - start;
  if (!(count > 0 && count <= MAX_CHUNK_SAMPLES && end <= timestamps.length)) {
    fail(`cannot encode histograms ${start}..${end} of ${timestamps.length}`);
  }
  for (let i = start; i < end; i++) {
    const time = timestamps[i];
    if (!(Math.abs(time) <= MAX_TIMESTAMP_MS)) fail(`time beyond 2^51 ms, ${time}`);
    if (i > start && !(time > timestamps[i - 1]))
      fail(`time ${time} does not ascend from ${timestamps[i - 1]}`);
  }
}

function writeTime(timestamps: Float64Array, start: number, index: number): void {
  const time = timestamps[index];
  if (index === start) writeVarbitInt(writer, time);
  else writeSecondDifference(writer, time, timestamps[index - 1], timestamps[Math.max(index - 2, start)]);
}

/** One sign of a layout. */
interface Side {
  readonly spans: readonly Span[];
  readonly indices: Float64Array;
}

function sideOf(spans: readonly Span[]): Side {
  return { spans, indices: bucketIndices(spans) };
}

/** Shared by all sides without buckets: most histograms have one. */
const NO_COUNTS = new Float64Array(0);

function alignedValues(
  { count, zeroCount, sum, isStale, positive, negative }: Histogram,
  sides: { readonly positive: Side; readonly negative: Side },
): HistogramValues {
  if (isStale) return { count: 0, zeroCount: 0, sum, isStale, positive: NO_COUNTS, negative: NO_COUNTS };
  return {
    count,
    zeroCount,
    sum,
    isStale,
    positive: alignedCounts(positive, sides.positive),
    negative: alignedCounts(negative, sides.negative),
  };
}

/** The counts in the order of the layout, which contains all of the histogram's buckets. */
function alignedCounts({ spans, counts }: Buckets, side: Side): Float64Array {
  if (equalSpans(spans, side.spans)) return counts;
  const indices = bucketIndices(spans);
  const aligned = new Float64Array(side.indices.length);
  for (let i = 0, at = 0; i < indices.length; at++) {
    if (side.indices[at] === indices[i]) aligned[at] = counts[i++];
  }
  return aligned;
}

/** The head of a chunk. Throws "data" if the bytes cannot hold so many histograms. */
export function readHistogramChunkHead(bytes: Uint8Array): HistogramChunkHead {
  if (bytes.length < HEAD_BYTES)
    throw new HearthError("data", `histogram chunk: too short for its header, bytes=${bytes.length}`);
  const count = (bytes[0] << 8) | bytes[1];
  const minBits = count === 0 ? 0 : MIN_FIRST_BITS + (count - 1) * MIN_LATER_BITS;
  if ((bytes.length - HEAD_BYTES) * 8 < minBits) {
    throw new HearthError(
      "data",
      `histogram chunk: impossible length, bytes=${bytes.length} histograms=${count}`,
    );
  }
  return { count, counterReset: HINTS[bytes[2] >>> 6] };
}

/** The number of buckets of each of its histograms. Throws "data". */
export function readHistogramChunkBuckets(bytes: Uint8Array): number {
  if (readHistogramChunkHead(bytes).count === 0) return 0;
  reader.reset(bytes);
  reader.skip(8 * HEAD_BYTES);
  const { positiveSpans, negativeSpans } = readLayout(reader);
  reader.checkEnd();
  return countBuckets(positiveSpans) + countBuckets(negativeSpans);
}

/**
 * The chunk with an unknown counter reset in its head: a copy if the head says something else,
 * unless the chunk is of gauges.
 */
export function withoutResetHint<T extends Chunk>(chunk: T): T {
  const { counterReset } = readHistogramChunkHead(chunk.bytes);
  if (counterReset === "unknown" || counterReset === "gauge") return chunk;
  const bytes = chunk.bytes.slice();
  bytes[2] &= 0x3f;
  return { ...chunk, bytes };
}

/**
 * Decodes a whole chunk of one kind and returns its histograms of a range (ms, both ends included;
 * default: all). `bytes` holds nothing else.
 *
 * Histograms share spans and bounds. The first is "unknown" whatever the head says, since the
 * sample before it is unknown here; the others are "not reset", or all are gauges. Throws "data" if
 * the bytes end early or late, are not histograms, or times do not ascend.
 */
export function decodeHistogramChunk(
  bytes: Uint8Array,
  kind: Histogram["kind"],
  range: DecodedRange = UNBOUNDED_TIME,
): HistogramSamples {
  const { timestamps, histograms } = decodeHistogramChunks([{ kind, bytes }], range);
  return { timestamps, histograms };
}

/** Decodes chunks that are in order and do not overlap. Histograms are created on demand. */
export function decodeHistogramChunks(
  chunks: readonly { readonly kind: Histogram["kind"]; readonly bytes: Uint8Array }[],
  range: DecodedRange = UNBOUNDED_TIME,
): HistogramColumn {
  const ranges: BlockRange[] = [];
  for (const { kind, bytes } of chunks) {
    const decoded = decodeBlock(bytes, kind);
    if (decoded !== undefined) ranges.push({ ...decoded, ...placesWithin(decoded.timestamps, range) });
  }
  return new BlockHistograms(ranges);
}

interface DecodedRange {
  readonly minTime: number;
  readonly maxTime: number;
}

/** Half-open. */
function placesWithin(timestamps: Float64Array, { minTime, maxTime }: DecodedRange) {
  let start = 0;
  while (start < timestamps.length && timestamps[start] < minTime) start++;
  let end = timestamps.length;
  while (end > start && timestamps[end - 1] > maxTime) end--;
  return { start, end };
}

/**
 * Decodes a whole chunk of Prometheus' encodings histogram ST and float histogram ST, with since when each histogram counts
 * (ms, 0 is not known). They differ in their head alone, and in what is behind each histogram:
 *
 *     flags, count     2 bytes: the two bits of the flags, then 14 of the count
 *     starts           1 byte, see start-reader.ts
 */
export function decodeHistogramStChunk(
  bytes: Uint8Array,
  kind: Histogram["kind"],
): HistogramSamples & { readonly startTimestamps: Float64Array } {
  if (bytes.length < HEAD_BYTES)
    throw new HearthError("data", `histogram ST chunk: too short for its header, bytes=${bytes.length}`);
  const count = ((bytes[0] & 0x3f) << 8) | bytes[1];
  const timestamps = new Float64Array(count);
  const startTimestamps = new Float64Array(count);
  reader.reset(bytes);
  reader.skip(8 * HEAD_BYTES);
  starts.reset(bytes[2]);
  if (count === 0) return { timestamps, histograms: [], startTimestamps };
  const isGauge = HINTS[bytes[0] >>> 6] === "gauge";
  const block = readBlock(timestamps, kind, isGauge, startTimestamps);
  const histograms = new BlockHistograms([{ block, timestamps, start: 0, end: count }]);
  return { timestamps, histograms: histograms.histograms, startTimestamps };
}

/** Undefined without a histogram. */
function decodeBlock(
  bytes: Uint8Array,
  kind: Histogram["kind"],
): Pick<BlockRange, "block" | "timestamps"> | undefined {
  const { count, counterReset } = readHistogramChunkHead(bytes);
  reader.reset(bytes);
  reader.skip(8 * HEAD_BYTES);
  const timestamps = new Float64Array(count);
  const block = count > 0 ? readBlock(timestamps, kind, counterReset === "gauge") : undefined;
  reader.checkEnd();
  if (reader.unreadBytes() > 1) {
    reader.fail(`${reader.unreadBytes()} bytes after the last histogram, histograms=${count}`);
  }
  return block && { block, timestamps };
}

/** Sets the times; and the starts of a chunk that has them. */
function readBlock(
  timestamps: Float64Array,
  kind: Histogram["kind"],
  isGauge: boolean,
  startTimestamps?: Float64Array,
): HistogramBlock {
  const layout = readLayout(reader);
  const block = new HistogramBlock(kind, layout, isGauge, timestamps.length, reader.unreadBits());
  const values = newValueReader(kind, block.positiveBuckets, block.negativeBuckets);
  const { rows } = block;
  for (let i = 0; i < timestamps.length; i++) {
    timestamps[i] = readTime(timestamps, i);
    const isStale = values.read(reader, rows, block.rowOf(i));
    if (startTimestamps !== undefined) startTimestamps[i] = starts.read(i, timestamps[Math.max(i - 1, 0)]);
    reader.checkEnd();
    if (isStale) block.staleFrom = Math.min(block.staleFrom, i);
    else if (block.isStaleAt(i)) reader.fail("a histogram after a staleness marker");
  }
  return block;
}

function newValueReader(kind: Histogram["kind"], positive: number, negative: number) {
  if (kind === "integer") return new IntegerHistogramReader(positive, negative);
  return new FloatHistogramReader(positive, negative);
}

const lanes: Lanes = { high: 0, low: 0 };

function readTime(timestamps: Float64Array, index: number): number {
  if (index === 0) {
    readVarbitInt(reader, lanes);
    return checkTime(numberOf(lanes), Number.NEGATIVE_INFINITY);
  }
  const before = timestamps[index - 1];
  return checkTime(readSecondDifference(reader, before, timestamps[Math.max(index - 2, 0)]), before);
}

function checkTime(time: number, before: number): number {
  if (!Number.isSafeInteger(time)) reader.fail(`a time is beyond 2^53 ms, came ${time}`);
  if (time <= before) reader.fail(`times do not ascend, ${before} to ${time}`);
  return time;
}
