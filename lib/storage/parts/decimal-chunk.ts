/**
 * A decimal chunk: samples whose values are all m / 10^e with whole numbers m and one e. Exporters send counts, bytes and
 * seconds with a few places, whose doubles differ from each other in most bits, and whose m differ in few. Times and m are
 * columns of whole numbers (docs/decisions/0094-decimal-chunks.md).
 *
 *     count       uvarint, at least 2
 *     exponent    1 byte: e, 0 to 12
 *     times       a column: ms since the first sample's
 *     values      a column: m
 *
 * A column, as bits, most significant first:
 *
 *     order       2 bits
 *     base        varint (zigzag): the least entry for order 0, the first one for others
 *     step        orders 2 and 3: a varint, the second entry less the first
 *     blocks      orders 0, 1 and 2: for each 16 entries a width (6 bits, 0 to 32), then their rests in so many bits
 *
 *     order 0     a rest for each entry: the entry less the least one
 *     order 1     for each but the first: the entry less the one before it, in zigzag order
 *     order 2     for each but the first two: the change of these differences, in zigzag order
 *     order 3     no rests: all differences are the step
 */
import { BitReader, peekAt } from "../../chunk/bit-reader.ts";
import type { SampleColumns } from "../../chunk/sample-columns.ts";
import { HearthError } from "../../model/errors.ts";
import { ByteReader } from "../codec/bytes.ts";
import { MAX_EXPONENT, POWERS_OF_TEN } from "../codec/column-writer.ts";

/** Entries of a block. Blocks of 8 take 1 % less, of 64 4 % more. */
export const BLOCK_ENTRIES = 16;
export const WIDTH_BITS = 6;
export const MAX_WIDTH = 32;
/** The order of a column that is a line. */
export const LINE = 3;
/** Samples of one chunk at most: as many as Prometheus' encodings can count. */
const MAX_SAMPLES = 0xffff;

const reader = new BitReader("decimal chunk");

/** The number of samples. Throws "data" for what `encodeDecimalChunk` cannot have made. */
export function readDecimalCount(bytes: Uint8Array): number {
  const count = new ByteReader(bytes, "decimal chunk").readVarint();
  if (count >= 2 && count <= MAX_SAMPLES) return count;
  throw new HearthError("data", `decimal chunk: count ${count}, expected 2 to ${MAX_SAMPLES}`);
}

/** Appends the samples, the first of which is at `minTime` and the last at `maxTime`. Throws "data". */
export function appendDecimalChunk(
  bytes: Uint8Array,
  minTime: number,
  maxTime: number,
  columns: SampleColumns,
): void {
  const count = readDecimalCount(bytes);
  reader.reset(bytes);
  reader.readUvarint();
  const exponent = reader.readBits(8);
  if (exponent > MAX_EXPONENT) reader.fail(`exponent ${exponent}, expected 0 to ${MAX_EXPONENT}`);
  columns.reserve(count);
  const { timestamps, values, count: start } = columns;
  const end = start + count;
  readTimes(timestamps, start, end, minTime);
  if (timestamps[end - 1] !== maxTime)
    reader.fail(`the last time is ${timestamps[end - 1]}, expected ${maxTime}`);
  readColumn(values, start, end);
  if (reader.unreadBits() < 0 || reader.unreadBytes() > 0) reader.fail("bytes follow the samples");
  if (exponent > 0) {
    const power = POWERS_OF_TEN[exponent];
    for (let i = start; i < end; i++) values[i] /= power;
  }
  columns.count = end;
}

/** Fills `start..end` with times that ascend from `minTime`. */
function readTimes(times: Float64Array, start: number, end: number, minTime: number): void {
  readColumn(times, start, end);
  if (times[start] !== 0) reader.fail(`the first time is ${times[start]} ms after the first time`);
  times[start] = minTime;
  for (let i = start + 1; i < end; i++) {
    times[i] += minTime;
    if (!(times[i] > times[i - 1])) reader.fail(`time ${times[i]} does not ascend from ${times[i - 1]}`);
  }
}

/** Fills `start..end` of a column. */
function readColumn(column: Float64Array, start: number, end: number): void {
  const order = reader.readBits(2);
  const base = reader.readVarint();
  const step = order >= 2 ? reader.readVarint() : 0;
  reader.checkEnd();
  if (order === 0) readOffsets(column, start, end, base);
  else if (order === 1) readDifferences(column, start, end, base);
  else if (order === 2) readChanges(column, start, end, base, step);
  else for (let i = start, entry = base; i < end; entry += step) column[i++] = entry;
}

// The three loops differ in their innermost lines, which run for each sample of a query.

function readOffsets(column: Float64Array, start: number, end: number, base: number): void {
  for (let i = start, blockEnd = start + BLOCK_ENTRIES; i < end; blockEnd += BLOCK_ENTRIES) {
    const stop = Math.min(blockEnd, end);
    const width = readWidth(stop - i);
    const { view } = reader;
    let { position } = reader;
    if (width === 0) while (i < stop) column[i++] = base;
    for (; i < stop; position += width) column[i++] = base + (peekAt(view, position) >>> (MAX_WIDTH - width));
    reader.position = position;
  }
}

function readDifferences(column: Float64Array, start: number, end: number, base: number): void {
  let entry = base;
  column[start] = entry;
  for (let i = start + 1, blockEnd = start + BLOCK_ENTRIES; i < end; blockEnd += BLOCK_ENTRIES) {
    const stop = Math.min(blockEnd, end);
    const width = readWidth(stop - i);
    const { view } = reader;
    let { position } = reader;
    if (width === 0) while (i < stop) column[i++] = entry;
    for (; i < stop; position += width) {
      const rest = peekAt(view, position) >>> (MAX_WIDTH - width);
      entry += (rest >>> 1) ^ -(rest & 1);
      column[i++] = entry;
    }
    reader.position = position;
  }
}

function readChanges(column: Float64Array, start: number, end: number, base: number, step: number): void {
  let difference = step;
  let entry = base + step;
  column[start] = base;
  column[start + 1] = entry;
  for (let i = start + 2, blockEnd = start + BLOCK_ENTRIES; i < end; blockEnd += BLOCK_ENTRIES) {
    const stop = Math.min(blockEnd, end);
    const width = readWidth(stop - i);
    const { view } = reader;
    let { position } = reader;
    if (width === 0) {
      while (i < stop) {
        entry += difference;
        column[i++] = entry;
      }
    }
    for (; i < stop; position += width) {
      const rest = peekAt(view, position) >>> (MAX_WIDTH - width);
      difference += (rest >>> 1) ^ -(rest & 1);
      entry += difference;
      column[i++] = entry;
    }
    reader.position = position;
  }
}

/** The width of a block of so many entries, all of which the input must have. */
function readWidth(entries: number): number {
  const width = reader.readBits(WIDTH_BITS);
  if (width > MAX_WIDTH) reader.fail(`width ${width}, expected 0 to ${MAX_WIDTH}`);
  if (reader.position + entries * width > reader.end) reader.fail("a block goes past the end");
  return width;
}
