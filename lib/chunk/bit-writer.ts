/**
 * A cursor that writes bits, most significant first. Bits gather in one 32-bit lane, which is
 * stored when it is full; 64-bit fields are written as two words.
 */

const INITIAL_CAPACITY_BYTES = 4096;
const LANE_BYTES = 4;

export class BitWriter {
  #bytes = new Uint8Array(INITIAL_CAPACITY_BYTES);
  #view = new DataView(this.#bytes.buffer);
  /** Bytes stored from full lanes. */
  #stored = 0;
  /** Bits not yet stored, at the top of the lane. */
  #lane = 0;
  /** Bits still free in the lane: 1 to 32. */
  #free = 32;

  /**
   * Discards everything and makes room for `capacityBytes`, the most that may be written until the
   * next reset.
   */
  reset(capacityBytes: number): void {
    if (capacityBytes + LANE_BYTES > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * (capacityBytes + LANE_BYTES));
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#stored = 0;
    this.#lane = 0;
    this.#free = 32;
  }

  /** Makes room for `extraBytes` after what was written, which is kept. */
  reserve(extraBytes: number): void {
    const needed = this.#stored + 2 * LANE_BYTES + extraBytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * needed);
    grown.set(this.#bytes.subarray(0, this.#stored));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  /** Writes the low `count` (1 to 32) bits of `bits`; the bits above them must be zero. */
  writeBits(bits: number, count: number): void {
    const free = this.#free - count;
    if (free > 0) {
      this.#lane |= bits << free;
      this.#free = free;
      return;
    }
    this.#view.setInt32(this.#stored, this.#lane | (bits >>> -free));
    this.#stored += LANE_BYTES;
    // A shift by 32 would be a shift by 0.
    this.#lane = free === 0 ? 0 : bits << (free + 32);
    this.#free = free + 32;
  }

  /**
   * Writes a whole number from 0 to 2^53 as 7 bits per byte, lowest first; the top bit says that
   * more bytes follow.
   */
  writeUvarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.writeBits((rest % 0x80) | 0x80, 8);
      rest = Math.floor(rest / 0x80);
    }
    this.writeBits(rest, 8);
  }

  /** Writes a whole number within ±2^52 in zigzag order: 0, -1, 1, -2, ... */
  writeVarint(value: number): void {
    this.writeUvarint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** A copy of what was written, padded with zero bits to whole bytes. */
  toBytes(): Uint8Array<ArrayBuffer> {
    this.#view.setInt32(this.#stored, this.#lane);
    return this.#bytes.slice(0, this.#stored + ((39 - this.#free) >>> 3));
  }
}
