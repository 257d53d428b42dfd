/** A chunk of any of Prometheus' encodings to columns. */
import { decodeHistogramChunk, decodeHistogramStChunk } from "../chunk/histogram-chunk.ts";
import type { SampleColumns } from "../chunk/sample-columns.ts";
import { appendXorChunk } from "../chunk/xor-chunk.ts";
import { appendXor2Chunk } from "../chunk/xor2-chunk.ts";
import { HearthError } from "../model/errors.ts";
import type { Histogram } from "../model/histogram.ts";
import type { HistogramSamples } from "../model/histogram-samples.ts";
import type { RawChunk } from "./chunk-files.ts";

/** Prometheus' numbers of a chunk's encodings. */
const ENCODING = {
  xor: 1,
  histogram: 2,
  floatHistogram: 3,
  xor2: 4,
  histogramSt: 5,
  floatHistogramSt: 6,
} as const;

/** Appends the chunk's samples. Throws "data", and leaves the columns as they were. */
export function decodeTo({ encoding, bytes }: RawChunk, columns: SampleColumns): void {
  switch (encoding) {
    case ENCODING.xor:
      appendXorChunk(bytes, columns);
      return;
    case ENCODING.xor2:
      appendXor2Chunk(bytes, columns);
      return;
    case ENCODING.histogram:
    case ENCODING.floatHistogram:
      appendHistograms(decodeHistogramChunk(bytes, kindOf(encoding)), columns);
      return;
    case ENCODING.histogramSt:
    case ENCODING.floatHistogramSt:
      appendHistograms(decodeHistogramStChunk(bytes, kindOf(encoding)), columns);
      return;
    default:
      throw new HearthError(
        "data",
        `encoding ${encoding}, expected ${Object.values(ENCODING).join(", ")} (floats and native histograms)`,
      );
  }
}

function kindOf(encoding: number): Histogram["kind"] {
  return encoding === ENCODING.histogram || encoding === ENCODING.histogramSt ? "integer" : "float";
}

function appendHistograms(
  { timestamps, histograms, startTimestamps }: HistogramSamples,
  columns: SampleColumns,
): void {
  histograms.forEach((histogram, i) => {
    columns.appendHistogram(timestamps[i], histogram);
    columns.setStart(startTimestamps?.[i] ?? 0);
  });
}
