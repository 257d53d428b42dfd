/**
 * What histogram chunks hold of each histogram beside its time, buckets in the order of the chunk's
 * layout. https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md
 *
 *     integer                first                      each later one
 *       count, zero count    varbit_uint                varbit_int: the change of its change
 *       sum                  8 bytes                    see xor-value.ts
 *       bucket               varbit_int: what it has    varbit_int: the change of that change
 *                            more than the one before
 *     float
 *       count, zero count,   8 bytes each               see xor-value.ts, a window for each
 *       sum, bucket
 *
 * A staleness marker has no buckets. Its counts are zero in float chunks and say nothing in integer
 * ones, and only staleness markers follow it.
 */
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../model/stale-marker.ts";
import type { BitReader } from "./bit-reader.ts";
import type { BitWriter } from "./bit-writer.ts";
import { ROW_BUCKETS, ROW_COUNT, ROW_SUM, ROW_ZERO_COUNT } from "./histogram-block.ts";
import { checkCount, WholeBuckets } from "./histogram-buckets.ts";
import {
  readSecondDifference,
  readVarbitUint,
  writeSecondDifference,
  writeVarbitInt,
  writeVarbitUint,
} from "./varbit.ts";
import { XorValueReader, XorValueWriter } from "./xor-value.ts";

/** What a histogram has beside its chunk's layout. */
export interface HistogramValues {
  readonly count: number;
  readonly zeroCount: number;
  readonly sum: number;
  readonly isStale: boolean;
  /** One count per bucket of the layout; none for a staleness marker. */
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

export interface HistogramValueWriter {
  /** Writes the next histogram. */
  write(bits: BitWriter, values: HistogramValues): void;
}

export interface HistogramValueReader {
  /**
   * Reads the next histogram into the row that begins at `row`. Returns whether it is a staleness
   * marker. Throws "data".
   */
  read(bits: BitReader, rows: Float64Array, row: number): boolean;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** A double that is written as its difference to the one before. */
class DoubleWriter {
  readonly #xor = new XorValueWriter();
  #isFirst = true;

  write(bits: BitWriter, value: number): void {
    double[0] = value;
    this.writeWords(bits, words[1], words[0]);
  }

  writeWords(bits: BitWriter, high: number, low: number): void {
    if (this.#isFirst) this.#xor.writeFirst(bits, high, low);
    else this.#xor.write(bits, high, low);
    this.#isFirst = false;
  }
}

class DoubleReader {
  readonly #xor = new XorValueReader();
  #isFirst = true;

  read(bits: BitReader): number {
    if (this.#isFirst) this.#xor.readFirst(bits);
    else this.#xor.read(bits);
    this.#isFirst = false;
    words[1] = this.#xor.high;
    words[0] = this.#xor.low;
    return double[0];
  }

  get isStaleMarker(): boolean {
    return this.#xor.high >>> 0 === STALE_MARKER_HIGH && this.#xor.low >>> 0 === STALE_MARKER_LOW;
  }
}

function writeSum(bits: BitWriter, writer: DoubleWriter, { sum, isStale }: HistogramValues): void {
  if (isStale) writer.writeWords(bits, STALE_MARKER_HIGH, STALE_MARKER_LOW);
  else writer.write(bits, sum);
}

/** Whole numbers: the first as it is, the others as the change of their change. */
class WholeColumn {
  #middle = 0;
  #oldest = 0;

  start(value: number): void {
    this.#middle = value;
    this.#oldest = value;
  }

  write(bits: BitWriter, value: number): void {
    writeSecondDifference(bits, value, this.#middle, this.#oldest);
    this.#step(value);
  }

  read(bits: BitReader): number {
    const value = readSecondDifference(bits, this.#middle, this.#oldest);
    this.#step(value);
    return value;
  }

  #step(value: number): void {
    this.#oldest = this.#middle;
    this.#middle = value;
  }
}

function wholeColumns(count: number): WholeColumn[] {
  return Array.from({ length: count }, () => new WholeColumn());
}

export class IntegerHistogramWriter implements HistogramValueWriter {
  readonly #count = new WholeColumn();
  readonly #zeroCount = new WholeColumn();
  readonly #sum = new DoubleWriter();
  readonly #positive: WholeColumn[];
  readonly #negative: WholeColumn[];
  #isFirst = true;

  constructor(positiveBuckets: number, negativeBuckets: number) {
    this.#positive = wholeColumns(positiveBuckets);
    this.#negative = wholeColumns(negativeBuckets);
  }

  write(bits: BitWriter, values: HistogramValues): void {
    if (this.#isFirst) this.#writeFirst(bits, values);
    else {
      if (values.isStale) bits.writeBits(0, 2);
      else {
        this.#count.write(bits, values.count);
        this.#zeroCount.write(bits, values.zeroCount);
      }
      writeSum(bits, this.#sum, values);
      this.#writeBuckets(bits, this.#positive, values.positive);
      this.#writeBuckets(bits, this.#negative, values.negative);
    }
    this.#isFirst = false;
  }

  #writeFirst(bits: BitWriter, values: HistogramValues): void {
    this.#count.start(values.count);
    this.#zeroCount.start(values.zeroCount);
    writeVarbitUint(bits, values.count);
    writeVarbitUint(bits, values.zeroCount);
    writeSum(bits, this.#sum, values);
    this.#writeBuckets(bits, this.#positive, values.positive);
    this.#writeBuckets(bits, this.#negative, values.negative);
  }

  #writeBuckets(bits: BitWriter, columns: readonly WholeColumn[], counts: Float64Array): void {
    let before = 0;
    for (let i = 0; i < counts.length; i++) {
      const delta = counts[i] - before;
      before = counts[i];
      if (this.#isFirst) {
        columns[i].start(delta);
        writeVarbitInt(bits, delta);
      } else columns[i].write(bits, delta);
    }
  }
}

export class IntegerHistogramReader implements HistogramValueReader {
  readonly #count = new WholeColumn();
  readonly #zeroCount = new WholeColumn();
  readonly #sum = new DoubleReader();
  readonly #positive: WholeBuckets;
  readonly #negative: WholeBuckets;
  readonly #negativeFrom: number;
  #isFirst = true;

  constructor(positiveBuckets: number, negativeBuckets: number) {
    this.#positive = new WholeBuckets(positiveBuckets);
    this.#negative = new WholeBuckets(negativeBuckets);
    this.#negativeFrom = ROW_BUCKETS + positiveBuckets;
  }

  read(bits: BitReader, rows: Float64Array, row: number): boolean {
    if (this.#isFirst) return this.#readFirst(bits, rows, row);
    const count = this.#count.read(bits);
    const zeroCount = this.#zeroCount.read(bits);
    rows[row + ROW_COUNT] = count;
    rows[row + ROW_ZERO_COUNT] = zeroCount;
    rows[row + ROW_SUM] = this.#sum.read(bits);
    if (this.#sum.isStaleMarker) return true;
    this.#positive.read(bits, rows, row + ROW_BUCKETS);
    this.#negative.read(bits, rows, row + this.#negativeFrom);
    checkCount(bits, count);
    checkCount(bits, zeroCount);
    return false;
  }

  #readFirst(bits: BitReader, rows: Float64Array, row: number): boolean {
    const count = readVarbitUint(bits);
    const zeroCount = readVarbitUint(bits);
    rows[row + ROW_COUNT] = count;
    rows[row + ROW_ZERO_COUNT] = zeroCount;
    rows[row + ROW_SUM] = this.#sum.read(bits);
    this.#count.start(count);
    this.#zeroCount.start(zeroCount);
    this.#positive.readFirst(bits, rows, row + ROW_BUCKETS);
    this.#negative.readFirst(bits, rows, row + this.#negativeFrom);
    this.#isFirst = false;
    if (this.#sum.isStaleMarker) return true;
    checkCount(bits, count);
    checkCount(bits, zeroCount);
    return false;
  }
}

export class FloatHistogramWriter implements HistogramValueWriter {
  readonly #count = new DoubleWriter();
  readonly #zeroCount = new DoubleWriter();
  readonly #sum = new DoubleWriter();
  readonly #positive: DoubleWriter[];
  readonly #negative: DoubleWriter[];

  constructor(positiveBuckets: number, negativeBuckets: number) {
    this.#positive = Array.from({ length: positiveBuckets }, () => new DoubleWriter());
    this.#negative = Array.from({ length: negativeBuckets }, () => new DoubleWriter());
  }

  write(bits: BitWriter, values: HistogramValues): void {
    this.#count.write(bits, values.isStale ? 0 : values.count);
    this.#zeroCount.write(bits, values.isStale ? 0 : values.zeroCount);
    writeSum(bits, this.#sum, values);
    for (let i = 0; i < values.positive.length; i++) this.#positive[i].write(bits, values.positive[i]);
    for (let i = 0; i < values.negative.length; i++) this.#negative[i].write(bits, values.negative[i]);
  }
}

export class FloatHistogramReader implements HistogramValueReader {
  readonly #count = new DoubleReader();
  readonly #zeroCount = new DoubleReader();
  readonly #sum = new DoubleReader();
  readonly #buckets: readonly DoubleReader[];
  #isFirst = true;

  constructor(positiveBuckets: number, negativeBuckets: number) {
    this.#buckets = Array.from({ length: positiveBuckets + negativeBuckets }, () => new DoubleReader());
  }

  read(bits: BitReader, rows: Float64Array, row: number): boolean {
    rows[row + ROW_COUNT] = this.#count.read(bits);
    rows[row + ROW_ZERO_COUNT] = this.#zeroCount.read(bits);
    rows[row + ROW_SUM] = this.#sum.read(bits);
    const isStale = this.#sum.isStaleMarker;
    if (this.#isFirst || !isStale) this.#readBuckets(bits, rows, row + ROW_BUCKETS);
    this.#isFirst = false;
    return isStale;
  }

  #readBuckets(bits: BitReader, rows: Float64Array, from: number): void {
    for (let i = 0; i < this.#buckets.length; i++) {
      rows[from + i] = this.#buckets[i].read(bits);
      bits.checkEnd();
    }
  }
}
