/**
 * A moving cursor over bytes that Prometheus wrote. Integers are of 64 bits there. Here they are numbers: exact up to 2^53,
 * rounded above, so that a record with one larger count can be read past it.
 */
import { HearthError } from "../model/errors.ts";

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
    return Number(this.#readRaw());
  }

  /** An integer that was written as an unsigned one: if it is negative, it takes ten bytes. */
  readWrappedVarint(): number {
    const raw = this.#readRaw();
    return typeof raw === "number" ? raw : Number(BigInt.asIntN(64, raw));
  }

  /** A zigzag varint. */
  readVarint(): number {
    const raw = this.#readRaw();
    if (typeof raw === "number") return raw & 1 ? -(raw >>> 1) - 1 : raw >>> 1;
    return Number(raw & 1n ? -(raw >> 1n) - 1n : raw >> 1n);
  }

  /** The number of list members, each of which takes at least `memberBytes`. */
  readCount(memberBytes: number): number {
    const count = this.readUvarint();
    this.#need(count * memberBytes);
    return count;
  }

  /** A number of up to 28 bits, or more bits as a bigint. */
  #readRaw(): number | bigint {
    let short = 0;
    for (let shift = 0; shift < SHORT_VARINT_BITS; shift += 7) {
      const byte = this.readByte();
      short |= (byte & 0x7f) << shift;
      if (byte < 0x80) return short;
    }
    let long = BigInt(short);
    for (let shift = SHORT_VARINT_BITS; shift < 7 * MAX_VARINT_BYTES; shift += 7) {
      const byte = this.readByte();
      long |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) return long;
    }
    throw this.error(`a varint is longer than ${MAX_VARINT_BYTES} bytes`);
  }

  #need(length: number): void {
    if (!(length <= this.remaining))
      throw this.error(`${length} more bytes expected, ${this.remaining} left`);
  }

  /** Says where the cursor is. */
  error(problem: string): HearthError {
    return new HearthError("data", `${this.#what}: ${problem} position=${this.#at}`);
  }
}
