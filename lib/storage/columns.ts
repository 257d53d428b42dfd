/**
 * Columns of whole numbers, times and values, written one after another and deflated (RFC 1951): what log records and run
 * blocks are made of.
 *
 * Values of metrics are decimals: counts, bytes, seconds with a few places. A value is kept as m / 10^e where that gives
 * back the same bits, else as its 8 bytes, so nothing is lost:
 *
 *     exponents   count bytes: e (0 to 12), or RAW (255)
 *     mantissas   for each value that is not raw, m as a zigzag varint; chained: less the one before it of the same e
 *     raw         for each raw value its 8 bytes, big-endian
 */
import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from "node:zlib";
import { HearthError } from "../model/errors.ts";

/** What a column's entry takes at most: a delta of times, and a value (an exponent and a mantissa or raw bytes). */
export const MAX_DELTA_BYTES = 8;
export const MAX_VALUE_BYTES = 9;

const RAW = 0xff;
const MAX_EXPONENT = 12;
const MAX_MANTISSA = 2 ** 50;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_EXPONENT + 1 }, (_, e) => 10 ** e);

/** Of zlib's windows, as a power of two; its default `memLevel` 8 belongs to the largest. */
const MIN_WINDOW_BITS = 9;
const MAX_WINDOW_BITS = 15;
const WINDOW_TO_MEM_LEVEL = MAX_WINDOW_BITS - 8;
/** What does not deflate at all grows by 5 bytes for every 16 KB, and by its end. */
const MAX_EXPANSION_BYTES = 1024;
/** What columns are inflated into at a time, about as many bytes as come out. */
const TYPICAL_RATIO = 4;

type NumberColumn = Int32Array | Float64Array;

/** Where columns are written; synchronous users need but one. */
let scratch = new Uint8Array(0);

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
    const encoded = zigzag(value);
    if (encoded < 0x80) scratch[this.#at++] = encoded;
    else this.#at = writeVarint(scratch, this.#at, encoded);
  }

  /** Entries `start..end`, each less the one before it, the first less `base`. */
  writeDeltas(column: NumberColumn, start: number, end: number, base: number): void {
    let previous = base;
    for (let i = start; i < end; i++) {
      this.writeSigned(column[i] - previous);
      previous = column[i];
    }
  }

  /** Values `start..end`; `chained` pays where neighbours are alike, as within a series. */
  writeValues(values: Float64Array, start: number, end: number, chained: boolean): void {
    const raws: number[] = [];
    let exponentAt = this.#at;
    this.#at += end - start;
    let previous = 0;
    let previousExponent = RAW;
    for (let i = start; i < end; i++) {
      const exponent = decimalExponent(values[i]);
      scratch[exponentAt++] = exponent;
      if (exponent === RAW) {
        raws.push(i);
        continue;
      }
      const mantissa = Math.round(values[i] * POWERS_OF_TEN[exponent]);
      this.writeSigned(chained && exponent === previousExponent ? mantissa - previous : mantissa);
      previous = mantissa;
      previousExponent = exponent;
    }
    this.#writeRaw(values, raws);
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
    const deflated = deflateRawSync(scratch.subarray(0, this.#at), deflateOptions(this.#at));
    const bytes = new Uint8Array(header.length + deflated.length);
    bytes.set(header);
    bytes.set(deflated, header.length);
    return bytes;
  }
}

/**
 * As zlib would deflate it by default, in no more memory than so many bytes need: a window that holds them all, hash table
 * and buffers in proportion, and one piece of output. A log record of 500 samples takes 60 microseconds, where 256 KB of
 * state and 16 KB of output, mostly for the garbage collector, make it 160.
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

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function writeVarint(out: Uint8Array, at: number, value: number): number {
  while (value >= 2 ** 31) {
    out[at++] = (value % 0x80) | 0x80;
    value = Math.floor(value / 0x80);
  }
  while (value >= 0x80) {
    out[at++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  out[at++] = value;
  return at;
}

function writeUint32(out: Uint8Array, at: number, word: number): number {
  out[at] = word >>> 24;
  out[at + 1] = word >>> 16;
  out[at + 2] = word >>> 8;
  out[at + 3] = word;
  return at + 4;
}

/** Reads what a `ColumnWriter` wrote; every method throws "data" for bytes that it cannot have written. */
export class ColumnReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  /** Inflates; `maxBytes` bounds the result, `what` names it in an error. */
  constructor(deflated: Uint8Array, maxBytes: number, what: string) {
    this.#what = what;
    try {
      const chunkSize = deflated.length * TYPICAL_RATIO + MAX_EXPANSION_BYTES;
      this.#bytes = inflateRawSync(deflated, { maxOutputLength: maxBytes, chunkSize });
    } catch (cause) {
      throw new HearthError("data", `${what}: columns do not inflate: ${String(cause)}`, { cause });
    }
  }

  /** A view. */
  readBytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw this.#damaged("the bytes are cut short");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  readSigned(): number {
    return unzigzag(this.#readVarint());
  }

  /** Fills a column; the inverse of `writeDeltas`. */
  readDeltas(column: NumberColumn, base: number): void {
    let previous = base;
    for (let i = 0; i < column.length; i++) {
      previous += this.readSigned();
      column[i] = previous;
    }
  }

  readValues(count: number, chained: boolean): Float64Array<ArrayBuffer> {
    const values = new Float64Array(count);
    const exponents = this.readBytes(count);
    let previous = 0;
    let previousExponent = RAW;
    for (let i = 0; i < count; i++) {
      const exponent = exponents[i];
      if (exponent === RAW) continue;
      if (exponent > MAX_EXPONENT) throw this.#damaged(`exponent ${exponent}, expected 0 to ${MAX_EXPONENT}`);
      const mantissa = this.readSigned() + (chained && exponent === previousExponent ? previous : 0);
      values[i] = mantissa / POWERS_OF_TEN[exponent];
      previous = mantissa;
      previousExponent = exponent;
    }
    this.#readRaw(values, exponents);
    return values;
  }

  /** Throws unless everything has been read. */
  expectEnd(): void {
    const rest = this.#bytes.length - this.#at;
    if (rest > 0) throw this.#damaged(`${rest} bytes follow the columns`);
  }

  #readRaw(values: Float64Array<ArrayBuffer>, exponents: Uint8Array): void {
    const words = new Uint32Array(values.buffer);
    for (let i = 0; i < values.length; i++) {
      if (exponents[i] !== RAW) continue;
      const raw = this.readBytes(8);
      const view = new DataView(raw.buffer, raw.byteOffset, 8);
      words[i * 2 + 1] = view.getUint32(0);
      words[i * 2] = view.getUint32(4);
    }
  }

  /** Reads past the end are `undefined`, which no comparison holds for: they end in the error. */
  #readVarint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++];
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let scale = 0x80; scale <= 2 ** 49; scale *= 0x80) {
      byte = bytes[this.#at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw this.#damaged("a varint ends too late or not at all");
  }

  #damaged(reason: string): HearthError {
    return new HearthError("data", `${this.#what}: ${reason} position=${this.#at}`);
  }
}
