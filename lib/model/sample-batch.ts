/** What a protocol hands to the engine, and what the engine says of it. */
import type { Histogram } from "./histogram.ts";
import type { Label } from "./labels.ts";
import type { MetricMetadata } from "./metric-metadata.ts";
import type { Rejections } from "./rejections.ts";

/** The samples of one request as columns over spans of its body: nothing is copied, nothing per sample is an object. */
export interface SampleBatch {
  /** The decompressed body, or what its labels were copied to; owned by the batch. */
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
   * Reads the labels of one span of `bytes`, or of a copy of such a span: at most `maxLabels` and one more, which shows that
   * there are too many. Throws "invalid". `isLossy`: for a message, with U+FFFD for what is not UTF-8.
   */
  readonly decodeLabels: (
    bytes: Uint8Array,
    start: number,
    end: number,
    maxLabels: number,
    isLossy?: boolean,
  ) => Label[];
}

/** What an engine is given: samples, and whatever else came with their series. */
export type AppendBatch = SampleBatch &
  Partial<Pick<WriteBatch, "startTimestamps" | "histograms" | "exemplars" | "metadata">>;

/** All that one request carries. */
export interface WriteBatch extends SampleBatch {
  /** For each sample since when it counts, in ms, 0 where that was not said; undefined when it was said of none. */
  readonly startTimestamps: Float64Array | undefined;
  /** In the order of arrival. */
  readonly histograms: readonly HistogramSample[];
  readonly exemplars: readonly ExemplarSample[];
  readonly metadata: MetadataColumns;
  /** Series, samples and histograms that were refused while they were decoded; the batch has nothing of them. */
  readonly rejections: Rejections;
  /** Exemplars past a limit, of which the batch has nothing. They are no reason to refuse anything. */
  readonly droppedExemplars: number;
}

export interface HistogramSample {
  /** The number of its series in the batch; ascending. */
  readonly series: number;
  readonly timestamp: number;
  /** Since when it counts, in ms; 0 where that was not said. */
  readonly startTimestamp: number;
  /** Checked, and of a schema that is supported. */
  readonly histogram: Histogram;
}

export interface ExemplarSample {
  readonly series: number;
  readonly timestamp: number;
  readonly value: number;
  /** As they were sent, their order too. */
  readonly labels: readonly Label[];
}

/** Metadata of metrics, decoded as they are asked for: most of it is known already. */
export interface MetadataColumns {
  readonly count: number;
  /** Throws "invalid". */
  readonly decode: (index: number) => MetricMetadata;
}

export interface AppendResult {
  readonly storedSamples: number;
  readonly storedHistograms: number;
  readonly storedExemplars: number;
  /** Metrics of which something new was said. */
  readonly storedMetadata: number;
  /** Dictionaries that were begun for series that stood in none (lib/storage/write). */
  readonly begunDictionaries: number;
  readonly rejections: Rejections;
}
