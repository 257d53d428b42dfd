/** Runs: sorted samples of many series, in blocks, partitioned by the leading bits of the series hash. */

import { SampleColumns } from "../../chunk/sample-columns.ts";
import type { Histogram } from "../../model/histogram.ts";
import type { Samples } from "../../model/samples.ts";
import { histogramSize } from "../codec/histogram-bytes.ts";
import { hasStarts, MAX_START_BYTES } from "../codec/start-runs.ts";
import { runKey } from "../layout/part-keys.ts";
import { shardOf } from "../layout/shard.ts";
import type { Item } from "../table/table.ts";
import type { HashedSeries } from "./hashed-samples.ts";
import {
  encodeRunBlock,
  HISTOGRAM_TIME_BYTES,
  MAX_BLOCK_HISTOGRAMS,
  MAX_BLOCK_SAMPLES,
  MAX_BLOCK_SERIES,
  MAX_MIXED_BLOCK_BYTES,
  MAX_SAMPLE_BYTES,
  MAX_SERIES_BYTES,
} from "./run-block.ts";

/** What a partition is meant to hold: a reader of one metric reads one partition. */
const TARGET_PARTITION_SAMPLES = 8000;
const MAX_SHARD_BITS = 8;

/** Where a run's blocks go. */
export interface RunPlace {
  readonly tenant: string;
  readonly day: number;
  readonly id: string;
  readonly shardBits: number;
  readonly expiresAtSeconds?: number;
}

/** The partitions, as bits, of a run of so many samples. */
export function runShardBits(sampleCount: number): number {
  const bits = Math.ceil(Math.log2(Math.max(1, sampleCount / TARGET_PARTITION_SAMPLES)));
  return Math.min(bits, MAX_SHARD_BITS);
}

/** Yields a run's items. `series`: by ascending hash (hex), each with at least one sample, sorted by time. */
export function* encodeRun(place: RunPlace, series: Iterable<HashedSeries>): Generator<Item, void, void> {
  let block = new BlockBuilder();
  let partition = -1;
  let index = 0;
  const flush = function* (isLast: boolean): Generator<Item, void, void> {
    if (block.isEmpty) return;
    const { expiresAtSeconds } = place;
    const key = runKey(
      place.tenant,
      place.day,
      place.id,
      { bits: place.shardBits, prefix: partition },
      { number: index++, isLast },
    );
    yield { ...key, value: block.encode(), ...(expiresAtSeconds !== undefined && { expiresAtSeconds }) };
    block = new BlockBuilder();
  };
  for (const [hex, samples] of series) {
    const hash = Buffer.from(hex, "hex");
    const shard = shardOf(hash, place.shardBits);
    if (shard !== partition) {
      yield* flush(true);
      [partition, index] = [shard, 0];
    }
    const isStarted = hasStarts(samples.startTimestamps);
    for (let start = 0; start < samples.timestamps.length; ) {
      if (block.room(isStarted) === 0) yield* flush(false);
      const end = Math.min(start + block.room(isStarted), samples.timestamps.length);
      block.addFloats(hash, samples, start, end);
      start = end;
    }
    if (samples.histograms === undefined) continue;
    const { timestamps, histograms, startTimestamps } = samples.histograms;
    for (let i = 0; i < timestamps.length; i++) {
      const startMs = startTimestamps?.[i] ?? 0;
      const sizeBytes = histogramSize(histograms[i]) + (startMs === 0 ? 0 : MAX_START_BYTES);
      if (!block.hasRoomFor(sizeBytes)) yield* flush(false);
      block.addHistogram(hash, timestamps[i], histograms[i], startMs, sizeBytes);
    }
  }
  yield* flush(true);
}

/** A block while it is filled. */
class BlockBuilder {
  readonly #hashes: Uint8Array[] = [];
  /** How many samples and histograms each series has. */
  readonly #floatCounts: number[] = [];
  readonly #histogramCounts: number[] = [];
  readonly #floats: Samples[] = [];
  readonly #times: number[] = [];
  readonly #histograms: Histogram[] = [];
  readonly #histogramStarts: number[] = [];
  #hasFloatStarts = false;
  #samples = 0;
  /** Before deflating, at most. */
  #sizeBytes = 0;

  get isEmpty(): boolean {
    return this.#hashes.length === 0;
  }

  /** How many samples of another series it takes, which have starts or have none. */
  room(isStarted: boolean): number {
    if (this.#hashes.length === MAX_BLOCK_SERIES) return 0;
    const room = MAX_BLOCK_SAMPLES - this.#samples;
    const hasStarts = isStarted || this.#hasFloatStarts;
    if (this.#histograms.length === 0 && !hasStarts) return room;
    const bytes = MAX_MIXED_BLOCK_BYTES - this.#sizeBytes - MAX_SERIES_BYTES;
    const sampleBytes = hasStarts ? MAX_SAMPLE_BYTES + MAX_START_BYTES : MAX_SAMPLE_BYTES;
    return Math.max(0, Math.min(room, Math.floor(bytes / sampleBytes)));
  }

  /** Whether it takes a histogram of so many bytes. An empty block takes any. */
  hasRoomFor(sizeBytes: number): boolean {
    if (this.isEmpty) return true;
    if (this.#hashes.length === MAX_BLOCK_SERIES || this.#histograms.length === MAX_BLOCK_HISTOGRAMS)
      return false;
    return this.#sizeBytes + MAX_SERIES_BYTES + HISTOGRAM_TIME_BYTES + sizeBytes <= MAX_MIXED_BLOCK_BYTES;
  }

  addFloats(hash: Uint8Array, samples: Samples, start: number, end: number): void {
    const { timestamps, values } = samples;
    const startTimestamps = samples.startTimestamps?.subarray(start, end);
    const series = this.#use(hash);
    this.#floatCounts[series] += end - start;
    this.#samples += end - start;
    this.#sizeBytes += (end - start) * MAX_SAMPLE_BYTES;
    if (hasStarts(startTimestamps)) {
      this.#hasFloatStarts = true;
      this.#sizeBytes += (end - start) * MAX_START_BYTES;
    }
    this.#floats.push({
      timestamps: timestamps.subarray(start, end),
      values: values.subarray(start, end),
      startTimestamps,
    });
  }

  /** `sizeBytes` with its start, if it has one. */
  addHistogram(
    hash: Uint8Array,
    time: number,
    histogram: Histogram,
    startMs: number,
    sizeBytes: number,
  ): void {
    this.#histogramCounts[this.#use(hash)]++;
    this.#sizeBytes += HISTOGRAM_TIME_BYTES + sizeBytes;
    this.#times.push(time);
    this.#histograms.push(histogram);
    this.#histogramStarts.push(startMs);
  }

  /** The place of a series, which may be the one that was added to last. */
  #use(hash: Uint8Array): number {
    const last = this.#hashes.length - 1;
    if (last >= 0 && this.#hashes[last] === hash) return last;
    this.#floatCounts.push(0);
    this.#histogramCounts.push(0);
    this.#sizeBytes += MAX_SERIES_BYTES;
    return this.#hashes.push(hash) - 1;
  }

  encode(): Uint8Array {
    const columns = new SampleColumns(this.#samples);
    for (const part of this.#floats) columns.appendSamples(part);
    const { timestamps, values, startTimestamps } = columns;
    const bounds = boundsOf(this.#floatCounts);
    const floats = { hashes: this.#hashes, bounds, timestamps, values, startTimestamps };
    if (this.#histograms.length === 0) return encodeRunBlock(floats);
    const histograms = {
      bounds: boundsOf(this.#histogramCounts),
      timestamps: Float64Array.from(this.#times),
      histograms: this.#histograms,
      startTimestamps: Float64Array.from(this.#histogramStarts),
    };
    return encodeRunBlock({ ...floats, histograms });
  }
}

function boundsOf(counts: readonly number[]): Int32Array {
  const bounds = new Int32Array(counts.length + 1);
  counts.forEach((count, i) => {
    bounds[i + 1] = bounds[i] + count;
  });
  return bounds;
}
