/** Limits of one request or query. Each error that a limit causes names it. */
import { MINUTE_MS } from "./time.ts";

export interface Limits {
  /** Bytes of a request's body as sent. API Gateway accepts 10 MB, a Lambda event 4.5 MB of binary. */
  readonly maxBodyBytes: number;
  /** Bytes of a request's body after decompression, checked before a byte is decompressed. */
  readonly maxDecompressedBytes: number;
  /** TimeSeries messages of one write request. Prometheus sends 500 to 2,000. */
  readonly maxRequestSeries: number;
  /** Series that the data points of one OTLP request become. A histogram's point becomes about twenty. */
  readonly maxRequestOtlpSeries: number;
  /** Samples of one write request. Each takes 20 bytes of memory, but as little as 2 bytes of a hostile body. */
  readonly maxRequestSamples: number;
  /** Native histograms of one write request, and all their buckets. A bucket takes 8 bytes of memory, but as little as 1 of a body. */
  readonly maxRequestHistograms: number;
  readonly maxRequestBuckets: number;
  /** UTC days of the samples of one write request. Each day takes its own table calls. */
  readonly maxRequestDays: number;
  /** UTC days that a tenant may write to within an hour, in each process. The compactor looks at each for hours. */
  readonly maxHourDays: number;
  /** Exemplars of one write request. */
  readonly maxRequestExemplars: number;
  /** Symbols of one remote write 2.0 request. */
  readonly maxRequestSymbols: number;
  /** Bytes of all labels of a request, with symbols resolved. */
  readonly maxRequestLabelBytes: number;
  /** Labels of one series as sent, empty values included. */
  readonly maxLabelsPerSeries: number;
  /** UTF-8 bytes. */
  readonly maxLabelNameBytes: number;
  readonly maxMetricNameBytes: number;
  readonly maxLabelValueBytes: number;
  /** UTF-8 bytes of all names and values of one series, which share one item of at most 400 KB. */
  readonly maxLabelSetBytes: number;
  /** How far ahead of the clock a sample may be, in ms. */
  readonly maxFutureMs: number;
  /** Queries of one remote read request. */
  readonly maxQueries: number;
  /** Series that one query may select. */
  readonly maxQuerySeries: number;
  /** DynamoDB read units that one request may cost: 4 KB each, strongly consistent. */
  readonly maxQueryReadUnits: number;
  /**
   * Bytes that one query holds at once of what it has read: stored chunks as encoded, 32 bytes for
   * every other sample. A whole result may be larger, a single series may not.
   */
  readonly maxQueryBytes: number;
  /** Bytes that the labels of one query's series take in memory: their text, and about 250 for each label set. */
  readonly maxQueryLabelBytes: number;
  /** Bytes of an uncompressed SAMPLES response, which is built in memory. Streamed responses have no such limit. */
  readonly maxSamplesResponseBytes: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const DEFAULT_LIMITS: Limits = {
  maxBodyBytes: 10 * MIB,
  maxDecompressedBytes: 32 * MIB,
  maxRequestSeries: 50_000,
  maxRequestOtlpSeries: 200_000,
  // A sample with a time and a value takes 17 bytes: 32 MiB hold no more of them.
  maxRequestSamples: 2_000_000,
  maxRequestHistograms: 50_000,
  maxRequestBuckets: 4_000_000,
  maxRequestDays: 100,
  // A year sent again, with a month to spare.
  maxHourDays: 400,
  maxRequestExemplars: 100_000,
  maxRequestSymbols: 1_000_000,
  maxRequestLabelBytes: 32 * MIB,
  maxLabelsPerSeries: 128,
  maxLabelNameBytes: KIB,
  maxMetricNameBytes: KIB,
  // Not a byte more: longer texts are slow as keys of a Map (map-key.ts).
  maxLabelValueBytes: 16 * KIB - 1,
  maxLabelSetBytes: 64 * KIB,
  maxFutureMs: 10 * MINUTE_MS,
  maxQueries: 64,
  maxQuerySeries: 100_000,
  // 200 MB of items, as much as a Lambda can stream in one response; $0.006.
  maxQueryReadUnits: 50_000,
  maxQueryBytes: 128 * MIB,
  maxQueryLabelBytes: 128 * MIB,
  maxSamplesResponseBytes: 64 * MIB,
};
