/**
 * The histograms of a chunk as numbers in rows. A query over a day uses one in twenty of its
 * histograms, and creating an object costs as much as reading a row, so objects are created on
 * demand.
 */
import { histogramSampleCount } from "../histogram/float-histogram.ts";
import { reduceToSupported, supportedSchema } from "../histogram/resolution.ts";
import { newFloatColumn } from "../histogram/short-columns.ts";
import { countBuckets, NO_BUCKETS, staleHistogram } from "../histogram/spans.ts";
import type { Buckets, CounterResetHint, Histogram, Span } from "../model/histogram.ts";
import type { HistogramColumn } from "../model/histogram-samples.ts";
import type { HistogramLayout } from "./histogram-layout.ts";

/** Columns of a row. Buckets follow, the positive ones first. */
export const ROW_COUNT = 0;
export const ROW_ZERO_COUNT = 1;
export const ROW_SUM = 2;
export const ROW_BUCKETS = 3;

/** A later histogram takes at least four bits, and one for each bucket. */
const MIN_LATER_BITS = 4;

/** Released rows, for the next chunks. The rows of a series' day are about 900 KB. */
const spare: Float64Array[] = [];
const MAX_SPARE = 64;
const MAX_SPARE_BYTES = 64 * 1024;

/** Not initialized. */
function takeRows(length: number): Float64Array {
  const rows = spare.pop();
  return rows !== undefined && rows.length >= length ? rows : new Float64Array(length);
}

export class HistogramBlock {
  readonly kind: Histogram["kind"];
  readonly layout: HistogramLayout;
  readonly positiveBuckets: number;
  readonly negativeBuckets: number;
  /** Numbers per row. */
  readonly width: number;
  readonly rows: Float64Array;
  /** The first staleness marker. All that follow are staleness markers too. */
  staleFrom: number;
  readonly #isGauge: boolean;
  readonly #maxRow: number;
  #sampleCount: number | undefined;

  /**
   * Makes room for `count` histograms in so many bits. Staleness markers, which need no row, may
   * make the count larger than the bits allow.
   */
  constructor(
    kind: Histogram["kind"],
    layout: HistogramLayout,
    isGauge: boolean,
    count: number,
    bits: number,
  ) {
    this.kind = kind;
    this.layout = layout;
    this.#isGauge = isGauge;
    this.positiveBuckets = countBuckets(layout.positiveSpans);
    this.negativeBuckets = countBuckets(layout.negativeSpans);
    const buckets = this.positiveBuckets + this.negativeBuckets;
    this.width = ROW_BUCKETS + buckets;
    this.#maxRow = Math.min(count - 1, 1 + Math.floor(bits / (MIN_LATER_BITS + buckets)));
    this.rows = takeRows((this.#maxRow + 1) * this.width);
    this.staleFrom = count;
  }

  /**
   * Releases the rows. No histogram may be requested afterwards; those created before stay valid.
   */
  release(): void {
    if (spare.length < MAX_SPARE && this.rows.byteLength <= MAX_SPARE_BYTES) spare.push(this.rows);
  }

  /** The start of a histogram's row in `rows`. */
  rowOf(index: number): number {
    return Math.min(index, this.#maxRow) * this.width;
  }

  /** The histogram before the first is unknown here. */
  hintAt(index: number): CounterResetHint {
    return this.#isGauge ? "gauge" : index === 0 ? "unknown" : "not reset";
  }

  isStaleAt(index: number): boolean {
    return index >= this.staleFrom;
  }

  schemaAt(index: number): number {
    return this.isStaleAt(index) ? this.at(index).schema : supportedSchema(this.layout.schema);
  }

  sampleCountAt(index: number): number {
    if (this.isStaleAt(index)) return histogramSampleCount(this.at(index));
    this.#sampleCount ??= histogramSampleCount(this.at(index));
    return this.#sampleCount;
  }

  /** A new object each time. Histograms share spans and bounds, but nothing with the block. */
  at(index: number): Histogram {
    const { kind, rows, layout, positiveBuckets, negativeBuckets } = this;
    if (this.isStaleAt(index)) return staleHistogram(kind, this.hintAt(index));
    const row = this.rowOf(index);
    const positive = row + ROW_BUCKETS;
    return reduceToSupported({
      kind,
      counterResetHint: this.hintAt(index),
      schema: layout.schema,
      zeroThreshold: layout.zeroThreshold,
      zeroCount: rows[row + ROW_ZERO_COUNT],
      count: rows[row + ROW_COUNT],
      sum: rows[row + ROW_SUM],
      positive: bucketsOf(layout.positiveSpans, rows, positive, positiveBuckets),
      negative: bucketsOf(layout.negativeSpans, rows, positive + positiveBuckets, negativeBuckets),
      customBounds: layout.customBounds,
      isStale: false,
    });
  }
}

const NO_COUNTS = new Float64Array(0);

function bucketsOf(spans: readonly Span[], rows: Float64Array, from: number, buckets: number): Buckets {
  if (spans.length === 0) return NO_BUCKETS;
  if (buckets === 0) return { spans, counts: NO_COUNTS };
  const counts = newFloatColumn(buckets);
  for (let i = 0; i < buckets; i++) counts[i] = rows[from + i];
  return { spans, counts };
}

/** The histograms `start..end` of a block, with all of its times. */
export interface BlockRange {
  readonly block: HistogramBlock;
  readonly timestamps: Float64Array;
  readonly start: number;
  readonly end: number;
}

/** The histograms of chunks that are in order and do not overlap. */
export class BlockHistograms implements HistogramColumn {
  readonly timestamps: Float64Array;
  readonly #ranges: readonly BlockRange[];
  /** The block of each histogram, and its index there. */
  readonly #ofBlock: Int32Array;
  readonly #places: Int32Array;
  /** Histograms that were created. */
  readonly #made: (Histogram | undefined)[];
  #areAllMade = false;

  constructor(ranges: readonly BlockRange[]) {
    const count = ranges.reduce((total, { start, end }) => total + end - start, 0);
    this.#ranges = ranges;
    this.timestamps = new Float64Array(count);
    this.#ofBlock = new Int32Array(count);
    this.#places = new Int32Array(count);
    this.#made = new Array(count).fill(undefined);
    let at = 0;
    ranges.forEach(({ timestamps, start, end }, block) => {
      for (let place = start; place < end; place++, at++) {
        this.timestamps[at] = timestamps[place];
        this.#ofBlock[at] = block;
        this.#places[at] = place;
      }
    });
  }

  get histograms(): readonly Histogram[] {
    if (!this.#areAllMade) for (let i = 0; i < this.#made.length; i++) this.at(i);
    this.#areAllMade = true;
    return this.#made as Histogram[];
  }

  at(index: number): Histogram {
    const made = this.#made[index];
    if (made !== undefined) return made;
    const histogram = this.#block(index).at(this.#places[index]);
    this.#made[index] = histogram;
    return histogram;
  }

  release(): void {
    for (const { block } of this.#ranges) block.release();
  }

  hintAt(index: number): CounterResetHint {
    return this.#block(index).hintAt(this.#places[index]);
  }

  isStaleAt(index: number): boolean {
    return this.#block(index).isStaleAt(this.#places[index]);
  }

  schemaAt(index: number): number {
    return this.#block(index).schemaAt(this.#places[index]);
  }

  sampleCountAt(index: number): number {
    return this.#block(index).sampleCountAt(this.#places[index]);
  }

  #block(index: number): HistogramBlock {
    return this.#ranges[this.#ofBlock[index]].block;
  }
}
