/**
 * The buckets of a chunk's integer histograms while they are read. histogram-values.ts describes
 * the encoding.
 */
import { newFloatColumn } from "../histogram/short-columns.ts";
import type { BitReader } from "./bit-reader.ts";
import { type Lanes, numberOf, readSecondDifference, readVarbitInt, SHORT_WIDTHS, WIDTHS } from "./varbit.ts";

/** Numbers below this are small enough to add their second difference without a check. */
const MAX_SMALL = 2 ** 50;

const lanes: Lanes = { high: 0, low: 0 };

/** The buckets of one sign. Each number is the difference to the bucket before. */
export class WholeBuckets {
  /** The latest two numbers of each bucket. */
  readonly #middle: Float64Array;
  readonly #oldest: Float64Array;
  /** Whether all counts so far are small, and so all numbers. */
  #areSmall = true;

  constructor(buckets: number) {
    this.#middle = newFloatColumn(buckets);
    this.#oldest = newFloatColumn(buckets);
  }

  /**
   * Reads the buckets of a chunk's first histogram into `rows[from..]`. Throws "data" for an
   * invalid count.
   */
  readFirst(bits: BitReader, rows: Float64Array, from: number): void {
    const middle = this.#middle;
    let count = 0;
    for (let i = 0; i < middle.length; i++) {
      readVarbitInt(bits, lanes);
      const value = numberOf(lanes);
      middle[i] = value;
      this.#oldest[i] = value;
      count += value;
      checkCount(bits, count);
      if (count >= MAX_SMALL) this.#areSmall = false;
      rows[from + i] = count;
    }
  }

  /** Reads the buckets of a later histogram. Throws "data" for an invalid count. */
  read(bits: BitReader, rows: Float64Array, from: number): void {
    if (this.#areSmall) this.#readSmall(bits, rows, from);
    else this.#readAny(bits, rows, from);
  }

  /**
   * Buckets are most of a chunk. This loop therefore keeps the position in a local variable, reads
   * a short field from one word, and skips range checks while all counts are small: chunks take 0.8
   * of the time that a call per field takes.
   */
  #readSmall(bits: BitReader, rows: Float64Array, from: number): void {
    const middle = this.#middle;
    const oldest = this.#oldest;
    const { view, end } = bits;
    let { position } = bits;
    let count = 0;
    for (let i = 0; i < middle.length; i++) {
      const head = view.getInt32(position >>> 3) << (position & 7);
      const latest = middle[i];
      let value = latest + (latest - oldest[i]);
      if (head >= 0) position++;
      else {
        const ones = Math.clz32(~head);
        if (ones <= SHORT_WIDTHS) {
          const width = WIDTHS[ones - 1];
          const field = (head << (ones + 1)) >>> (32 - width);
          value += field > 1 << (width - 1) ? field - (1 << width) : field;
          position += ones + 1 + width;
        } else {
          bits.position = position;
          value = readSecondDifference(bits, latest, oldest[i]);
          position = bits.position;
        }
      }
      oldest[i] = latest;
      middle[i] = value;
      count += value;
      rows[from + i] = count;
      if (position > end || !(count >= 0 && count < MAX_SMALL)) {
        bits.position = position;
        checkCount(bits, count);
        this.#areSmall = false;
      }
    }
    bits.position = position;
  }

  #readAny(bits: BitReader, rows: Float64Array, from: number): void {
    let count = 0;
    for (let i = 0; i < this.#middle.length; i++) {
      const latest = this.#middle[i];
      const value = readSecondDifference(bits, latest, this.#oldest[i]);
      this.#oldest[i] = latest;
      this.#middle[i] = value;
      count += value;
      checkCount(bits, count);
      rows[from + i] = count;
    }
  }
}

/** A valid count keeps the next calculation exact. */
export function checkCount(bits: BitReader, count: number): void {
  bits.checkEnd();
  if (!(count >= 0 && count <= Number.MAX_SAFE_INTEGER))
    bits.fail(`a count of ${count}, expected 0 to 2^53 - 1`);
}
