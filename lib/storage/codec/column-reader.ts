/** Reading columns that were written by column-writer.ts, which has their format. */
import { inflateRawSync, zstdDecompressSync } from "node:zlib";
import { HearthError } from "../../model/errors.ts";
import {
  joined,
  MAX_EXPANSION_BYTES,
  MAX_EXPONENT,
  type NumberColumn,
  POWERS_OF_TEN,
  predictedMantissa,
  RAW,
  ZSTD_MAGIC,
} from "./column-writer.ts";
import { unzigzag } from "./varint.ts";

/** What columns are inflated into at a time, about as many bytes as come out. */
const TYPICAL_RATIO = 4;

/** Columns that were deflated. `maxBytes` bounds the result, `what` names it in an error. Throws "data". */
export function inflateColumns(deflated: Uint8Array, maxBytes: number, what: string): Uint8Array {
  return expanded(inflateRawSync, deflated, maxBytes, what);
}

/** Columns that were compressed. `maxBytes` bounds the result, `what` names it in an error. Throws "data". */
export function decompressColumns(compressed: Uint8Array, maxBytes: number, what: string): Uint8Array {
  return expanded(zstdDecompressSync, joined(ZSTD_MAGIC, compressed), maxBytes, what);
}

type Expand = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
) => Buffer;

function expanded(expand: Expand, bytes: Uint8Array, maxBytes: number, what: string): Uint8Array {
  try {
    const chunkSize = bytes.length * TYPICAL_RATIO + MAX_EXPANSION_BYTES;
    const { buffer, byteOffset, length } = expand(bytes, { maxOutputLength: maxBytes, chunkSize });
    // Views of a Buffer are Buffers, which take several times as long to make.
    return new Uint8Array(buffer, byteOffset, length);
  } catch (cause) {
    throw new HearthError("data", `${what}: columns do not expand: ${String(cause)}`, { cause });
  }
}

/**
 * Reads what a `ColumnWriter` wrote; every method throws "data" for bytes that it cannot have written.
 *
 * Most varints are of one or two bytes: the loops over many read those themselves. A read past the end is `undefined`, for which
 * no comparison holds: it gets to `#readVarint`, and ends in its error.
 */
export class ColumnReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  /** `what` names the bytes in an error. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  /** A view. */
  readBytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw this.#damaged("the bytes end early");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  /** All that has not been read, a view. */
  readRest(): Uint8Array {
    return this.readBytes(this.#bytes.length - this.#at);
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

  /** Fills a column; the inverse of `writeDeltaRuns`. */
  readDeltaRuns(column: NumberColumn, base: number): void {
    let previous = base;
    for (let i = 0; i < column.length; ) {
      const delta = this.readSigned();
      for (const end = this.#runEnd(i, column.length); i < end; i++) {
        previous += delta;
        column[i] = previous;
      }
    }
  }

  /**
   * Fills what follows `start` up to `end` (half-open): each entry is a step behind the one before it, and each step differs
   * from the one before it, the first from `step`, by a signed number. Answers the first step, or `step` if there is none.
   */
  readSteps(column: Float64Array, start: number, end: number, step: number): number {
    const bytes = this.#bytes;
    let at = this.#at;
    let value = column[start];
    let current = step;
    let first = step;
    for (let i = start + 1; i < end; i++) {
      const byte = bytes[at];
      if (byte < 0x80) {
        at++;
        current += unzigzagShort(byte);
      } else {
        this.#at = at;
        current += this.readSigned();
        at = this.#at;
      }
      value += current;
      column[i] = value;
      if (i === start + 1) first = current;
    }
    this.#at = at;
    return first;
  }

  /** Where a run ends that begins at `start` of `length` entries. */
  #runEnd(start: number, length: number): number {
    const end = start + 1 + this.#readVarint();
    if (end > length) throw this.#damaged(`a run of ${end - start} entries where ${length - start} are left`);
    return end;
  }

  readChainedValues(count: number): Float64Array<ArrayBuffer> {
    return this.#readExponentsAndValues(count, true);
  }

  /** The inverse of `writePredictedValues`: `values` has the predictions, and gets what was predicted. */
  readPredictedValues(values: Float64Array): void {
    const count = values.length;
    const exponents = this.readBytes(count);
    const bytes = this.#bytes;
    let at = this.#at;
    let hasRaw = false;
    for (let i = 0; i < count; i++) {
      const exponent = exponents[i];
      if (exponent === RAW) {
        hasRaw = true;
        continue;
      }
      if (exponent > MAX_EXPONENT) throw this.#damaged(`exponent ${exponent}, expected 0 to ${MAX_EXPONENT}`);
      let mantissa = predictedMantissa(values[i], exponent);
      const byte = bytes[at];
      if (byte < 0x80) {
        at++;
        mantissa += unzigzagShort(byte);
      } else {
        this.#at = at;
        mantissa += this.readSigned();
        at = this.#at;
      }
      values[i] = exponent === 0 ? mantissa : mantissa / POWERS_OF_TEN[exponent];
    }
    this.#at = at;
    if (hasRaw) this.#readRaw(values, exponents);
  }

  /** As log records of version 1 have them: like chained values, each by itself. */
  readSingleValues(count: number): Float64Array<ArrayBuffer> {
    return this.#readExponentsAndValues(count, false);
  }

  readValueRuns(count: number): Float64Array<ArrayBuffer> {
    const values = new Float64Array(count);
    const read = new Uint8Array(count);
    let hasRaw = false;
    for (let i = 0; i < count; ) {
      const form = this.#readByte();
      if (form === RAW) hasRaw = true;
      else if (form >> 1 > MAX_EXPONENT) throw this.#damaged(`form ${form} of a value`);
      const end = this.#runEnd(i, count);
      read.fill(form, i, end);
      i = end;
    }
    const bytes = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < count; i++) {
      const form = read[i];
      if (form === RAW) continue;
      let magnitude = 0;
      const byte = bytes[at];
      const next = bytes[at + 1];
      if (byte < 0x80) {
        at++;
        magnitude = byte;
      } else if (next < 0x80) {
        at += 2;
        magnitude = (byte & 0x7f) | (next << 7);
      } else {
        this.#at = at;
        magnitude = this.#readVarint();
        at = this.#at;
      }
      if (form > 1) magnitude /= POWERS_OF_TEN[form >> 1];
      values[i] = form & 1 ? -magnitude : magnitude;
    }
    this.#at = at;
    if (hasRaw) this.#readRaw(values, read);
    return values;
  }

  #readExponentsAndValues(count: number, chained: boolean): Float64Array<ArrayBuffer> {
    const values = new Float64Array(count);
    const exponents = this.readBytes(count);
    const bytes = this.#bytes;
    let at = this.#at;
    let hasRaw = false;
    let previous = 0;
    let previousExponent = RAW;
    for (let i = 0; i < count; i++) {
      const exponent = exponents[i];
      if (exponent === RAW) {
        hasRaw = true;
        continue;
      }
      if (exponent > MAX_EXPONENT) throw this.#damaged(`exponent ${exponent}, expected 0 to ${MAX_EXPONENT}`);
      let mantissa = 0;
      const byte = bytes[at];
      const next = bytes[at + 1];
      if (byte < 0x80) {
        at++;
        mantissa = unzigzagShort(byte);
      } else if (next < 0x80) {
        at += 2;
        mantissa = unzigzagShort((byte & 0x7f) | (next << 7));
      } else {
        this.#at = at;
        mantissa = this.readSigned();
        at = this.#at;
      }
      if (chained && exponent === previousExponent) mantissa += previous;
      values[i] = exponent === 0 ? mantissa : mantissa / POWERS_OF_TEN[exponent];
      previous = mantissa;
      previousExponent = exponent;
    }
    this.#at = at;
    if (hasRaw) this.#readRaw(values, exponents);
    return values;
  }

  /** Throws unless everything has been read. */
  expectEnd(): void {
    const rest = this.#bytes.length - this.#at;
    if (rest > 0) throw this.#damaged(`${rest} bytes follow the columns`);
  }

  #readRaw(values: Float64Array, exponents: Uint8Array): void {
    const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
    const bytes = this.#bytes;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i < values.length; i++) {
      if (exponents[i] !== RAW) continue;
      const at = this.#at;
      if (at + 8 > bytes.length) throw this.#damaged("the bytes end early");
      words[i * 2 + 1] = view.getUint32(at);
      words[i * 2] = view.getUint32(at + 4);
      this.#at = at + 8;
    }
  }

  #readByte(): number {
    if (this.#at >= this.#bytes.length) throw this.#damaged("the bytes end early");
    return this.#bytes[this.#at++];
  }

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

/** `unzigzag` of a number of 31 bits. */
function unzigzagShort(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
