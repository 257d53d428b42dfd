/**
 * Prometheus' XOR2 chunk: float samples of one series, and since when each counts. xor2-writer.ts writes it, without starts.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md (XOR2 chunk data)
 *
 *     count                        2 bytes, big-endian
 *     header of the starts         1 byte, see start-reader.ts; a sample's start, if there is one, is behind the sample
 *     sample 0    time             varint (zigzag), ms since the epoch
 *                 value            8 bytes, big-endian
 *     sample 1    time step        uvarint, ms
 *                 value            see readChange
 *     sample 2..  0                            the same step and value
 *                 10                           the same step, another value: its change follows, see readWindow
 *                 110   <13 bits>              change of the step, then the value
 *                 1110  <20 bits>
 *                 11110 <64 bits>
 *                 11111                        the same step, a staleness marker
 */
import { HearthError } from "../model/errors.ts";
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../model/stale-marker.ts";
import { BitReader, peekAt } from "./bit-reader.ts";
import type { SampleColumns } from "./sample-columns.ts";
import { StartReader } from "./start-reader.ts";

const HEAD_BYTES = 3;
/** The first sample takes at least 9 bytes, the second one byte and a bit, any other a bit. */
const MIN_FIRST_BITS = 72;
const MIN_SECOND_BITS = 9;

const reader = new BitReader("xor2 chunk");
const starts = new StartReader(reader);

/** Values one after the other, each as the bits in which it differs from the one before. */
class Values {
  high = 0;
  low = 0;
  #significant = 0;
  #trailing = 0;

  /** Reads the first. A staleness marker, here or later, is no value that the next one differs from: zero is, or the one before. */
  readFirst(columns: SampleColumns, time: number): void {
    const high = reader.readBits(32);
    const low = reader.readBits(32);
    columns.appendSample(time, high, low);
    const isStale = high >>> 0 === STALE_MARKER_HIGH && low === STALE_MARKER_LOW;
    this.high = isStale ? 0 : high;
    this.low = isStale ? 0 : low;
    this.#significant = 0;
    this.#trailing = 0;
  }

  /**
   *     0                                            the same
   *     10  <bits of the window>                     different within the latest window
   *     110 <leading: 5> <significant: 6> <bits>     a new window
   *     111                                          a staleness marker
   */
  readChange(): boolean {
    const ones = countOnes(3);
    if (ones === 1) this.#readBits();
    else if (ones === 2) this.#readWindow();
    return ones === 3;
  }

  /** 0 for the latest window, 1 for a new one. */
  readKnownChange(): void {
    if (reader.readBits(1) === 0) this.#readBits();
    else this.#readWindow();
  }

  #readWindow(): void {
    const leading = reader.readBits(5);
    this.#significant = reader.readBits(6) || 64;
    this.#trailing = 64 - leading - this.#significant;
    if (this.#trailing < 0)
      reader.fail(`impossible window, leading=${leading} significant=${this.#significant}`);
    this.#readBits();
  }

  #readBits(): void {
    const significant = this.#significant;
    if (significant === 0) reader.fail("a window is used before one is set");
    const trailing = this.#trailing;
    const upper = significant > 32 ? reader.readBits(significant - 32) : 0;
    const lower = reader.readBits(Math.min(significant, 32));
    if (trailing === 0) {
      this.high ^= upper;
      this.low ^= lower;
    } else if (trailing < 32) {
      this.high ^= (upper << trailing) | (lower >>> (32 - trailing));
      this.low ^= lower << trailing;
    } else this.high ^= lower << (trailing - 32);
  }
}

const values = new Values();

/** The number of samples that a chunk claims to have. Throws "data" if its bytes cannot hold so many. */
export function readXor2Count(bytes: Uint8Array): number {
  if (bytes.length < HEAD_BYTES)
    throw new HearthError("data", `xor2 chunk: too short for its header, bytes=${bytes.length}`);
  const count = (bytes[0] << 8) | bytes[1];
  const minBits = (count > 0 ? MIN_FIRST_BITS : 0) + (count > 1 ? MIN_SECOND_BITS + count - 2 : 0);
  if ((bytes.length - HEAD_BYTES) * 8 >= minBits) return count;
  throw new HearthError("data", `xor2 chunk: impossible length, bytes=${bytes.length} samples=${count}`);
}

/**
 * Decodes a whole chunk behind the samples that `columns` holds; returns how many it added. Throws "data" when the bytes end
 * early, or times do not ascend.
 */
export function appendXor2Chunk(bytes: Uint8Array, columns: SampleColumns): number {
  const count = readXor2Count(bytes);
  reader.reset(bytes);
  reader.skip(8 * HEAD_BYTES);
  const before = columns.count;
  try {
    if (count > 0 && bytes[2] === 0) readPlainSamples(columns, count);
    else if (count > 0) {
      starts.reset(bytes[2]);
      readSamples(columns, count);
    }
    reader.checkEnd();
  } catch (error) {
    columns.count = before;
    throw error;
  }
  return count;
}

/**
 * Reads samples without starts, as all stored chunks are. As in xor-chunk.ts, one loop keeps all its state in local
 * variables, and unchanged samples, one bit each, are read up to 32 at once.
 */
function readPlainSamples(columns: SampleColumns, count: number): void {
  columns.reserve(count);
  const { timestamps, words } = columns;
  const start = columns.count;
  const end = start + count;
  let time = reader.readVarint();
  let high = reader.readBits(32);
  let low = reader.readBits(32);
  timestamps[start] = time;
  words[2 * start] = low;
  words[2 * start + 1] = high;
  if (high === STALE_MARKER_HIGH && low === STALE_MARKER_LOW) high = low = 0;
  let step = count > 1 ? reader.readUvarint() : 0;
  const { view, end: endBit } = reader;
  let { position } = reader;
  /** The latest window: 0 significant bits when there was none. */
  let significant = 0;
  let trailing = 0;
  for (let i = start + 1; i < end; ) {
    if (position > endBit) stopAt(position);
    let head = peekAt(view, position);
    let opensWindow = false;
    let isChanged = true;
    let isStale = false;
    let isStepped = i === start + 1;
    if (!isStepped) {
      const same = Math.min(Math.clz32(head), end - i);
      if (same > 0) {
        if (!(step > 0)) stopAt(position, `times do not ascend, step=${step}`);
        position += same;
        for (const stop = i + same; i < stop; i++) {
          time += step;
          timestamps[i] = time;
          words[2 * i] = low;
          words[2 * i + 1] = high;
        }
        continue;
      }
      if ((head & 0x4000_0000) === 0) {
        position += 3;
        if ((head & 0x2000_0000) !== 0) opensWindow = true;
      } else if ((head & 0x2000_0000) === 0) {
        step += (head << 3) >> 19;
        position += 16;
        isStepped = true;
      } else if ((head & 0x1000_0000) === 0) {
        step += (head << 4) >> 12;
        position += 24;
        isStepped = true;
      } else if ((head & 0x0800_0000) === 0) {
        reader.position = position + 5;
        step += reader.readInt64();
        ({ position } = reader);
        isStepped = true;
      } else {
        position += 5;
        isStale = true;
      }
      if (isStepped) head = peekAt(view, position);
    }
    if (isStepped) {
      if (head >= 0) {
        position++;
        isChanged = false;
      } else if ((head & 0x4000_0000) === 0) position += 2;
      else {
        position += 3;
        if ((head & 0x2000_0000) === 0) opensWindow = true;
        else isStale = true;
      }
    }
    if (!(step > 0)) stopAt(position, `times do not ascend, step=${step}`);
    time += step;
    timestamps[i] = time;
    if (isStale) {
      words[2 * i] = STALE_MARKER_LOW;
      words[2 * i + 1] = STALE_MARKER_HIGH;
      i++;
      continue;
    }
    if (isChanged) {
      if (opensWindow) {
        const lengths = peekAt(view, position);
        const leading = lengths >>> 27;
        significant = (lengths >>> 21) & 63 || 64;
        trailing = 64 - leading - significant;
        position += 11;
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
    words[2 * i] = low;
    words[2 * i + 1] = high;
    i++;
  }
  reader.position = position;
  if (!Number.isSafeInteger(time)) reader.fail(`a time is beyond 2^53 ms, came ${time}`);
  columns.count = end;
}

/** Throws "data": the input ended before `position`, if it did, else `message`. */
function stopAt(position: number, message?: string): never {
  reader.position = position;
  return reader.fail(message);
}

function readSamples(columns: SampleColumns, count: number): void {
  let time = reader.readVarint();
  values.readFirst(columns, time);
  let step = 0;
  columns.setStart(starts.read(0, time));
  for (let i = 1; i < count; i++) {
    let isStale = false;
    if (i === 1) {
      step = reader.readUvarint();
      isStale = values.readChange();
    } else {
      const ones = countOnes(5);
      if (ones === 1) values.readKnownChange();
      else if (ones === 5) isStale = true;
      else if (ones > 1) {
        step += ones === 4 ? reader.readInt64() : readSigned(ones === 2 ? 13 : 20);
        isStale = values.readChange();
      }
    }
    reader.checkEnd();
    if (!(step > 0)) reader.fail(`times do not ascend, step=${step}`);
    const timeBefore = time;
    time += step;
    if (isStale) columns.appendSample(time, STALE_MARKER_HIGH, STALE_MARKER_LOW);
    else columns.appendSample(time, values.high, values.low);
    columns.setStart(starts.read(i, timeBefore));
  }
}

/** Ones before the next zero, which is read too; at most so many. */
function countOnes(most: number): number {
  let ones = 0;
  while (ones < most && reader.readBits(1) === 1) ones++;
  return ones;
}

function readSigned(width: number): number {
  const bits = reader.readBits(width);
  return bits >= 2 ** (width - 1) ? bits - 2 ** width : bits;
}
