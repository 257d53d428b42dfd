/** The buckets of a chunk's histograms of whole counts while they are read; how they are written: histogram-values.ts. */
import { newFloatColumn } from "../histogram/short-columns.ts";
import type { BitReader } from "./bit-reader.ts";
import { type Lanes, numberOf, readSecondDifference, readVarbitInt, SHORT_WIDTHS, WIDTHS } from "./varbit.ts";

/** Numbers below this one are small enough for their second difference to be added as it is. */
const MAX_SMALL = 2 ** 50;

const lanes: Lanes = { high: 0, low: 0 };

/** Those of one sign. Each is a number of its own: what it has more than the one before it. */
export class WholeBuckets {
  /** The latest two numbers of each. */
  readonly #middle: Float64Array;
  readonly #oldest: Float64Array;
  /** Whether all counts so far are, and so all numbers. */
  #areSmall = true;

  constructor(buckets: number) {
    this.#middle = newFloatColumn(buckets);
    this.#oldest = newFloatColumn(buckets);
  }

  /** Reads those of a chunk's first histogram to `rows[from..]`. Throws "data" for a count that is none. */
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

  /** Reads those of a later one. Throws "data" likewise. */
  read(bits: BitReader, rows: Float64Array, from: number): void {
    if (this.#areSmall) this.#readSmall(bits, rows, from);
    else this.#readAny(bits, rows, from);
  }

  /**
   * They are most of what a chunk has, so this loop keeps the position to itself and sees a short field at one glance, and as long as
   * all counts are small adds without a look at how large its numbers are: chunks take 0.8 of what they take with a call for each.
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

/** Each count that is right makes what is computed from it next exact. */
export function checkCount(bits: BitReader, count: number): void {
  bits.checkEnd();
  if (!(count >= 0 && count <= Number.MAX_SAFE_INTEGER))
    bits.fail(`a count of ${count}, expected 0 to 2^53 - 1`);
}
