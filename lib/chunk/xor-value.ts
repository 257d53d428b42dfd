/**
 * The values of a XOR chunk after its first: each as the bits in which it differs from the one
 * before.
 *
 *     0                                            the same bits
 *     1 0 <bits of the window>                     different only within the latest window
 *     1 1 <leading: 5> <significant: 6> <bits>     a new window: 64 bits less leading and trailing
 *
 * `leading` and `trailing` count the zero bits around what differs, at most 31 leading ones; 64
 * significant bits are written as 0. A value is two 32-bit words throughout, so the bits of every
 * NaN survive. https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md
 * (varbit_xor)
 */
import type { BitReader } from "./bit-reader.ts";
import type { BitWriter } from "./bit-writer.ts";

/** The width of the field for leading zeros allows no more. */
const MAX_LEADING = 31;

/** Writes values one after the other. */
export class XorValueWriter {
  #high = 0;
  #low = 0;
  /** The window of the last change. No window fits the first change, which opens one. */
  #leading = 64;
  #trailing = 64;

  /** Starts a chunk with a value written whole. */
  writeFirst(bits: BitWriter, high: number, low: number): void {
    this.#high = high;
    this.#low = low;
    this.#leading = 64;
    this.#trailing = 64;
    bits.writeBits(high, 32);
    bits.writeBits(low, 32);
  }

  write(bits: BitWriter, high: number, low: number): void {
    const xorHigh = high ^ this.#high;
    const xorLow = low ^ this.#low;
    if ((xorHigh | xorLow) === 0) {
      bits.writeBits(0, 1);
      return;
    }
    this.#high = high;
    this.#low = low;
    const leading = Math.min(xorHigh !== 0 ? Math.clz32(xorHigh) : 32 + Math.clz32(xorLow), MAX_LEADING);
    const trailing = xorLow !== 0 ? trailingZeros(xorLow) : 32 + trailingZeros(xorHigh);
    if (leading >= this.#leading && trailing >= this.#trailing) bits.writeBits(0b10, 2);
    else {
      this.#leading = leading;
      this.#trailing = trailing;
      bits.writeBits((0b11 << 11) | (leading << 6) | ((64 - leading - trailing) & 63), 13);
    }
    writeWindow(bits, xorHigh, xorLow, 64 - this.#leading - this.#trailing, this.#trailing);
  }
}

/**
 * Writes `significant` bits of a 64-bit number, the lowest being bit `trailing`. The bits above
 * them must be zero.
 */
export function writeWindow(
  bits: BitWriter,
  high: number,
  low: number,
  significant: number,
  trailing: number,
): void {
  if (trailing >= 32) {
    bits.writeBits(high >>> (trailing - 32), significant);
    return;
  }
  const shiftedLow = trailing === 0 ? low : (low >>> trailing) | (high << (32 - trailing));
  if (significant > 32) {
    bits.writeBits(high >>> trailing, significant - 32);
    bits.writeBits(shiftedLow, 32);
  } else bits.writeBits(shiftedLow, significant);
}

/** Of a word that is not 0. */
export function trailingZeros(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Reads values one after the other into `high` and `low`. */
export class XorValueReader {
  /** The words of the value read last. */
  high = 0;
  low = 0;
  /** The window of the last change: 0 significant bits when there was none. */
  #significant = 0;
  #trailing = 0;

  readFirst(bits: BitReader): void {
    this.high = bits.readBits(32);
    this.low = bits.readBits(32);
    this.#significant = 0;
    this.#trailing = 0;
  }

  /** Reads the next value. Throws "data" for a window that no writer opens. */
  read(bits: BitReader): void {
    const head = bits.peek();
    if (head >= 0) {
      bits.skip(1);
      return;
    }
    if ((head & 0x4000_0000) === 0) bits.skip(2);
    else {
      bits.skip(13);
      this.#openWindow(bits, (head >>> 25) & 31, (head >>> 19) & 63 || 64);
    }
    this.#readWindow(bits);
  }

  #openWindow(bits: BitReader, leading: number, significant: number): void {
    if (leading + significant > 64) {
      bits.fail(`impossible window, leading=${leading} significant=${significant}`);
    }
    this.#significant = significant;
    this.#trailing = 64 - leading - significant;
  }

  #readWindow(bits: BitReader): void {
    const significant = this.#significant;
    const trailing = this.#trailing;
    if (significant > 32) {
      const high = bits.readBits(significant - 32);
      const low = bits.readBits(32);
      this.high ^= trailing === 0 ? high : (high << trailing) | (low >>> (32 - trailing));
      this.low ^= low << trailing;
      return;
    }
    if (significant === 0) bits.fail("a window is used before one is set");
    const low = bits.readBits(significant);
    if (trailing >= 32) this.high ^= low << (trailing - 32);
    else {
      this.low ^= low << trailing;
      if (trailing > 0) this.high ^= low >>> (32 - trailing);
    }
  }
}
