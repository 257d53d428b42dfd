/** What a protocol hands to the storage engine, and what the engine returns. */
import type { Deadline } from "./deadline.ts";
import type { Histogram } from "./histogram.ts";
import type { Label } from "./labels.ts";
import type { MetricMetadata } from "./metric-metadata.ts";
import type { Rejections } from "./rejections.ts";

/** The samples of one request as columns, with labels as spans of the body: no copies, no object per sample. */
export interface SampleBatch {
  /** The decompressed body, or a copy of its labels; owned by the batch. */
  readonly bytes: Uint8Array;
  readonly seriesCount: number;
  /** Start and end (exclusive) of the encoded labels of each series in `bytes`. A series may occur more than once. */
  readonly labelStarts: Int32Array;
  readonly labelEnds: Int32Array;
  readonly sampleCount: number;
  /** For each sample, in order of arrival, the number of its series in this batch; ascending. */
  readonly sampleSeries: Int32Array;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /**
   * Decodes the labels of one span of `bytes`, or of a copy of it. Returns at most `maxLabels + 1`: one
   * more shows that there are too many. Throws "invalid". `isLossy`, for messages: replaces bytes that
   * are not UTF-8 by U+FFFD.
   */
  readonly decodeLabels: (
    bytes: Uint8Array,
    start: number,
    end: number,
    maxLabels: number,
    isLossy?: boolean,
  ) => Label[];
  /** Throws once nobody waits for the response to the batch; default: somebody does. */
  readonly deadline?: Deadline | undefined;
}

/** Samples, histograms and exemplars for the engine. */
export type AppendBatch = SampleBatch &
  Partial<Pick<WriteBatch, "startTimestamps" | "histograms" | "exemplars" | "metadata">>;

/** Everything that one request carries. */
export interface WriteBatch extends SampleBatch {
  /** Start timestamp of each sample in ms, 0 for none; undefined if no sample has one. */
  readonly startTimestamps: Float64Array | undefined;
  /** In order of arrival. */
  readonly histograms: readonly HistogramSample[];
  readonly exemplars: readonly ExemplarSample[];
  readonly metadata: MetadataColumns;
  /** Series, samples and histograms that the decoder refused. The batch does not contain them. */
  readonly rejections: Rejections;
  /** Exemplars dropped past a limit. Dropping them refuses nothing else. */
  readonly droppedExemplars: number;
}

export interface HistogramSample {
  /** The number of its series in the batch; ascending. */
  readonly series: number;
  readonly timestamp: number;
  /** Start timestamp in ms; 0 for none. */
  readonly startTimestamp: number;
  /** Validated, with a supported schema. */
  readonly histogram: Histogram;
}

export interface ExemplarSample {
  readonly series: number;
  readonly timestamp: number;
  readonly value: number;
  /** As sent, in the order of the sender. */
  readonly labels: readonly Label[];
}

/** Metadata of metrics, decoded on demand: most of it is known already. */
export interface MetadataColumns {
  readonly count: number;
  /** Throws "invalid". */
  readonly decode: (index: number) => MetricMetadata;
}

export interface AppendResult {
  readonly storedSamples: number;
  readonly storedHistograms: number;
  readonly storedExemplars: number;
  /** Metrics with new metadata. */
  readonly storedMetadata: number;
  /** Dictionaries started for series that no dictionary contained (lib/storage/write). */
  readonly begunDictionaries: number;
  readonly rejections: Rejections;
}
