/** Chunks of a series that has floats, native histograms or both: as Prometheus, a new one wherever the kind changes. */

import { type Chunk, cutChunks } from "../../chunk/cut.ts";
import {
  cutHistogramChunks,
  decodeHistogramChunk,
  readHistogramChunkBuckets,
} from "../../chunk/histogram-chunk.ts";
import { histogramBytes, type SampleColumns } from "../../chunk/sample-columns.ts";
import { DECODED_SAMPLE_BYTES, DECODED_START_BYTES } from "../../chunk/sample-sizes.ts";
import type { HistogramSamples } from "../../model/histogram-samples.ts";
import { lowerBound } from "../../model/lower-bound.ts";
import type { MixedSamples, Samples } from "../../model/samples.ts";
import { startsOf } from "../codec/start-runs.ts";
import { countChunkSamples, type StoredChunk } from "./chunk-item.ts";
import { appendFloats, cutStoredChunks, type FormedChunk } from "./float-chunks.ts";

/** Bytes of a chunk of histograms at most, so that it goes into an item; one histogram stays below it by itself. */
const MAX_HISTOGRAM_CHUNK_BYTES = 256 * 1024;

const NO_HISTOGRAMS: HistogramSamples = { timestamps: new Float64Array(0), histograms: [] };

/** Yields the chunks of the samples of `start..end` (half-open, ms) for readers, in order of time: floats as XOR. */
export function cutMixedChunks(
  samples: MixedSamples,
  start = Number.NEGATIVE_INFINITY,
  end = Number.POSITIVE_INFINITY,
): Generator<Chunk, void, undefined> {
  return cutWith(cutChunks, samples, start, end);
}

/** Yields the chunks of all samples for storing, in order of time. */
export function cutForStoring(samples: MixedSamples): Generator<FormedChunk, void, undefined> {
  return cutWith(cutStoredChunks, samples, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
}

/** Cuts the floats of samples `start..end` (half-open). */
type CutFloats = (samples: Samples, start: number, end: number) => Iterable<FormedChunk>;

function* cutWith(
  cutFloats: CutFloats,
  samples: MixedSamples,
  start: number,
  end: number,
): Generator<FormedChunk, void, undefined> {
  const { timestamps: floatTimes, histograms = NO_HISTOGRAMS } = samples;
  const { timestamps: histogramTimes } = histograms;
  let [float, histogram] = [lowerBound(floatTimes, start), lowerBound(histogramTimes, start)];
  const [floatEnd, histogramEnd] = [lowerBound(floatTimes, end), lowerBound(histogramTimes, end)];
  while (float < floatEnd || histogram < histogramEnd) {
    const nextFloat = float < floatEnd ? floatTimes[float] : Number.POSITIVE_INFINITY;
    const nextHistogram = histogram < histogramEnd ? histogramTimes[histogram] : Number.POSITIVE_INFINITY;
    if (nextFloat < nextHistogram) {
      const to = Math.min(lowerBound(floatTimes, nextHistogram), floatEnd);
      yield* cutFloats(samples, float, to);
      float = to;
    } else {
      const to = Math.min(lowerBound(histogramTimes, nextFloat), histogramEnd);
      yield* cutSmallHistogramChunks(histograms, histogram, to);
      histogram = to;
    }
  }
}

/** A chunk that is too large by its buckets is halved. */
function* cutSmallHistogramChunks(samples: HistogramSamples, start: number, end: number): Generator<Chunk> {
  for (const chunk of cutHistogramChunks(samples, start, end)) {
    const from = lowerBound(samples.timestamps, chunk.minTime);
    const to = lowerBound(samples.timestamps, chunk.maxTime) + 1;
    if (chunk.bytes.length <= MAX_HISTOGRAM_CHUNK_BYTES || to - from === 1) yield chunk;
    else {
      const middle = from + Math.floor((to - from) / 2);
      yield* cutSmallHistogramChunks(samples, from, middle);
      yield* cutSmallHistogramChunks(samples, middle, to);
    }
  }
}

/** What a chunk's samples take in memory once they are decoded and put in order, about. Throws "data". */
export function decodedBytes(chunk: StoredChunk): number {
  const samples = countChunkSamples(chunk);
  const each = chunk.kind === undefined ? 0 : histogramBytes(readHistogramChunkBuckets(chunk.bytes), 0);
  const ofStarts = chunk.starts === undefined ? 0 : DECODED_START_BYTES;
  return samples * (DECODED_SAMPLE_BYTES + ofStarts + each);
}

/** Appends a chunk's samples. Throws "data". */
export function appendChunk(chunk: StoredChunk, columns: SampleColumns): void {
  const from = columns.count;
  appendSamples(chunk, columns);
  if (chunk.starts === undefined) return;
  const { runs, timeBefore } = chunk.starts;
  columns.addStarts().set(startsOf(runs, columns.timestamps.subarray(from, columns.count), timeBefore), from);
}

function appendSamples(chunk: FormedChunk, columns: SampleColumns): void {
  const { kind, bytes } = chunk;
  if (kind === undefined) {
    appendFloats(chunk, columns);
    return;
  }
  const { timestamps, histograms } = decodeHistogramChunk(bytes, kind);
  histograms.forEach((histogram, i) => {
    columns.appendHistogram(timestamps[i], histogram);
  });
}
