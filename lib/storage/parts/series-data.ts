/** Stored chunks and columns of samples of one series, and how the two are merged. */

import type { Chunk } from "../../chunk/cut.ts";
import { decodeHistogramChunks, type HistogramChunk, withoutResetHint } from "../../chunk/histogram-chunk.ts";
import { sortColumns, sortOwnColumns } from "../../chunk/merge-mixed.ts";
import { SampleColumns } from "../../chunk/sample-columns.ts";
import {
  COLUMN_SAMPLE_BYTES,
  COLUMN_START_BYTES,
  DECODED_SAMPLE_BYTES,
  DECODED_START_BYTES,
} from "../../chunk/sample-sizes.ts";
import { giveColumns, takeColumns } from "../../chunk/spare-columns.ts";
import { lowerBound } from "../../model/lower-bound.ts";
import type { MixedSamples, Samples, Series } from "../../model/samples.ts";
import type { TimeRange } from "../../model/time.ts";
import { countChunkSamples, decodeChunkItem, isOfFloats, type StoredChunk } from "./chunk-item.ts";
import { encodeSampleItems } from "./chunk-items.ts";
import { toXorChunks } from "./float-chunks.ts";
import { samplesBetween } from "./hashed-samples.ts";
import { appendChunk, cutMixedChunks, decodedBytes } from "./mixed-chunks.ts";
import { checkDecodable } from "./too-large.ts";

/** What a series takes beside its items and samples, about: the objects here, and its place in maps. */
export const SERIES_BYTES = 700;
/** What an item that is held takes beside its bytes, about. */
const ITEM_OVERHEAD_BYTES = 250;

/** What an item of so many bytes takes in memory. */
export function storedItemBytes(valueBytes: number): number {
  return valueBytes + ITEM_OVERHEAD_BYTES;
}

/** What the samples of columns take in memory, about. */
export function columnsBytes({ count, histogramBytes, startTimestamps }: SampleColumns): number {
  const each = startTimestamps === undefined ? 0 : COLUMN_START_BYTES;
  return count * (COLUMN_SAMPLE_BYTES + each) + histogramBytes;
}

/** What samples take in memory beside their times. */
export function valuesBytes({ values, startTimestamps }: Samples): number {
  return values.byteLength + (startTimestamps?.byteLength ?? 0);
}

/** A chunk item's value. Where two have a sample of one time, the one of the higher order counts. */
interface StoredItem {
  readonly order: number;
  readonly value: Uint8Array;
}

export class SeriesData {
  /** Not decoded to chunks before they are answered: 200 bytes of objects for 160 bytes of chunk. */
  readonly #items: StoredItem[] = [];
  /** Of parts before all others that are here, sorted; no two share a time. */
  readonly #decoded: Samples[] = [];
  #decodedSamples = 0;
  #itemBytes = 0;
  #itemSamples = 0;
  /** Of runs and the log, which count over every chunk. */
  readonly columns = new SampleColumns(0);

  get isEmpty(): boolean {
    return this.sampleCount === 0;
  }

  /** What it takes in memory, about, `sharedTimes` apart. */
  get sizeBytes(): number {
    const ofDecoded = this.#decoded.reduce((total, samples) => total + valuesBytes(samples), 0);
    return SERIES_BYTES + this.#itemBytes + ofDecoded + columnsBytes(this.columns);
  }

  /** The times of samples that are shared with others, which other series may have too. */
  get sharedTimes(): readonly Float64Array[] {
    return this.#decoded.map(({ timestamps }) => timestamps);
  }

  /** Samples read, before any gives way to another of its time. */
  get sampleCount(): number {
    return this.#itemSamples + this.#decodedSamples + this.columns.count;
  }

  /** Whether no native histogram is among its samples. */
  get isOfFloats(): boolean {
    return this.columns.histograms === undefined && this.#items.every(({ value }) => isOfFloats(value));
  }

  /**
   * Adds samples of one day that are sorted and shared with others, of parts before all others of it; answers by how much that
   * has made it grow, their times apart.
   */
  addDecoded(samples: Samples): number {
    if (samples.timestamps.length === 0) return 0;
    this.#decoded.push(samples);
    this.#decodedSamples += samples.timestamps.length;
    return valuesBytes(samples);
  }

  /** All of it as values of chunk items, in the order in which their samples count. */
  toItems(): Uint8Array[] {
    const ordered = this.#items.toSorted((a, b) => a.order - b.order);
    return [...ordered.map(({ value }) => value), ...encodeSampleItems(sortColumns(this.columns))];
  }

  /** Adds a chunk item, unless it has nothing of the range; answers by how much that has made it grow. Throws "data". */
  addItem(order: number, value: Uint8Array, range: TimeRange): number {
    const samples = countSamples(chunksWithin(value, range));
    if (samples === 0) return 0;
    const sizeBytes = storedItemBytes(value.length);
    this.#items.push({ order, value });
    this.#itemBytes += sizeBytes;
    this.#itemSamples += samples;
    return sizeBytes;
  }

  /** Chunks that have something of a range, in the order in which their samples count. */
  #chunks(range: TimeRange): StoredChunk[] {
    const ordered = this.#items.toSorted((a, b) => a.order - b.order);
    return ordered.flatMap(({ value }) => chunksWithin(value, range));
  }

  /** The samples of a range, sorted, each time once. Throws "too large" if they take more than `maxBytes` meanwhile. */
  samples(range: TimeRange, maxBytes: number): MixedSamples {
    return this.#samples(range, maxBytes, newColumns);
  }

  /** The same in memory that others have had and may have next: when it is given back. */
  lentSamples(range: TimeRange, maxBytes: number): MixedSamples & Pick<Series, "release"> {
    let lent: SampleColumns | undefined;
    const samples = this.#samples(range, maxBytes, (capacity) => {
      lent = takeColumns(capacity);
      return lent;
    });
    if (lent === undefined) return samples;
    const release = () => {
      if (lent !== undefined) giveColumns(lent);
      lent = undefined;
    };
    return { ...samples, release };
  }

  #samples(range: TimeRange, maxBytes: number, columnsFor: typeof newColumns): MixedSamples {
    const chunks = this.#chunks(range);
    const isDecoded = this.#decoded.length === 1 && chunks.length === 0 && this.columns.count === 0;
    return trim(isDecoded ? this.#decoded[0] : this.#decode(chunks, range, maxBytes, columnsFor), range);
  }

  /**
   * The same samples as Prometheus' chunks in order of time, floats as XOR. A XOR chunk or one of histograms that lies whole
   * in the range and whose time nothing else shares is passed on without being decoded. Throws "too large" if those that are decoded take more than `maxBytes` meanwhile.
   */
  *toChunks(range: TimeRange, maxBytes: number): Generator<Chunk, void, undefined> {
    const [kept, others] = this.#separate(range);
    const samples = trim(this.#decode(others, range, maxBytes, newColumns), range);
    let from = Number.NEGATIVE_INFINITY;
    for (const chunk of kept) {
      yield* cutMixedChunks(samples, from, chunk.minTime);
      // What lies before it now is not known to be what lay before it when it was made.
      if (chunk.kind === undefined) yield* toXorChunks(chunk);
      else yield withoutResetHint(chunk);
      from = chunk.minTime;
    }
    yield* cutMixedChunks(samples, from);
  }

  /** Chunks to pass on, in order of time, and those to decode, in the order in which they count. */
  #separate(range: TimeRange): [StoredChunk[], StoredChunk[]] {
    const chunks = this.#chunks(range);
    const ordered = chunks.toSorted((a, b) => a.minTime - b.minTime);
    const columnTimes = this.columns.timestamps.slice(0, this.columns.count).sort();
    const kept = new Set<StoredChunk>();
    let latestEnd = Number.NEGATIVE_INFINITY;
    ordered.forEach((chunk, i) => {
      const isInside = chunk.minTime >= range.minTime && chunk.maxTime <= range.maxTime;
      const isAlone = chunk.minTime > latestEnd && !(ordered[i + 1]?.minTime <= chunk.maxTime);
      if (isInside && isAlone && !hasTimeWithin(columnTimes, chunk)) kept.add(chunk);
      latestEnd = Math.max(latestEnd, chunk.maxTime);
    });
    return [ordered.filter((chunk) => kept.has(chunk)), chunks.filter((chunk) => !kept.has(chunk))];
  }

  /** At least the samples of a range, of `chunks` instead of all items. */
  #decode(
    chunks: readonly StoredChunk[],
    range: TimeRange,
    maxBytes: number,
    columnsFor: typeof newColumns,
  ): MixedSamples {
    const { columns } = this;
    const ofStarts = columns.startTimestamps === undefined ? 0 : DECODED_START_BYTES;
    const ofColumns = columns.count * (DECODED_SAMPLE_BYTES + ofStarts) + columns.histogramBytes;
    checkDecodable(
      chunks.reduce((total, chunk) => total + decodedBytes(chunk), ofColumns),
      maxBytes,
    );
    if (chunks.length === 0 && this.#decoded.length === 0) return sortColumns(columns);
    const areAlone = this.#decoded.length === 0 && columns.count === 0;
    const histograms = areAlone ? onlyHistograms(chunks) : undefined;
    if (histograms !== undefined)
      return { ...NO_FLOATS, histograms: decodeHistogramChunks(histograms, range) };
    const all = columnsFor(this.#decodedSamples + countSamples(chunks) + columns.count);
    for (const samples of this.#decoded.toSorted(byTime)) all.appendSamples(samples);
    for (const chunk of inOrder(chunks)) appendChunk(chunk, all);
    all.appendColumns(columns);
    // The decoded ones come first, of one day after the other.
    return sortOwnColumns(all, this.#decodedSamples);
  }
}

function newColumns(capacity: number): SampleColumns {
  return new SampleColumns(capacity);
}

function hasTimeWithin(timestamps: Float64Array, { minTime, maxTime }: TimeRange): boolean {
  return timestamps[lowerBound(timestamps, minTime)] <= maxTime;
}

function byTime(a: Samples, b: Samples): number {
  return a.timestamps[0] - b.timestamps[0];
}

function chunksWithin(value: Uint8Array, { minTime, maxTime }: TimeRange): StoredChunk[] {
  return decodeChunkItem(value).filter((chunk) => chunk.maxTime >= minTime && chunk.minTime <= maxTime);
}

function countSamples(chunks: readonly StoredChunk[]): number {
  return chunks.reduce((total, chunk) => total + countChunkSamples(chunk), 0);
}

const NO_FLOATS = { timestamps: new Float64Array(0), values: new Float64Array(0) };

/** In the order of their times, if they are of histograms without starts and no two share a time: they need no sorting. */
function onlyHistograms(chunks: readonly StoredChunk[]): readonly HistogramChunk[] | undefined {
  if (!chunks.every(isOfHistogramsAlone)) return undefined;
  const byTime = chunks.toSorted((a, b) => a.minTime - b.minTime);
  return areApart(byTime) ? byTime : undefined;
}

function isOfHistogramsAlone(chunk: StoredChunk): chunk is StoredChunk & HistogramChunk {
  return chunk.kind !== undefined && chunk.starts === undefined;
}

function areApart(byTime: readonly Chunk[]): boolean {
  return byTime.every((chunk, i) => i === 0 || chunk.minTime > byTime[i - 1].maxTime);
}

/**
 * In the order of their times if no two share one, which saves sorting their samples; else in the order in which they count.
 * What a histogram says of the sample before it is about the one that it was stored behind, so these stay in their order.
 */
function inOrder(chunks: readonly StoredChunk[]): readonly StoredChunk[] {
  if (chunks.some(({ kind }) => kind !== undefined)) return chunks;
  const byTime = chunks.toSorted((a, b) => a.minTime - b.minTime);
  return areApart(byTime) ? byTime : chunks;
}

function trim(samples: MixedSamples, { minTime, maxTime }: TimeRange): MixedSamples {
  // Times are whole numbers.
  return samplesBetween(samples, minTime, maxTime + 1);
}
