/**
 * Columns of whole numbers, times and values, written one after another: what log records and run blocks are made of. Log
 * records are compressed by Zstandard (RFC 8878), for what a writer spends; run blocks, of which there are fewer and larger
 * ones, are deflated (RFC 1951).
 *
 * Values of metrics are decimals: counts, bytes, seconds with a few places. A value is kept as m / 10^e where that gives
 * back the same bits, else as its 8 bytes, so nothing is lost. Neighbours are of one series, and chained:
 *
 *     exponents   count bytes: e (0 to 12), or RAW (255)
 *     mantissas   for each value that is not raw, m as a zigzag varint, less the one before it of the same e
 *     raw         for each raw value its 8 bytes, big-endian
 *
 * or of different series, in runs:
 *
 *     forms       runs (below) of bytes: 2e, and one more for a negative m; or RAW
 *     mantissas   for each value that is not raw, |m| as a varint
 *     raw         as above
 *
 * or near what other columns say that they are, and predicted:
 *
 *     exponents   count bytes: e (0 to 12), or RAW (255)
 *     mantissas   for each value that is not raw, m as a zigzag varint, less the prediction times 10^e, rounded
 *     raw         as above
 *
 *     runs        of equal entries: the entry, and how many times it comes again, as a varint
 */
import { constants, deflateRawSync, type ZlibOptions, zstdCompressSync } from "node:zlib";
import { writeVarint, zigzag } from "./varint.ts";

/** What a column's entry takes at most: a delta of times, and a value (an exponent and a mantissa or raw bytes). */
export const MAX_DELTA_BYTES = 8;
export const MAX_VALUE_BYTES = 9;
/** What a run of one entry takes beside it. */
export const MAX_RUN_BYTES = 1;

/** In place of an exponent or form. */
export const RAW = 0xff;
export const MAX_EXPONENT = 12;
export const MAX_MANTISSA = 2 ** 50;
export const POWERS_OF_TEN = Float64Array.from({ length: MAX_EXPONENT + 1 }, (_, e) => 10 ** e);

/** Of zlib's windows, as a power of two; its default `memLevel` 8 belongs to the largest. */
const MIN_WINDOW_BITS = 9;
const MAX_WINDOW_BITS = 15;
const WINDOW_TO_MEM_LEVEL = MAX_WINDOW_BITS - 8;
/** What does not deflate at all grows by 5 bytes for every 16 KB, and by its end. */
export const MAX_EXPANSION_BYTES = 1024;
/** The first bytes of every Zstandard frame; they are omitted. */
export const ZSTD_MAGIC = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);

export type NumberColumn = Int32Array | Float64Array;

/** Where columns are written; synchronous users need but one. */
let scratch = new Uint8Array(0);
/** What is known of values before they are written. */
let forms = new Uint8Array(0);
let mantissas = new Float64Array(0);

/** Appends columns to a buffer that all writers share: finish one before the next is made. */
export class ColumnWriter {
  #at = 0;

  /** `maxBytes` is what will be written at most, before deflating. */
  constructor(maxBytes: number) {
    if (scratch.length < maxBytes) scratch = new Uint8Array(maxBytes);
  }

  writeBytes(bytes: Uint8Array): void {
    scratch.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A whole number within 2^52 of zero. */
  writeSigned(value: number): void {
    this.#writeUnsigned(zigzag(value));
  }

  /** Entries `start..end`, each less the one before it, the first less `base`. */
  writeDeltas(column: NumberColumn, start: number, end: number, base: number): void {
    let previous = base;
    for (let i = start; i < end; i++) {
      this.writeSigned(column[i] - previous);
      previous = column[i];
    }
  }

  /** As `writeDeltas`, in runs. */
  writeDeltaRuns(column: NumberColumn, start: number, end: number, base: number): void {
    let previous = base;
    for (let next = start; next < end; ) {
      const first = next++;
      const delta = column[first] - previous;
      while (next < end && column[next] - column[next - 1] === delta) next++;
      previous = column[next - 1];
      this.writeSigned(delta);
      this.#writeUnsigned(next - first - 1);
    }
  }

  /** Values, chained: it pays where neighbours are alike, as within a series. */
  writeChainedValues(values: Float64Array): void {
    const raws: number[] = [];
    let exponentAt = this.#at;
    this.#at += values.length;
    let previous = 0;
    let previousExponent = RAW;
    for (let i = 0; i < values.length; i++) {
      const exponent = decimalExponent(values[i]);
      scratch[exponentAt++] = exponent;
      if (exponent === RAW) {
        raws.push(i);
        continue;
      }
      const mantissa = Math.round(values[i] * POWERS_OF_TEN[exponent]);
      this.writeSigned(exponent === previousExponent ? mantissa - previous : mantissa);
      previous = mantissa;
      previousExponent = exponent;
    }
    this.#writeRaw(values, raws);
  }

  /** Values near `predictions`, which a reader can calculate before it reads them. */
  writePredictedValues(values: Float64Array, predictions: Float64Array): void {
    const raws: number[] = [];
    let exponentAt = this.#at;
    this.#at += values.length;
    for (let i = 0; i < values.length; i++) {
      const exponent = decimalExponent(values[i]);
      scratch[exponentAt++] = exponent;
      if (exponent === RAW) raws.push(i);
      else {
        const mantissa = Math.round(values[i] * POWERS_OF_TEN[exponent]);
        this.writeSigned(mantissa - predictedMantissa(predictions[i], exponent));
      }
    }
    this.#writeRaw(values, raws);
  }

  /** Values `start..end`, in runs. */
  writeValueRuns(values: Float64Array, start: number, end: number): void {
    const raws: number[] = [];
    const count = end - start;
    if (forms.length < count) {
      forms = new Uint8Array(count);
      mantissas = new Float64Array(count);
    }
    let mantissaCount = 0;
    for (let i = 0; i < count; i++) {
      const value = values[start + i];
      // Most values are counts. The sign of -0 would be lost.
      if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
        forms[i] = value < 0 ? 1 : 0;
        mantissas[mantissaCount++] = value < 0 ? -value : value;
        continue;
      }
      const exponent = decimalExponent(value);
      if (exponent === RAW) raws.push(start + i);
      else mantissas[mantissaCount++] = Math.round(Math.abs(value) * POWERS_OF_TEN[exponent]);
      forms[i] = exponent === RAW ? RAW : 2 * exponent + (value < 0 ? 1 : 0);
    }
    this.#writeByteRuns(forms, count);
    for (let i = 0; i < mantissaCount; i++) this.#writeUnsigned(mantissas[i]);
    this.#writeRaw(values, raws);
  }

  #writeByteRuns(column: Uint8Array, count: number): void {
    for (let next = 0; next < count; ) {
      const first = next++;
      while (next < count && column[next] === column[first]) next++;
      scratch[this.#at++] = column[first];
      this.#writeUnsigned(next - first - 1);
    }
  }

  #writeUnsigned(value: number): void {
    if (value < 0x80) scratch[this.#at++] = value;
    else this.#at = writeVarint(scratch, this.#at, value);
  }

  #writeRaw(values: Float64Array, indices: readonly number[]): void {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    for (const i of indices) {
      this.#at = writeUint32(scratch, this.#at, words[i * 2 + 1]);
      this.#at = writeUint32(scratch, this.#at, words[i * 2]);
    }
  }

  /** What was written, deflated, behind a header. */
  deflateBehind(header: Uint8Array): Uint8Array {
    return joined(header, deflateRawSync(scratch.subarray(0, this.#at), deflateOptions(this.#at)));
  }

  /**
   * What was written, as a frame of Zstandard, behind a header. Of 500 samples in runs it takes 21 microseconds, deflated 60,
   * and deflated as single entries, of which there are twice as many bytes, 80; all three come to the same size.
   */
  compressBehind(header: Uint8Array): Uint8Array {
    const frame = zstdCompressSync(scratch.subarray(0, this.#at), {
      chunkSize: this.#at + MAX_EXPANSION_BYTES,
    });
    return joined(header, frame.subarray(ZSTD_MAGIC.length));
  }
}

export function joined(header: Uint8Array, rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(header.length + rest.length);
  bytes.set(header);
  bytes.set(rest, header.length);
  return bytes;
}

/**
 * As zlib would deflate it by default, in no more memory than so many bytes need: a window that holds them all, hash table
 * and buffers in proportion, and one piece of output, where 256 KB of state and 16 KB of output are mostly for the garbage
 * collector.
 */
function deflateOptions(sizeBytes: number): ZlibOptions {
  const windowBits = Math.min(MAX_WINDOW_BITS, Math.max(MIN_WINDOW_BITS, 32 - Math.clz32(sizeBytes)));
  const chunkSize = sizeBytes + MAX_EXPANSION_BYTES;
  return {
    level: constants.Z_DEFAULT_COMPRESSION,
    windowBits,
    memLevel: windowBits - WINDOW_TO_MEM_LEVEL,
    chunkSize,
  };
}

/** The smallest e with value = m / 10^e exactly, m a whole number below 2^50; RAW where there is none, or for -0. */
function decimalExponent(value: number): number {
  if (Object.is(value, -0)) return RAW;
  for (let exponent = 0; exponent <= MAX_EXPONENT; exponent++) {
    const mantissa = Math.round(value * POWERS_OF_TEN[exponent]);
    if (!(Math.abs(mantissa) < MAX_MANTISSA)) return RAW;
    if (mantissa / POWERS_OF_TEN[exponent] === value) return exponent;
  }
  return RAW;
}

/** 0 for a prediction that is no number or too large. */
export function predictedMantissa(prediction: number, exponent: number): number {
  const mantissa = Math.round(prediction * POWERS_OF_TEN[exponent]);
  return Math.abs(mantissa) < MAX_MANTISSA ? mantissa : 0;
}

/** The decimal nearest to a value that has the fewest places and differs by no more than `share` of it; else the value. */
export function nearestDecimal(value: number, share: number): number {
  for (let exponent = 0; exponent <= MAX_EXPONENT; exponent++) {
    const mantissa = Math.round(value * POWERS_OF_TEN[exponent]);
    if (!(Math.abs(mantissa) < MAX_MANTISSA)) break;
    const decimal = mantissa / POWERS_OF_TEN[exponent];
    if (Math.abs(decimal - value) <= Math.abs(value) * share) return decimal;
  }
  return value;
}

function writeUint32(out: Uint8Array, at: number, word: number): number {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
  return at + 4;
}
