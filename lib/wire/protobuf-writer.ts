/**
 * A growing buffer for protobuf, written front to back. `protobuf-reader.ts` describes the wire format.
 * An embedded message is written before its length is known: `begin` reserves one byte for the length,
 * and `end` moves the message if the length needs more, one `memmove` per level.
 */
import { FIXED64, LENGTH_DELIMITED, tagOf, VARINT } from "./protobuf-reader.ts";

const TWO_32 = 2 ** 32;
const TWO_63 = 2 ** 63;
const MAX_VARINT_BYTES = 10;

const utf8 = new TextEncoder();

/** Bytes that an unsigned number below 2^53 takes as a varint. */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

export class ProtobufWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** Starts with room for `capacity` bytes, and doubles it as needed. */
  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Drops everything after `length`. Keeps the buffer. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Returns the written bytes: a view that is valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Returns a copy of the written bytes. */
  copy(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.view());
  }

  writeTag(field: number, wireType: number): void {
    this.writeUint(tagOf(field, wireType));
  }

  /** A varint of an unsigned whole number below 2^53. */
  writeUint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    if (value < 0x80) this.#bytes[this.#length++] = value;
    else this.#writeVarint(value >>> 0, Math.floor(value / TWO_32));
  }

  /** Writes an integer as an int64 varint in two's complement. Clamps to the range of int64. */
  writeInt64(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    if (value >= TWO_63) this.#writeVarint(0xffffffff, 0x7fffffff);
    else if (value < -TWO_63) this.#writeVarint(0, 0x80000000);
    else this.#writeVarint(value >>> 0, Math.floor(value / TWO_32) >>> 0);
  }

  /** The double at an index of a column, bit for bit. */
  writeDoubleFrom(column: Float64Array, index: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, column[index], true);
    this.#length += 8;
  }

  /** Writes bytes unchanged, without tag and length. */
  writeRaw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes a field of type bytes; nothing if empty, as in proto3. */
  writeBytesField(field: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.writeTag(field, LENGTH_DELIMITED);
    this.writeUint(bytes.length);
    this.writeRaw(bytes);
  }

  /** Writes a field of type string; nothing if empty. */
  writeStringField(field: number, text: string): void {
    if (text === "") return;
    const mark = this.begin(field);
    this.#writeText(text);
    this.end(mark);
  }

  /** Writes a field of type int64 or of an enum; nothing if zero. */
  writeInt64Field(field: number, value: number): void {
    if (value === 0) return;
    this.writeTag(field, VARINT);
    this.writeInt64(value);
  }

  /** Writes a field of type double from a column; nothing for +0. Writes -0, unlike Go's encoder. */
  writeDoubleField(field: number, column: Float64Array, index: number): void {
    if (Object.is(column[index], 0)) return;
    this.writeTag(field, FIXED64);
    this.writeDoubleFrom(column, index);
  }

  /** Starts an embedded message, which ends when `end` receives the returned mark. */
  begin(field: number): number {
    this.writeTag(field, LENGTH_DELIMITED);
    this.#reserve(1);
    return this.#length++;
  }

  end(mark: number): void {
    const start = mark + 1;
    const size = this.#length - start;
    const extra = varintSize(size) - 1;
    if (extra > 0) {
      this.#reserve(extra);
      this.#bytes.copyWithin(start + extra, start, this.#length);
    }
    this.#length = mark;
    this.#writeVarint(size, 0);
    this.#length += size;
  }

  #writeText(text: string): void {
    this.#reserve(text.length * 3);
    const bytes = this.#bytes;
    const start = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        this.#length = start + utf8.encodeInto(text, bytes.subarray(start)).written;
        return;
      }
      bytes[start + i] = code;
    }
    this.#length = start + text.length;
  }

  /** Writes two 32-bit words. The caller has reserved room. */
  #writeVarint(low: number, high: number): void {
    const bytes = this.#bytes;
    let at = this.#length;
    while (high !== 0 || low >= 0x80) {
      bytes[at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes[at++] = low;
    this.#length = at;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
