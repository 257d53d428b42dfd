/** A cursor over the numbers and strings of LevelDB's files. Throws `RangeError` at the end. */
export class LevelReader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#end;
  }

  readVarint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      if (this.isAtEnd || factor > 2 ** 56) throw new RangeError("a number has no end");
      const byte = this.#bytes[this.#at++];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  readBytes(length: number): Uint8Array {
    if (length > this.#end - this.#at) throw new RangeError("a string is longer than what is left");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Behind its length. */
  readString(): Uint8Array {
    return this.readBytes(this.readVarint());
  }
}

/** Behind a key in the files, LevelDB has the number and the type of its write. */
const WRITE_BYTES = 8;

/** A key as a user knows it, one character each byte. */
export function userKey(internalKey: Uint8Array): string {
  const { buffer, byteOffset, length } = internalKey;
  return Buffer.from(buffer, byteOffset, Math.max(0, length - WRITE_BYTES)).toString("latin1");
}
