/**
 * Cuts the sorted samples of a series into chunks, as Prometheus does when it encodes a series for a stream
 * (`seriesToChunkEncoderSplit`, https://github.com/prometheus/prometheus/blob/main/storage/series.go). Its head block
 * aims at the same number and evens chunks out over two hours, so those it stores itself have up to 240 samples.
 */
import type { Histogram } from "../model/histogram.ts";
import type { LabelSet } from "../model/labels.ts";
import type { Samples } from "../model/samples.ts";
import { encodeXorChunk } from "./xor-chunk.ts";

/** The most samples of a chunk, and what every chunk but the last of a cut has. */
export const SAMPLES_PER_CHUNK = 120;

/** Encoded samples of `minTime..maxTime`, both in milliseconds and both the time of a sample. */
export interface Chunk {
  readonly minTime: number;
  readonly maxTime: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of which native histograms it is; absent: of floats, an XOR chunk. */
  readonly kind?: Histogram["kind"] | undefined;
}

/** A series as chunks in order of time, which may be made while they are asked for. */
export interface ChunkedSeries {
  readonly labels: LabelSet;
  readonly chunks: Iterable<Chunk>;
}

/**
 * Yields the chunks of samples `start..end` in order of time, none when the range is empty. Throws "internal" when
 * times do not ascend.
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
