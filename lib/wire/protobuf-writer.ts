/**
 * A growing buffer that protobuf is written into, front to back. The wire format is described in
 * `protobuf-reader.ts`. An embedded message is written before its length is known: `begin` leaves one byte for the
 * length, and `end` moves the message when it takes more, which is one `memmove` a level.
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

  /** Starts with room for `capacity` bytes, and doubles it whenever that does not suffice. */
  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what was written from `length` on, and keeps the buffer. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** What was written: a view, good until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written. */
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

  /** A varint of a whole number as int64, in two's complement; what lies outside its range becomes the end of it. */
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

  /** Bytes as they are, with neither tag nor length. */
  writeRaw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** A field of type bytes; as proto3 has it, none when empty. */
  writeBytesField(field: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.writeTag(field, LENGTH_DELIMITED);
    this.writeUint(bytes.length);
    this.writeRaw(bytes);
  }

  /** A field of type string; none when empty. */
  writeStringField(field: number, text: string): void {
    if (text === "") return;
    const mark = this.begin(field);
    this.#writeText(text);
    this.end(mark);
  }

  /** A field of type int64 or of an enum; none when zero. */
  writeInt64Field(field: number, value: number): void {
    if (value === 0) return;
    this.writeTag(field, VARINT);
    this.writeInt64(value);
  }

  /** A field of type double from a column; none when it is +0. Unlike Go's encoder it does write a -0. */
  writeDoubleField(field: number, column: Float64Array, index: number): void {
    if (Object.is(column[index], 0)) return;
    this.writeTag(field, FIXED64);
    this.writeDoubleFrom(column, index);
  }

  /** Begins an embedded message; what is written until `end` is given the mark is inside it. */
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

  /** Two 32-bit lanes; the room is reserved. */
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
