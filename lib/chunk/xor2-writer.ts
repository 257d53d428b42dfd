/**
 * Writes Prometheus' XOR2 chunk (xor2-chunk.ts describes the bytes), with one start for all samples or none. Of samples at a steady pace whose value
 * stays, each takes one bit; XOR takes two.
 */
import { HearthError } from "../model/errors.ts";
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../model/stale-marker.ts";
import { MAX_TIMESTAMP_MS } from "../model/time.ts";
import { BitWriter } from "./bit-writer.ts";
import { valueWords } from "./sample-columns.ts";
import { ONE_START } from "./start-reader.ts";
import { MAX_CHUNK_SAMPLES } from "./xor-chunk.ts";
import { trailingZeros, writeWindow } from "./xor-value.ts";

/** Count, header of starts, three varints of at most 10 bytes, a whole value. */
const MAX_HEAD_BYTES = 41;
/** A step's change takes at most 5 + 64 bits and a value 3 + 5 + 6 + 64. */
const MAX_SAMPLE_BYTES = 19;
/** What opening a window takes beside its bits: two lengths, and behind a changed step a longer prefix. */
const WINDOW_BITS = 11;
const WINDOW_BITS_AFTER_STEP = 12;
/** The width of the field for leading zeros allows no more. */
const MAX_LEADING = 31;
/** The least and most of the narrow fields of a step's change. */
const [MIN_13, MAX_13] = [-(2 ** 12), 2 ** 12 - 1];
const [MIN_20, MAX_20] = [-(2 ** 19), 2 ** 19 - 1];

// Chunks are coded one at a time and synchronously, so one cursor serves them all.
const writer = new BitWriter();
/** The value that the next one differs from: the latest but for staleness markers. */
let high = 0;
let low = 0;
/** The latest window. No window fits the first change, which opens one. */
let leading = 64;
let trailing = 64;

/**
 * Encodes samples `start..end`, at least one. Throws "internal" for more than `MAX_CHUNK_SAMPLES`, or if times do not ascend
 * or are beyond `MAX_TIMESTAMP_MS`. `startMs`: since when all of them count; 0: not known.
 */
export function encodeXor2Chunk(
  timestamps: Float64Array,
  values: Float64Array,
  start: number,
  end: number,
  startMs = 0,
): Uint8Array<ArrayBuffer> {
  checkRange(timestamps, start, end);
  const words = valueWords(values);
  writer.reset(MAX_HEAD_BYTES + MAX_SAMPLE_BYTES * (end - start));
  writer.writeBits(end - start, 16);
  writer.writeBits(startMs === 0 ? 0 : ONE_START, 8);
  writer.writeVarint(timestamps[start]);
  writeFirst(words[2 * start + 1], words[2 * start]);
  if (startMs !== 0) writer.writeVarint(timestamps[start] - startMs);
  let step = 0;
  for (let i = start + 1; i < end; i++) {
    const nextStep = timestamps[i] - timestamps[i - 1];
    if (!(nextStep > 0)) throw notAscending(timestamps, i);
    if (i === start + 1) {
      writer.writeUvarint(nextStep);
      writeValue(words[2 * i + 1], words[2 * i]);
    } else writeSample(nextStep - step, words[2 * i + 1], words[2 * i]);
    step = nextStep;
  }
  return writer.toBytes();
}

function checkRange(timestamps: Float64Array, start: number, end: number): void {
  const count = end - start;
  const isRange = count >= 1 && count <= MAX_CHUNK_SAMPLES && end <= timestamps.length;
  if (isRange && timestamps[start] >= -MAX_TIMESTAMP_MS && timestamps[end - 1] <= MAX_TIMESTAMP_MS) return;
  throw new HearthError(
    "internal",
    `xor2 chunk: cannot encode samples ${start}..${end} of ${timestamps.length}, times ${timestamps[start]}..${timestamps[end - 1]}`,
  );
}

function notAscending(timestamps: Float64Array, i: number): HearthError {
  const times = `time ${timestamps[i]} does not ascend from ${timestamps[i - 1]}`;
  return new HearthError("internal", `xor2 chunk: ${times}`);
}

function writeFirst(firstHigh: number, firstLow: number): void {
  writer.writeBits(firstHigh, 32);
  writer.writeBits(firstLow, 32);
  const isFirstStale = isStale(firstHigh, firstLow);
  high = isFirstStale ? 0 : firstHigh;
  low = isFirstStale ? 0 : firstLow;
  leading = 64;
  trailing = 64;
}

function isStale(nextHigh: number, nextLow: number): boolean {
  return nextLow === STALE_MARKER_LOW && nextHigh === STALE_MARKER_HIGH;
}

/** Any sample but the first two. */
function writeSample(change: number, nextHigh: number, nextLow: number): void {
  if (change !== 0) {
    writeStepChange(change);
    writeValue(nextHigh, nextLow);
  } else if (nextHigh === high && nextLow === low) writer.writeBits(0, 1);
  else if (isStale(nextHigh, nextLow)) writer.writeBits(0b11111, 5);
  else {
    writer.writeBits(0b10, 2);
    writeChange(nextHigh, nextLow, 0b0, 0b1, 1, WINDOW_BITS);
  }
}

function writeStepChange(change: number): void {
  if (change >= MIN_13 && change <= MAX_13) writer.writeBits((0b110 << 13) | (change & 0x1fff), 16);
  else if (change >= MIN_20 && change <= MAX_20) writer.writeBits((0b1110 << 20) | (change & 0xf_ffff), 24);
  else {
    writer.writeBits(0b11110, 5);
    writer.writeBits(Math.floor(change / 2 ** 32) >>> 0, 32);
    writer.writeBits(change >>> 0, 32);
  }
}

/** A value behind a step. */
function writeValue(nextHigh: number, nextLow: number): void {
  if (nextHigh === high && nextLow === low) writer.writeBits(0, 1);
  else if (isStale(nextHigh, nextLow)) writer.writeBits(0b111, 3);
  else writeChange(nextHigh, nextLow, 0b10, 0b110, 2, WINDOW_BITS_AFTER_STEP);
}

/** A value that differs, in the latest window where that takes no more bits than a new one. */
function writeChange(
  nextHigh: number,
  nextLow: number,
  reusePrefix: number,
  openPrefix: number,
  reuseBits: number,
  windowBits: number,
): void {
  const xorHigh = nextHigh ^ high;
  const xorLow = nextLow ^ low;
  high = nextHigh;
  low = nextLow;
  const nextLeading = Math.min(xorHigh !== 0 ? Math.clz32(xorHigh) : 32 + Math.clz32(xorLow), MAX_LEADING);
  const nextTrailing = xorLow !== 0 ? trailingZeros(xorLow) : 32 + trailingZeros(xorHigh);
  const fits = nextLeading >= leading && nextTrailing >= trailing;
  if (fits && nextLeading + nextTrailing <= leading + trailing + windowBits)
    writer.writeBits(reusePrefix, reuseBits);
  else {
    leading = nextLeading;
    trailing = nextTrailing;
    const significant = (64 - leading - trailing) & 63;
    const prefixBits = reuseBits + windowBits - WINDOW_BITS;
    writer.writeBits((openPrefix << 11) | (leading << 6) | significant, prefixBits + 11);
  }
  writeWindow(writer, xorHigh, xorLow, 64 - leading - trailing, trailing);
}
