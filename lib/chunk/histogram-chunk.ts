/**
 * Prometheus' histogram chunks, of whole counts (HISTOGRAM) and of floats (FLOAT_HISTOGRAM): native histograms of one series,
 * ascending in time, of one layout.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md (histogram chunk data)
 *
 *     count          2 bytes, big-endian
 *     flags          1 byte, its two highest bits: 00 nothing known, 10 begins with a counter reset, 01 does not, 11 gauges
 *     layout         see histogram-layout.ts; from here on bits, the highest first
 *     histogram 0    time              varbit_int, ms since the epoch
 *                    values            see histogram-values.ts
 *     histogram 1..  change of step    varbit_int, ms; the step before the first histogram is 0
 *                    values
 *     zero bits to the next whole byte
 */
import { HearthError } from "../model/errors.ts";
import type { Buckets, CounterResetHint, Histogram, Span } from "../model/histogram.ts";
import { reduceToSupported } from "../model/histogram-resolution.ts";
import type { HistogramSamples } from "../model/histogram-samples.ts";
import {
  bucketIndices,
  countBuckets,
  equalSpans,
  NO_BUCKETS,
  staleHistogram,
} from "../model/histogram-spans.ts";
import { newFloatColumn } from "../model/short-columns.ts";
import { MAX_TIMESTAMP_MS } from "../model/time.ts";
import { BitReader } from "./bit-reader.ts";
import { BitWriter } from "./bit-writer.ts";
import type { Chunk } from "./cut.ts";
import { type HistogramLayout, maxLayoutBytes, readLayout, writeLayout } from "./histogram-layout.ts";
import { type HistogramChunkPlan, planHistogramChunks } from "./histogram-plan.ts";
import {
  FloatHistogramReader,
  FloatHistogramWriter,
  type HistogramValues,
  IntegerHistogramReader,
  IntegerHistogramWriter,
} from "./histogram-values.ts";
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

/** A chunk of histograms of one kind: HISTOGRAM when "integer", FLOAT_HISTOGRAM when "float". */
export interface HistogramChunk extends Chunk {
  readonly kind: Histogram["kind"];
}

export interface HistogramChunkHead {
  readonly count: number;
  /** What is known of the first histogram. */
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
/** A first histogram takes a bit for each of three counts and 64 for its sum; a later one four bits. */
const MIN_FIRST_BITS = 67;
const MIN_LATER_BITS = 4;
/** Time, count, zero count and sum; a bucket. Of either kind. */
const MAX_FIELDS_BYTES = 40;
const MAX_BUCKET_BYTES = 10;

// Chunks are coded one at a time and synchronously, so one set of cursors serves them all.
const writer = new BitWriter();
const reader = new BitReader("histogram chunk");

/**
 * Yields the chunks of histograms `start..end` in order of time, cut where Prometheus cuts when it encodes a series. Throws
 * "internal" when times do not ascend or are beyond `MAX_TIMESTAMP_MS`. `checkHistogram` has found nothing wrong with any.
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

/** Encodes the chunk of a plan. */
export function encodeHistogramChunk(
  { timestamps, histograms }: HistogramSamples,
  { start, end, kind, counterReset, layout }: HistogramChunkPlan,
): Uint8Array<ArrayBuffer> {
  checkTimes(timestamps, start, end);
  const sides = { positive: sideOf(layout.positiveSpans), negative: sideOf(layout.negativeSpans) };
  const buckets = sides.positive.indices.length + sides.negative.indices.length;
  const values = newValueWriter(kind, sides.positive.indices.length, sides.negative.indices.length);
  writer.reset(HEAD_BYTES + maxLayoutBytes(layout));
  writer.writeBits(end - start, 16);
  writer.writeBits(RESET_FLAGS[counterReset] << 6, 8);
  writeLayout(writer, layout);
  for (let i = start; i < end; i++) {
    writer.reserve(MAX_FIELDS_BYTES + buckets * MAX_BUCKET_BYTES + MAX_VARBIT_BYTES);
    writeTime(timestamps, start, i);
    values.write(writer, alignedValues(histograms[i], sides));
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

/** What every side without buckets shares: most histograms have one. */
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

/** The counts in the order of the layout, which has all of the histogram's buckets. */
function alignedCounts({ spans, counts }: Buckets, side: Side): Float64Array {
  if (equalSpans(spans, side.spans)) return counts;
  const indices = bucketIndices(spans);
  const aligned = new Float64Array(side.indices.length);
  for (let i = 0, at = 0; i < indices.length; at++) {
    if (side.indices[at] === indices[i]) aligned[at] = counts[i++];
  }
  return aligned;
}

/** What a chunk says of itself; throws "data" when its bytes cannot hold so many histograms. */
export function readHistogramChunkHead(bytes: Uint8Array): HistogramChunkHead {
  if (bytes.length < HEAD_BYTES)
    throw new HearthError("data", `histogram chunk: no head, bytes=${bytes.length}`);
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

/** How many buckets each of its histograms has; throws "data". */
export function readHistogramChunkBuckets(bytes: Uint8Array): number {
  if (readHistogramChunkHead(bytes).count === 0) return 0;
  reader.reset(bytes);
  reader.skip(8 * HEAD_BYTES);
  const { positiveSpans, negativeSpans } = readLayout(reader);
  reader.checkEnd();
  return countBuckets(positiveSpans) + countBuckets(negativeSpans);
}

/** The chunk as one of which nobody knows what came before it; a copy where it says anything else, unless it is of gauges. */
export function withoutResetHint<T extends Chunk>(chunk: T): T {
  const { counterReset } = readHistogramChunkHead(chunk.bytes);
  if (counterReset === "unknown" || counterReset === "gauge") return chunk;
  const bytes = chunk.bytes.slice();
  bytes[2] &= 0x3f;
  return { ...chunk, bytes };
}

/**
 * Decodes a whole chunk of one kind, the bytes being nothing else, and answers its histograms of a range (ms, both ends included;
 * all when absent). Histograms share spans and bounds. The chunk's first is "unknown" whatever the head says, since nobody knows
 * here what came before it; the others are "not reset", or all are gauges. Throws "data" when the bytes end early or late, are no
 * histograms, or times do not ascend.
 */
export function decodeHistogramChunk(
  bytes: Uint8Array,
  kind: Histogram["kind"],
  range: DecodedRange = ALL_TIMES,
): HistogramSamples {
  const { count, counterReset } = readHistogramChunkHead(bytes);
  reader.reset(bytes);
  reader.skip(8 * HEAD_BYTES);
  const timestamps = new Float64Array(count);
  const histograms = count > 0 ? readHistograms(timestamps, kind, counterReset === "gauge", range) : [];
  reader.checkEnd();
  if (reader.unreadBytes() > 1) {
    reader.fail(`${reader.unreadBytes()} bytes behind the last histogram, histograms=${count}`);
  }
  if (histograms.length === count) return { timestamps, histograms };
  const start = timestamps.findIndex((time) => time >= range.minTime);
  return { timestamps: timestamps.slice(start, start + histograms.length), histograms };
}

interface DecodedRange {
  readonly minTime: number;
  readonly maxTime: number;
}

const ALL_TIMES: DecodedRange = { minTime: Number.NEGATIVE_INFINITY, maxTime: Number.POSITIVE_INFINITY };

/** Sets all times, answers the histograms of the range. */
function readHistograms(
  timestamps: Float64Array,
  kind: Histogram["kind"],
  isGauge: boolean,
  { minTime, maxTime }: DecodedRange,
): Histogram[] {
  const layout = readLayout(reader);
  const positiveBuckets = countBuckets(layout.positiveSpans);
  const negativeBuckets = countBuckets(layout.negativeSpans);
  const values = newValueReader(kind, positiveBuckets, negativeBuckets);
  const histograms: Histogram[] = [];
  const read = {
    count: 0,
    zeroCount: 0,
    sum: 0,
    isStale: false,
    positive: countColumn(positiveBuckets),
    negative: countColumn(negativeBuckets),
  };
  let latestIsStale = false;
  for (let i = 0; i < timestamps.length; i++) {
    const time = readTime(timestamps, i);
    timestamps[i] = time;
    values.read(reader, read);
    reader.checkEnd();
    if (latestIsStale && !read.isStale) reader.fail("a histogram behind a staleness marker");
    latestIsStale = read.isStale;
    if (time < minTime || time > maxTime) continue;
    const hint = isGauge ? "gauge" : i === 0 ? "unknown" : "not reset";
    histograms.push(histogramOf(kind, hint, layout, read));
    if (read.isStale) continue;
    // They are the histogram's now.
    read.positive = countColumn(positiveBuckets);
    read.negative = countColumn(negativeBuckets);
  }
  return histograms;
}

function newValueReader(kind: Histogram["kind"], positive: number, negative: number) {
  if (kind === "integer") return new IntegerHistogramReader(positive, negative);
  return new FloatHistogramReader(positive, negative);
}

function countColumn(buckets: number): Float64Array<ArrayBuffer> {
  return buckets === 0 ? NO_COUNTS : newFloatColumn(buckets);
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

function histogramOf(
  kind: Histogram["kind"],
  counterResetHint: CounterResetHint,
  { schema, zeroThreshold, positiveSpans, negativeSpans, customBounds }: HistogramLayout,
  { count, zeroCount, sum, isStale, positive, negative }: HistogramValues,
): Histogram {
  if (isStale) return staleHistogram(kind, counterResetHint);
  return reduceToSupported({
    kind,
    counterResetHint,
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum,
    positive: bucketsOf(positiveSpans, positive),
    negative: bucketsOf(negativeSpans, negative),
    customBounds,
    isStale,
  });
}

function bucketsOf(spans: readonly Span[], counts: Float64Array): Buckets {
  return spans.length === 0 ? NO_BUCKETS : { spans, counts };
}
