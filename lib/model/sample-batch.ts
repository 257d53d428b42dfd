/** What a protocol hands to the engine, and what the engine says of it. */
import type { Label } from "./labels.ts";
import type { Rejections } from "./rejections.ts";

/** The samples of one request as columns over spans of its body: nothing is copied, nothing per sample is an object. */
export interface SampleBatch {
  /** The decompressed body, owned by the batch. */
  readonly bytes: Uint8Array;
  readonly seriesCount: number;
  /** Where the encoded labels of each series start and end (exclusive) in `bytes`. The same series may come again. */
  readonly labelStarts: Int32Array;
  readonly labelEnds: Int32Array;
  readonly sampleCount: number;
  /** For each sample, in the order of arrival, the number of its series in this batch; ascending. */
  readonly sampleSeries: Int32Array;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /**
   * Reads the labels of one span of `bytes`, or of a copy of such a span: at most `maxLabels` and one more, which says that
   * there are too many. Throws "invalid".
   */
  readonly decodeLabels: (bytes: Uint8Array, start: number, end: number, maxLabels: number) => Label[];
}

export interface AppendResult {
  readonly storedSamples: number;
  readonly rejections: Rejections;
}
