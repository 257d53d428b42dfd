/**
 * Moving cursors over the bytes of keys and items: big-endian integers (they sort), LEB128 varints, and strings and
 * byte runs behind their length.
 */
import { HearthError } from "../../model/errors.ts";
import { MAX_VARINT_BYTES, unzigzag, writeVarint, zigzag } from "./varint.ts";

const utf8Encoder = new TextEncoder();
/** A byte order mark is a character of a label as any other; without `ignoreBOM` it would be dropped. */
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text that `writeText` wrote; throws "data", with `what` the bytes are, where it is not UTF-8. */
export function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch (cause) {
    throw new HearthError("data", `${what}: ${bytes.length} bytes are not UTF-8`, { cause });
  }
}

/** Appends to a buffer that grows; `finish` hands out a copy of what was written. */
export class ByteWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what was written and keeps the memory. */
  clear(): void {
    this.#length = 0;
  }

  writeByte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  /** An unsigned integer of `width` bytes, most significant first; exact below 2^53. */
  writeUint(value: number, width: number): this {
    this.#reserve(width);
    for (let i = width - 1; i >= 0; i--) {
      this.#bytes[this.#length + i] = value % 256;
      value = Math.floor(value / 256);
    }
    this.#length += width;
    return this;
  }

  /** An unsigned integer below 2^53, seven bits a byte, least significant first. */
  writeVarint(value: number): this {
    // What is not finite would be written for ever.
    if (!(value >= 0 && value < 2 ** 53))
      throw new HearthError("internal", `varint: ${value}, expected 0 to 2^53 - 1`);
    this.#reserve(MAX_VARINT_BYTES);
    this.#length = writeVarint(this.#bytes, this.#length, value);
    return this;
  }

  /** A whole number within 2^52 of zero: 0, -1, 1, -2, … as the varints 0, 1, 2, 3, … */
  writeSigned(value: number): this {
    return this.writeVarint(zigzag(value));
  }

  /** 8 bytes, most significant first. */
  writeDouble(value: number): this {
    this.#reserve(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value);
    this.#length += 8;
    return this;
  }

  writeBytes(bytes: Uint8Array): this {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** The UTF-8 bytes of a string, without their length. */
  writeText(text: string): this {
    return this.writeBytes(utf8Encoder.encode(text));
  }

  /** Most are ASCII. For those a loop is cheaper than an encoder, which makes an array of each. */
  writeString(text: string): this {
    const start = this.#length;
    this.writeVarint(text.length).#reserve(text.length);
    const at = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) {
        this.#length = start;
        const bytes = utf8Encoder.encode(text);
        return this.writeVarint(bytes.length).writeBytes(bytes);
      }
      this.#bytes[at + i] = code;
    }
    this.#length = at + text.length;
    return this;
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Reads what a `ByteWriter` wrote; throws "data" where the bytes end too early or a string is not UTF-8. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #position = 0;

  /** `what` names the bytes in an error. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  readByte(): number {
    this.#need(1);
    return this.#bytes[this.#position++];
  }

  readUint(width: number): number {
    this.#need(width);
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + this.#bytes[this.#position++];
    return value;
  }

  readVarint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 53; scale *= 0x80) {
      const byte = this.readByte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new HearthError(
      "data",
      `${this.#what}: a varint is longer than 8 bytes position=${this.#position}`,
    );
  }

  readSigned(): number {
    return unzigzag(this.readVarint());
  }

  readDouble(): number {
    const { buffer, byteOffset } = this.readBytes(8);
    return new DataView(buffer, byteOffset, 8).getFloat64(0);
  }

  /** A view, not a copy. */
  readBytes(length: number): Uint8Array {
    this.#need(length);
    const start = this.#position;
    this.#position += length;
    return this.#bytes.subarray(start, this.#position);
  }

  readString(): string {
    return decodeText(this.readBytes(this.readVarint()), this.#what);
  }

  /** Throws unless everything has been read. */
  expectEnd(): void {
    if (this.remaining === 0) return;
    throw new HearthError("data", `${this.#what}: ${this.remaining} bytes too many`);
  }

  #need(count: number): void {
    if (count <= this.remaining) return;
    throw new HearthError(
      "data",
      `${this.#what}: ${count} more bytes expected, ${this.remaining} left position=${this.#position}`,
    );
  }
}
