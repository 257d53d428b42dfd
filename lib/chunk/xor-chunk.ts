/**
 * Prometheus' XOR chunk: float samples of one series, ascending in time, each as its difference
 * from the one before.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md (XOR chunk data)
 *
 *     count                        2 bytes, big-endian
 *     sample 0    time             varint (zigzag), ms since the epoch
 *                 value            8 bytes, big-endian
 *     sample 1    time step        uvarint, ms
 *                 value            see xor-value.ts; from here on bits, the highest first
 *     sample 2..  change of step   0                     the step is the same
 *                                  10   <14 bits>        -8191..8192
 *                                  110  <17 bits>        -65535..65536
 *                                  1110 <20 bits>        -524287..524288
 *                                  1111 <64 bits>        any
 *                 value
 *     zero bits to the next whole byte
 *
 * The three narrow fields are two's complement except for the topmost value: 8192 takes the bits of
 * -8192, and so on. Prometheus before 3.0 appends one zero byte more when its last write was of
 * whole bytes to a whole byte (prometheus/prometheus#14854): read here, not written.
 */
import { HearthError } from "../model/errors.ts";
import type { Samples } from "../model/samples.ts";
import { MAX_TIMESTAMP_MS } from "../model/time.ts";
import { BitReader, peekAt } from "./bit-reader.ts";
import { BitWriter } from "./bit-writer.ts";
import { SampleColumns, valueWords } from "./sample-columns.ts";
import { XorValueWriter } from "./xor-value.ts";

/** The largest count that fits two bytes. */
export const MAX_CHUNK_SAMPLES = 0xffff;

const COUNT_BYTES = 2;
/** Count, two varints of at most 10 bytes, a whole value. */
const MAX_HEAD_BYTES = 30;
/** A step's change takes at most 4 + 64 bits and a value 2 + 5 + 6 + 64. */
const MAX_SAMPLE_BYTES = 19;
/** The first sample takes at least 9 bytes, the second one byte and a bit, any other 2 bits. */
const MIN_FIRST_BITS = 72;
const MIN_SECOND_BITS = 9;
const MIN_SAMPLE_BITS = 2;

// Chunks are coded one at a time and synchronously, so one set of cursors serves them all.
const writer = new BitWriter();
const valueWriter = new XorValueWriter();
const reader = new BitReader("xor chunk");

/**
 * Encodes samples `start..end`. Throws "internal" for more than `MAX_CHUNK_SAMPLES`, or if times do
 * not ascend or are beyond `MAX_TIMESTAMP_MS`.
 */
export function encodeXorChunk(
  timestamps: Float64Array,
  values: Float64Array,
  start: number,
  end: number,
): Uint8Array<ArrayBuffer> {
  checkRange(timestamps, start, end);
  const words = valueWords(values);
  writer.reset(MAX_HEAD_BYTES + MAX_SAMPLE_BYTES * (end - start));
  writer.writeBits(end - start, 16);
  if (start < end) {
    writer.writeVarint(timestamps[start]);
    valueWriter.writeFirst(writer, words[2 * start + 1], words[2 * start]);
    writeSteps(timestamps, words, start, end);
  }
  return writer.toBytes();
}

function checkRange(timestamps: Float64Array, start: number, end: number): void {
  const count = end - start;
  if (!(count >= 0 && count <= MAX_CHUNK_SAMPLES && end <= timestamps.length)) {
    throw new HearthError(
      "internal",
      `xor chunk: cannot encode samples ${start}..${end} of ${timestamps.length}`,
    );
  }
  if (count > 0 && !(timestamps[start] >= -MAX_TIMESTAMP_MS && timestamps[end - 1] <= MAX_TIMESTAMP_MS)) {
    throw new HearthError(
      "internal",
      `xor chunk: time beyond 2^51 ms, ${timestamps[start]}..${timestamps[end - 1]}`,
    );
  }
}

/** Writes every sample but the first. */
function writeSteps(timestamps: Float64Array, words: Uint32Array, start: number, end: number): void {
  let step = 0;
  for (let i = start + 1; i < end; i++) {
    const nextStep = timestamps[i] - timestamps[i - 1];
    if (!(nextStep > 0)) {
      throw new HearthError(
        "internal",
        `xor chunk: time ${timestamps[i]} does not ascend from ${timestamps[i - 1]}`,
      );
    }
    if (i === start + 1) writer.writeUvarint(nextStep);
    else writeStepChange(nextStep - step);
    valueWriter.write(writer, words[2 * i + 1], words[2 * i]);
    step = nextStep;
  }
}

function writeStepChange(change: number): void {
  if (change === 0) writer.writeBits(0, 1);
  else if (change >= -8191 && change <= 8192) writer.writeBits((0b10 << 14) | (change & 0x3fff), 16);
  else if (change >= -65535 && change <= 65536) writer.writeBits((0b110 << 17) | (change & 0x1_ffff), 20);
  else if (change >= -524287 && change <= 524288) writer.writeBits((0b1110 << 20) | (change & 0xf_ffff), 24);
  else {
    writer.writeBits(0b1111, 4);
    writer.writeBits(Math.floor(change / 2 ** 32) >>> 0, 32);
    writer.writeBits(change >>> 0, 32);
  }
}

/**
 * The number of samples that a chunk claims to have. Throws "data" if its bytes cannot hold so
 * many.
 */
export function readChunkCount(bytes: Uint8Array): number {
  if (bytes.length < COUNT_BYTES) {
    throw new HearthError("data", `xor chunk: no sample count, bytes=${bytes.length}`);
  }
  const count = (bytes[0] << 8) | bytes[1];
  const rest = Math.max(0, count - 2) * MIN_SAMPLE_BITS;
  const minBits = (count > 0 ? MIN_FIRST_BITS : 0) + (count > 1 ? MIN_SECOND_BITS : 0) + rest;
  const maxBytes = MAX_HEAD_BYTES + MAX_SAMPLE_BYTES * count;
  if ((bytes.length - COUNT_BYTES) * 8 < minBits || bytes.length > maxBytes) {
    throw new HearthError("data", `xor chunk: impossible length, bytes=${bytes.length} samples=${count}`);
  }
  return count;
}

/** Decodes a whole chunk; `bytes` holds nothing else. Throws "data" as `appendXorChunk` does. */
export function decodeXorChunk(bytes: Uint8Array): Samples {
  const columns = new SampleColumns(readChunkCount(bytes));
  appendXorChunk(bytes, columns);
  return { timestamps: columns.timestamps, values: columns.values };
}

/**
 * Decodes a whole chunk after the samples of `columns` and returns how many it added. Throws
 * "data", with the columns unchanged, if the bytes end early or late, or if times do not ascend or
 * are beyond 2^53 ms.
 */
export function appendXorChunk(bytes: Uint8Array, columns: SampleColumns): number {
  const count = readChunkCount(bytes);
  columns.reserve(count);
  reader.reset(bytes);
  reader.skip(8 * COUNT_BYTES);
  if (count > 0) readSamples(columns, columns.count, columns.count + count);
  reader.checkEnd();
  if (reader.unreadBytes() > 1) {
    reader.fail(`${reader.unreadBytes()} bytes after the last sample, samples=${count}`);
  }
  columns.count += count;
  return count;
}

/**
 * Reads samples into `start..end`, at least one. Decoding is a fifth of a query over a day, so one
 * loop keeps all its state in local variables: 0.55 of the time that a call per field takes.
 * Samples with an unchanged step and value are two zero bits each; up to 16 of them are read at
 * once.
 */
function readSamples({ timestamps, words }: SampleColumns, start: number, end: number): void {
  let time = reader.readVarint();
  let step = 0;
  let high = reader.readBits(32);
  let low = reader.readBits(32);
  timestamps[start] = time;
  words[2 * start] = low;
  words[2 * start + 1] = high;
  if (end - start > 1) step = reader.readUvarint();
  const { view, end: endBit } = reader;
  let { position } = reader;
  /** The window of the last change of a value: 0 significant bits when there was none. */
  let significant = 0;
  let trailing = 0;
  for (let i = start + 1; i < end; ) {
    if (position > endBit) stopAt(position);
    let head = peekAt(view, position);
    if (i > start + 1) {
      const same = Math.min(Math.clz32(head) >>> 1, end - i);
      if (same > 0) {
        position += 2 * same;
        for (const stop = i + same; i < stop; i++) {
          time += step;
          timestamps[i] = time;
          words[2 * i] = low;
          words[2 * i + 1] = high;
        }
        continue;
      }
      if (head >= 0) {
        position++;
        head <<= 1;
      } else {
        reader.position = position;
        step += readStepChange();
        ({ position } = reader);
        head = peekAt(view, position);
      }
    }
    if (!(step > 0)) stopAt(position, `times do not ascend, step=${step}`);
    if (head >= 0) position++;
    else {
      if ((head & 0x4000_0000) === 0) position += 2;
      else {
        const leading = (head >>> 25) & 31;
        significant = (head >>> 19) & 63 || 64;
        trailing = 64 - leading - significant;
        position += 13;
        if (trailing < 0)
          stopAt(position, `impossible window, leading=${leading} significant=${significant}`);
      }
      if (significant > 32) {
        const upper = peekAt(view, position) >>> (64 - significant);
        const lower = peekAt(view, position + significant - 32);
        high ^= trailing === 0 ? upper : (upper << trailing) | (lower >>> (32 - trailing));
        low ^= lower << trailing;
      } else {
        if (significant === 0) stopAt(position, "a window is used before one is set");
        const lower = peekAt(view, position) >>> (32 - significant);
        if (trailing >= 32) high ^= lower << (trailing - 32);
        else {
          low ^= lower << trailing;
          if (trailing > 0) high ^= lower >>> (32 - trailing);
        }
      }
      position += significant;
    }
    time += step;
    timestamps[i] = time;
    words[2 * i] = low;
    words[2 * i + 1] = high;
    i++;
  }
  reader.position = position;
  if (!Number.isSafeInteger(time)) reader.fail(`a time is beyond 2^53 ms, came ${time}`);
}

/** Throws "data": the input ended before `position`, if it did, else `message`. */
function stopAt(position: number, message?: string): never {
  reader.position = position;
  return reader.fail(message);
}

function readStepChange(): number {
  const head = reader.peek();
  if (head >= 0) {
    reader.skip(1);
    return 0;
  }
  if (head >>> 30 === 0b10) {
    reader.skip(16);
    return narrowChange((head >>> 16) & 0x3fff, 14);
  }
  if (head >>> 29 === 0b110) {
    reader.skip(20);
    return narrowChange((head >>> 12) & 0x1_ffff, 17);
  }
  if (head >>> 28 === 0b1110) {
    reader.skip(24);
    return narrowChange((head >>> 8) & 0xf_ffff, 20);
  }
  reader.skip(4);
  return reader.readInt64();
}

/** The number in a field of `width` bits: half the range is the topmost positive one. */
function narrowChange(bits: number, width: number): number {
  return bits > 1 << (width - 1) ? bits - (1 << width) : bits;
}
