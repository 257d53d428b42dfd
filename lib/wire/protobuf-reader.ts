/**
 * A cursor over the protobuf wire format. Every step is bounds-checked.
 * https://protobuf.dev/programming-guides/encoding/
 *
 *     message := (tag value)*
 *     tag     := varint(field number << 3 | wire type)
 *     varint  := 7 bits a byte, least significant first, high bit set on all but the last; at most 10 bytes, 64 bits
 *
 * A decoder is a loop that switches on whole tags and hands unknown ones to `skip`:
 *
 *     const NAME = tagOf(1, LENGTH_DELIMITED);
 *     while (reader.hasMore()) {
 *       const tag = reader.readTag();
 *       if (tag === NAME) name = reader.readString();
 *       else reader.skip(tag, LAST_FIELD);
 *     }
 */
import { HearthError } from "../model/errors.ts";

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH_DELIMITED = 2;
const START_GROUP = 3;
const END_GROUP = 4;
export const FIXED32 = 5;

/** The deepest nesting of groups that `skip` follows: the recursion limit of protobuf's C++ and Java parsers. */
const MAX_GROUP_DEPTH = 100;

const TWO_32 = 2 ** 32;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Makes a tag as `readTag` returns it. */
export function tagOf(field: number, wireType: number): number {
  return ((field << 3) | wireType) >>> 0;
}

/** Decodes `bytes[start..end)`. Throws "invalid" if the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch (cause) {
    throw malformed(`a string of ${end - start} bytes is not UTF-8`, start, { cause });
  }
}

const lossyUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes text for messages: U+FFFD replaces bytes that are not UTF-8. */
export function decodeLossy(bytes: Uint8Array, start: number, end: number): string {
  return lossyUtf8.decode(bytes.subarray(start, end));
}

/**
 * Every method throws "invalid", with the byte offset in `bytes`, for malformed or truncated input.
 * Offsets count from the start of `bytes`, not of the span.
 */
export class ProtobufReader {
  readonly bytes: Uint8Array;
  /** Where the next read starts. */
  position: number;
  /** The end of the current message. */
  end: number;
  readonly #view: DataView;
  /** The 64 bits of the latest varint. */
  #low = 0;
  #high = 0;

  /** Reads the span `start..end` of `bytes`, without copying. */
  constructor(bytes: Uint8Array, start = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether the message has another field. */
  hasMore(): boolean {
    return this.position < this.end;
  }

  /** The next field's number and wire type, to compare with `tagOf`. */
  readTag(): number {
    const start = this.position;
    const tag = this.readUint32();
    if (this.position - start > 1 && this.#high !== 0)
      throw malformed("a field number beyond 29 bits", start);
    if (tag >>> 3 === 0) throw malformed("field number 0", start);
    if ((tag & 7) > FIXED32)
      throw malformed(`field ${tag >>> 3} has wire type ${tag & 7}, there are 0 to 5`, start);
    return tag;
  }

  /** Reads a varint's low 32 bits, unsigned: uint32, and the base of int32, enums and booleans. */
  readUint32(): number {
    const byte = this.bytes[this.position];
    if (byte < 0x80 && this.position < this.end) {
      this.position++;
      return byte;
    }
    this.#readVarint();
    return this.#low >>> 0;
  }

  /** An int64: exact up to 2^53 from zero, else the nearest double. */
  readInt64(): number {
    this.#readVarint();
    return this.#high * TWO_32 + (this.#low >>> 0);
  }

  /** A uint64: exact up to 2^53, else the nearest double. */
  readUint64(): number {
    this.#readVarint();
    return (this.#high >>> 0) * TWO_32 + (this.#low >>> 0);
  }

  /** Reads a sint64 or sint32 (zigzag): exact up to 2^53 from zero, else the nearest double. */
  readSint64(): number {
    this.#readVarint();
    const flip = -(this.#low & 1);
    const low = (this.#low >>> 1) | (this.#high << 31);
    return ((this.#high >>> 1) ^ flip) * TWO_32 + ((low ^ flip) >>> 0);
  }

  /** An int64 in decimal, exactly. */
  readInt64Digits(): string {
    this.#readVarint();
    return String((BigInt(this.#high | 0) << 32n) | BigInt(this.#low >>> 0));
  }

  /** Calls `make` with the two unsigned halves of 64 fixed bits. */
  readFixed64Lanes(make: (high: number, low: number) => number): number {
    const at = this.#advance(8);
    return make(this.#view.getUint32(at + 4, true), this.#view.getUint32(at, true));
  }

  /** 64 fixed bits as an unsigned number: exact up to 2^53, else the nearest double. */
  readFixed64(): number {
    const at = this.#advance(8);
    return this.#view.getUint32(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
  }

  /** 64 fixed bits as a two's complement number: exact up to 2^53 from zero, else the nearest double. */
  readSfixed64(): number {
    const at = this.#advance(8);
    return this.#view.getInt32(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
  }

  /** Reads a double. A NaN may lose its payload; `readDoubleInto` keeps it. */
  readDouble(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** Reads a double into a column, bit for bit. */
  readDoubleInto(column: Float64Array, index: number): void {
    column[index] = this.#view.getFloat64(this.#advance(8), true);
  }

  /** Moves to the start of a length-delimited value and returns where it ends (exclusive). */
  readSpan(): number {
    const start = this.position;
    const length = this.#readLength();
    if (length > this.end - this.position) {
      throw malformed(`a value of ${length} bytes where ${this.end - this.position} are left`, start);
    }
    return this.position + length;
  }

  /** The bytes of a length-delimited value: a view. */
  readBytes(): Uint8Array {
    const end = this.readSpan();
    const value = this.bytes.subarray(this.position, end);
    this.position = end;
    return value;
  }

  readString(decode: typeof decodeUtf8 = decodeUtf8): string {
    const end = this.readSpan();
    const value = decode(this.bytes, this.position, end);
    this.position = end;
    return value;
  }

  /** Narrows the reader to the next embedded message. Returns the outer end for `leave`. */
  enter(): number {
    const outerEnd = this.end;
    this.end = this.readSpan();
    return outerEnd;
  }

  /** Continues after the embedded message, even if it was not read to its end. */
  leave(outerEnd: number): void {
    this.position = this.end;
    this.end = outerEnd;
  }

  /**
   * Skips the value of an unknown field. The caller knows all fields up to `lastKnownField`, so one of
   * them here has a wrong wire type and throws. Prometheus refuses that too: skipping a matcher or a
   * label would change what is queried or stored.
   */
  skip(tag: number, lastKnownField = 0): void {
    if (tag >>> 3 <= lastKnownField) {
      throw malformed(`field ${tag >>> 3} with wire type ${tag & 7}, which it must not have`, this.position);
    }
    this.#skipValue(tag, 0);
  }

  #skipValue(tag: number, depth: number): void {
    switch (tag & 7) {
      case VARINT:
        this.#readVarint();
        break;
      case FIXED64:
        this.#advance(8);
        break;
      case LENGTH_DELIMITED:
        this.position = this.readSpan();
        break;
      case START_GROUP:
        this.#skipGroup(tag >>> 3, depth + 1);
        break;
      case FIXED32:
        this.#advance(4);
        break;
      case END_GROUP:
        throw malformed(`the end of group ${tag >>> 3}, which was not begun`, this.position);
      default:
        throw malformed(`wire type ${tag & 7}, there are 0 to 5`, this.position);
    }
  }

  #skipGroup(field: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) throw malformed(`more than ${MAX_GROUP_DEPTH} nested groups`, this.position);
    for (;;) {
      const tag = this.readTag();
      if (tag === tagOf(field, END_GROUP)) return;
      this.#skipValue(tag, depth);
    }
  }

  /** Lengths have 32 bits in every implementation. A longer one exceeds any message anyway. */
  #readLength(): number {
    const byte = this.bytes[this.position];
    if (byte < 0x80 && this.position < this.end) {
      this.position++;
      return byte;
    }
    return this.readUint64();
  }

  /** Skips `count` bytes and returns their start. */
  #advance(count: number): number {
    const start = this.position;
    if (count > this.end - start) {
      throw malformed(`a value of ${count} bytes where ${this.end - start} are left`, start);
    }
    this.position = start + count;
    return start;
  }

  #readVarint(): void {
    const { bytes, position: start } = this;
    const end = Math.min(this.end, start + 10);
    let low = 0;
    let high = 0;
    for (let i = start, shift = 0; i < end; i++, shift += 7) {
      const byte = bytes[i];
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift > 28) high |= bits << (shift - 32);
      else {
        low |= bits << 28;
        high = bits >>> 4;
      }
      if (byte < 0x80) {
        if (shift === 63 && byte > 1) throw malformed("a varint beyond 64 bits", start);
        this.#low = low;
        this.#high = high;
        this.position = i + 1;
        return;
      }
    }
    throw malformed(end === start + 10 ? "a varint longer than 10 bytes" : "the end inside a varint", start);
  }
}

function malformed(what: string, offset: number, options?: ErrorOptions): HearthError {
  return new HearthError("invalid", `protobuf: ${what} offset=${offset}`, options);
}
