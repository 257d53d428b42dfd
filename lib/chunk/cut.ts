/**
 * Cuts the sorted samples of a series into chunks, as Prometheus does when it encodes a series for
 * a stream (`seriesToChunkEncoderSplit`,
 * https://github.com/prometheus/prometheus/blob/main/storage/series.go). Prometheus' head block
 * evens chunks out over two hours instead, so its stored chunks have up to 240 samples.
 */
import type { Histogram } from "../model/histogram.ts";
import type { LabelSet } from "../model/labels.ts";
import type { Samples } from "../model/samples.ts";
import { encodeXorChunk } from "./xor-chunk.ts";

/** The most samples of a chunk. Every chunk but the last of a cut has exactly as many. */
export const SAMPLES_PER_CHUNK = 120;

/** The encoded samples of `minTime..maxTime`, in milliseconds. Both are times of samples. */
export interface Chunk {
  readonly minTime: number;
  readonly maxTime: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The kind of native histograms; absent for floats, which are XOR chunks. */
  readonly kind?: Histogram["kind"] | undefined;
}

/** A series as chunks in order of time. They may be encoded lazily, as the iterable is read. */
export interface ChunkedSeries {
  readonly labels: LabelSet;
  readonly chunks: Iterable<Chunk>;
}

/**
 * Yields the chunks of samples `start..end` in order of time; none for an empty range. Throws
 * "internal" if times do not ascend.
 */
export function* cutChunks(
  { timestamps, values }: Samples,
  start = 0,
  end = timestamps.length,
): Generator<Chunk, void, undefined> {
  for (let from = start; from < end; from += SAMPLES_PER_CHUNK) {
    const to = Math.min(from + SAMPLES_PER_CHUNK, end);
    const bytes = encodeXorChunk(timestamps, values, from, to);
    yield { minTime: timestamps[from], maxTime: timestamps[to - 1], bytes };
  }
}
