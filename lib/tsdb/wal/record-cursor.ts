/**
 * A moving cursor over one record of a write-ahead log. Integers are of 64 bits there. Here they are numbers: exact up to
 * 2^53, rounded above, so that a record with one larger count can be read past it.
 */
import { HearthError } from "../../model/errors.ts";

/** Bytes of a varint of 64 bits. */
const MAX_VARINT_BYTES = 10;
/** Four bytes of a varint fit into an integer of 32 bits. */
const SHORT_VARINT_BITS = 28;

export class RecordCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  /** `what` names the record in an error. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** A view of the bytes from a position up to this one. */
  since(position: number): Uint8Array {
    return this.#bytes.subarray(position, this.#at);
  }

  skip(length: number): void {
    this.#need(length);
    this.#at += length;
  }

  readByte(): number {
    this.#need(1);
    return this.#bytes[this.#at++];
  }

  /** 8 bytes, most significant first. */
  readInt64(): number {
    this.#need(8);
    const value = this.#view.getBigInt64(this.#at);
    this.#at += 8;
    return Number(value);
  }

  /** 4 bytes, most significant first. */
  readUint32(): number {
    this.#need(4);
    const value = this.#view.getUint32(this.#at);
    this.#at += 4;
    return value;
  }

  readDouble(): number {
    this.#need(8);
    const value = this.#view.getFloat64(this.#at);
    this.#at += 8;
    return value;
  }

  readUvarint(): number {
    let value = 0;
    for (let shift = 0; shift < SHORT_VARINT_BITS; shift += 7) {
      const byte = this.readByte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Number(this.#readLong(BigInt(value), SHORT_VARINT_BITS));
  }

  /** A zigzag varint. */
  readVarint(): number {
    let value = 0;
    for (let shift = 0; shift < SHORT_VARINT_BITS; shift += 7) {
      const byte = this.readByte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value & 1 ? -(value >>> 1) - 1 : value >>> 1;
    }
    const long = this.#readLong(BigInt(value), SHORT_VARINT_BITS);
    return Number(long & 1n ? -(long >> 1n) - 1n : long >> 1n);
  }

  /** The number of list members, each of which takes at least `memberBytes`. */
  readCount(memberBytes: number): number {
    const count = this.readUvarint();
    this.#need(count * memberBytes);
    return count;
  }

  #readLong(value: bigint, shift: number): bigint {
    for (let read = shift / 7; read < MAX_VARINT_BYTES; read++, shift += 7) {
      const byte = this.readByte();
      value |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) return value;
    }
    throw this.#error(`a varint is longer than ${MAX_VARINT_BYTES} bytes`);
  }

  #need(length: number): void {
    if (!(length <= this.remaining))
      throw this.#error(`${length} more bytes expected, ${this.remaining} left`);
  }

  #error(problem: string): HearthError {
    return new HearthError("data", `${this.#what}: ${problem} position=${this.#at}`);
  }
}
