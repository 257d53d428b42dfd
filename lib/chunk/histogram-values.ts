/**
 * What histogram chunks hold of each histogram beside its time, buckets in the order of the chunk's layout.
 * https://github.com/prometheus/prometheus/blob/main/tsdb/docs/format/chunks.md
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
 * A staleness marker has no buckets. Its counts are zero in float chunks and say nothing in integer ones, and only staleness
 * markers follow it.
 */
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../model/stale-marker.ts";
import type { BitReader } from "./bit-reader.ts";
import type { BitWriter } from "./bit-writer.ts";
import { checkCount, WholeBuckets } from "./histogram-buckets.ts";
import {
  readSecondDifference,
  readVarbitUint,
  writeSecondDifference,
  writeVarbitInt,
  writeVarbitUint,
} from "./varbit.ts";
import { XorValueReader, XorValueWriter } from "./xor-value.ts";

/** What one histogram has beside its chunk's layout. Written to by readers, which hand out the same object each time. */
export interface HistogramValues {
  count: number;
  zeroCount: number;
  sum: number;
  isStale: boolean;
  /** One count for each bucket of the layout; none of a staleness marker. */
  positive: Float64Array;
  negative: Float64Array;
}

export interface HistogramValueWriter {
  /** Writes the next histogram. */
  write(bits: BitWriter, values: HistogramValues): void;
}

export interface HistogramValueReader {
  /** Reads the next histogram, its buckets to the arrays that `into` has. Throws "data". */
  read(bits: BitReader, into: HistogramValues): void;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** A double that is written as its difference from the one before. */
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

/** Whole numbers that are written as the change of their change, after a first one. */
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
  #isFirst = true;

  constructor(positiveBuckets: number, negativeBuckets: number) {
    this.#positive = new WholeBuckets(positiveBuckets);
    this.#negative = new WholeBuckets(negativeBuckets);
  }

  read(bits: BitReader, into: HistogramValues): void {
    if (this.#isFirst) this.#readFirst(bits, into);
    else {
      into.count = this.#count.read(bits);
      into.zeroCount = this.#zeroCount.read(bits);
      into.sum = this.#sum.read(bits);
      into.isStale = this.#sum.isStaleMarker;
      if (!into.isStale) {
        this.#positive.read(bits, into.positive);
        this.#negative.read(bits, into.negative);
      }
    }
    if (into.isStale) return;
    checkCount(bits, into.count);
    checkCount(bits, into.zeroCount);
  }

  #readFirst(bits: BitReader, into: HistogramValues): void {
    into.count = readVarbitUint(bits);
    into.zeroCount = readVarbitUint(bits);
    into.sum = this.#sum.read(bits);
    into.isStale = this.#sum.isStaleMarker;
    this.#count.start(into.count);
    this.#zeroCount.start(into.zeroCount);
    this.#positive.readFirst(bits, into.positive);
    this.#negative.readFirst(bits, into.negative);
    this.#isFirst = false;
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
  readonly #positive: DoubleReader[];
  readonly #negative: DoubleReader[];
  #isFirst = true;

  constructor(positiveBuckets: number, negativeBuckets: number) {
    this.#positive = Array.from({ length: positiveBuckets }, () => new DoubleReader());
    this.#negative = Array.from({ length: negativeBuckets }, () => new DoubleReader());
  }

  read(bits: BitReader, into: HistogramValues): void {
    into.count = this.#count.read(bits);
    into.zeroCount = this.#zeroCount.read(bits);
    into.sum = this.#sum.read(bits);
    into.isStale = this.#sum.isStaleMarker;
    if (this.#isFirst || !into.isStale) {
      this.#readBuckets(bits, this.#positive, into.positive);
      this.#readBuckets(bits, this.#negative, into.negative);
    }
    this.#isFirst = false;
  }

  #readBuckets(bits: BitReader, columns: readonly DoubleReader[], counts: Float64Array): void {
    for (let i = 0; i < columns.length; i++) {
      counts[i] = columns[i].read(bits);
      bits.checkEnd();
    }
  }
}
