/**
 * A cursor that reads bits, most significant first. It reads from a copy followed by zeros, so
 * callers check for the end once per sample instead of once per field, and nothing outside the
 * input is read.
 */
import { HearthError } from "../model/errors.ts";

/**
 * Zero bytes after the input: how far fields may be read past its end before `checkEnd` is called.
 */
export const OVERREAD_BYTES = 40;

const INITIAL_CAPACITY_BYTES = 4096;
const TWO_32 = 2 ** 32;

/** The 32 bits from bit `position` on as a signed number. */
export function peekAt(view: DataView, position: number): number {
  const byte = position >>> 3;
  const shift = position & 7;
  return (view.getInt32(byte) << shift) | (view.getUint8(byte + 4) >>> (8 - shift));
}

export class BitReader {
  readonly #what: string;
  #bytes = new Uint8Array(INITIAL_CAPACITY_BYTES);
  /** The input, for loops that keep the position in a local variable. `reset` may replace it. */
  view = new DataView(this.#bytes.buffer);
  /** The next bit, and the number of bits in the input. */
  position = 0;
  end = 0;

  /** What is being read, for messages. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Starts at the first byte of `input`, which is copied. */
  reset(input: Uint8Array): void {
    const needed = input.length + OVERREAD_BYTES;
    if (needed > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * needed);
      this.view = new DataView(this.#bytes.buffer);
    }
    this.#bytes.set(input);
    this.#bytes.fill(0, input.length, needed);
    this.position = 0;
    this.end = input.length * 8;
  }

  /** The next 32 bits as a signed number, without moving. */
  peek(): number {
    return peekAt(this.view, this.position);
  }

  skip(count: number): void {
    this.position += count;
  }

  /** Reads `count` (1 to 32) bits as an unsigned number. */
  readBits(count: number): number {
    const bits = this.peek() >>> (32 - count);
    this.position += count;
    return bits;
  }

  /** Reads a 64-bit two's complement number. Throws "data" if a double cannot represent it. */
  readInt64(): number {
    const high = this.readBits(32) | 0;
    return this.#safeInteger(high * TWO_32 + this.readBits(32));
  }

  /**
   * Reads a varint of at most 10 bytes. Throws "data" if it is longer or a double cannot represent
   * it.
   */
  readUvarint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 0x80) {
      const byte = this.readBits(8);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return this.#safeInteger(value);
    }
    this.fail("a varint has more than 10 bytes");
  }

  /** Reads a zigzag varint. Throws "data" if it is longer than 10 bytes or beyond ±2^52. */
  readVarint(): number {
    const zigzag = this.readUvarint();
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }

  /** Throws "data" if more bits were read than the input has. */
  checkEnd(): void {
    if (this.position > this.end) this.fail();
  }

  /**
   * Throws "data" for the field that was just read: if the input ended within it that is the
   * reason, else `message`.
   */
  fail(message?: string): never {
    const ended = `input ends within a sample, bytes=${this.end / 8}`;
    throw new HearthError("data", `${this.#what}: ${this.position > this.end ? ended : message}`);
  }

  /** The number of bits left; negative past the end. */
  unreadBits(): number {
    return this.end - this.position;
  }

  /** Whole bytes of the input that were not read. A partly read byte counts as read. */
  unreadBytes(): number {
    return this.unreadBits() >>> 3;
  }

  #safeInteger(value: number): number {
    if (Number.isSafeInteger(value)) return value;
    this.fail(`a time or time step is beyond 2^53 ms, came ${value}`);
  }
}
