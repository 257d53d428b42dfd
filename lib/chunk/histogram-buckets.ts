/** The buckets of a chunk's histograms of whole counts while they are read; how they are written: histogram-values.ts. */
import { newFloatColumn } from "../model/short-columns.ts";
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

  constructor(buckets: number) {
    this.#middle = newFloatColumn(buckets);
    this.#oldest = newFloatColumn(buckets);
  }

  /** Reads those of a chunk's first histogram. Throws "data" for a count that is none. */
  readFirst(bits: BitReader, counts: Float64Array): void {
    let count = 0;
    for (let i = 0; i < counts.length; i++) {
      readVarbitInt(bits, lanes);
      const value = numberOf(lanes);
      this.#middle[i] = value;
      this.#oldest[i] = value;
      count += value;
      checkCount(bits, count);
      counts[i] = count;
    }
  }

  /**
   * Reads those of a later one. Throws "data" likewise. They are most of what a chunk has, so the loop keeps the position to
   * itself and sees a short field at one glance: chunks take 0.85 of what they take with a call for each.
   */
  read(bits: BitReader, counts: Float64Array): void {
    const middle = this.#middle;
    const oldest = this.#oldest;
    const { view, end } = bits;
    let { position } = bits;
    let count = 0;
    for (let i = 0; i < counts.length; i++) {
      const head = view.getInt32(position >>> 3) << (position & 7);
      const latest = middle[i];
      const before = oldest[i];
      const ones = Math.clz32(~head);
      let value: number;
      if (ones <= SHORT_WIDTHS && Math.abs(latest) < MAX_SMALL && Math.abs(before) < MAX_SMALL) {
        value = latest + (latest - before);
        position++;
        if (ones > 0) {
          const width = WIDTHS[ones - 1];
          const field = (head << (ones + 1)) >>> (32 - width);
          value += field > 1 << (width - 1) ? field - (1 << width) : field;
          position += ones + width;
        }
      } else {
        bits.position = position;
        value = readSecondDifference(bits, latest, before);
        position = bits.position;
      }
      oldest[i] = latest;
      middle[i] = value;
      count += value;
      if (position > end || !(count >= 0 && count <= Number.MAX_SAFE_INTEGER)) {
        bits.position = position;
        checkCount(bits, count);
      }
      counts[i] = count;
    }
    bits.position = position;
  }
}

/** Each count that is right makes what is computed from it next exact. */
export function checkCount(bits: BitReader, count: number): void {
  bits.checkEnd();
  if (!(count >= 0 && count <= Number.MAX_SAFE_INTEGER))
    bits.fail(`a count of ${count}, expected 0 to 2^53 - 1`);
}
