/**
 * Columns that grow. Chunks and log records of one series are decoded into them in order of
 * arrival; `sortSamples` then puts them in order of time.
 */
import type { Histogram } from "../model/histogram.ts";
import type { Samples } from "../model/samples.ts";

const INITIAL_CAPACITY = 128;
/**
 * The least size of grown columns. A hundred thousand series of a few samples each must not take 2
 * KB each.
 */
const MIN_CAPACITY = 8;
/** A histogram's object, two sides, two arrays, spans, and an entry in a map. */
const HISTOGRAM_OBJECT_BYTES = 800;
const BUCKET_BYTES = 8;
const SPAN_BYTES = 40;

export class SampleColumns {
  /** Milliseconds since the epoch; the first `count` are set. Replaced when the columns grow. */
  timestamps: Float64Array<ArrayBuffer>;
  values: Float64Array<ArrayBuffer>;
  /**
   * The same memory as `values`, two words each: low at 2i, high at 2i + 1 (every host of Node is
   * little-endian).
   */
  words: Uint32Array<ArrayBuffer>;
  /** The start time of each sample, in ms; 0 if unknown. Undefined while none is known. */
  startTimestamps: Float64Array<ArrayBuffer> | undefined;
  count = 0;
  /**
   * The native histograms by sample index; their values are meaningless. Undefined while there are
   * none.
   */
  histograms: Map<number, Histogram> | undefined;
  /** The memory of the histograms, approximately. */
  histogramBytes = 0;

  constructor(capacity: number = INITIAL_CAPACITY) {
    // One allocation, which costs more than its views.
    const buffer = new ArrayBuffer(2 * 8 * capacity);
    this.timestamps = new Float64Array(buffer, 0, capacity);
    this.values = new Float64Array(buffer, 8 * capacity, capacity);
    this.words = new Uint32Array(buffer, 8 * capacity, 2 * capacity);
  }

  /** Makes room for `extra` more samples, at least doubling when it grows. */
  reserve(extra: number): void {
    const needed = this.count + extra;
    if (needed <= this.timestamps.length) return;
    const grown = new SampleColumns(Math.max(needed, 2 * this.timestamps.length, MIN_CAPACITY));
    grown.timestamps.set(this.timestamps.subarray(0, this.count));
    grown.words.set(this.words.subarray(0, 2 * this.count));
    if (this.startTimestamps !== undefined) {
      grown.addStarts().set(this.startTimestamps.subarray(0, this.count));
      this.startTimestamps = grown.startTimestamps;
    }
    this.timestamps = grown.timestamps;
    this.values = grown.values;
    this.words = grown.words;
  }

  /** Creates the column of start times, unless there is one. */
  addStarts(): Float64Array<ArrayBuffer> {
    this.startTimestamps ??= new Float64Array(this.timestamps.length);
    return this.startTimestamps;
  }

  /** Sets the start time of the sample appended last, in ms; 0 is unknown. */
  setStart(startMs: number): void {
    if (startMs !== 0) this.addStarts()[this.count - 1] = startMs;
  }

  /** Appends one sample; the value as the two words of its bits. */
  appendSample(timestampMs: number, high: number, low: number): void {
    this.reserve(1);
    this.timestamps[this.count] = timestampMs;
    this.words[2 * this.count] = low;
    this.words[2 * this.count + 1] = high;
    this.count++;
  }

  /** Appends a copy of `samples`. */
  appendSamples(samples: Samples): void {
    this.reserve(samples.timestamps.length);
    this.timestamps.set(samples.timestamps, this.count);
    this.words.set(valueWords(samples.values), 2 * this.count);
    if (samples.startTimestamps !== undefined) this.addStarts().set(samples.startTimestamps, this.count);
    this.count += samples.timestamps.length;
  }

  /** Appends a copy of samples `start..end` (half-open). */
  appendRange({ timestamps, values, startTimestamps }: Samples, start: number, end: number): void {
    const { count } = this;
    this.reserve(end - start);
    const { timestamps: times, words } = this;
    const from = valueWords(values);
    for (let i = start, to = count; i < end; i++, to++) {
      times[to] = timestamps[i];
      words[2 * to] = from[2 * i];
      words[2 * to + 1] = from[2 * i + 1];
    }
    this.count += end - start;
    const starts = startTimestamps?.subarray(start, end);
    if (starts?.some((startMs) => startMs !== 0)) this.addStarts().set(starts, count);
  }

  appendHistogram(timestampMs: number, histogram: Histogram): void {
    this.histograms ??= new Map();
    this.histograms.set(this.count, histogram);
    const { positive, negative } = histogram;
    this.histogramBytes += histogramBytes(
      positive.counts.length + negative.counts.length,
      positive.spans.length + negative.spans.length,
    );
    this.appendSample(timestampMs, 0, 0);
  }

  /** Appends all samples of other columns. */
  appendColumns(columns: SampleColumns): void {
    const base = this.count;
    this.appendSamples(columns.samples());
    if (columns.histograms === undefined) return;
    this.histograms ??= new Map();
    for (const [index, histogram] of columns.histograms) this.histograms.set(base + index, histogram);
    this.histogramBytes += columns.histogramBytes;
  }

  /** Discards all samples and keeps the memory. */
  clear(): void {
    this.count = 0;
    this.startTimestamps = undefined;
    this.histograms = undefined;
    this.histogramBytes = 0;
  }

  /** Views of the appended samples, valid until the next append or clear. */
  samples(): Samples {
    const { count, timestamps, values, startTimestamps } = this;
    return {
      timestamps: timestamps.subarray(0, count),
      values: values.subarray(0, count),
      ...(startTimestamps && { startTimestamps: startTimestamps.subarray(0, count) }),
    };
  }
}

/** The memory of a histogram, approximately; `spans` are those that it does not share. */
export function histogramBytes(buckets: number, spans: number): number {
  return HISTOGRAM_OBJECT_BYTES + BUCKET_BYTES * buckets + SPAN_BYTES * spans;
}

/** The bits of `values` as two words each, low before high, over the same memory. */
export function valueWords(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
}
