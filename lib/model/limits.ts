/** What one request or one query may ask of Hearth. Every limit is in the error that it causes. */
import { MINUTE_MS } from "./time.ts";

export interface Limits {
  /** Bytes of a request's body as sent. API Gateway takes 10 MB, a Lambda event holds 4.5 MB of binary. */
  readonly maxBodyBytes: number;
  /** Bytes of a request's body after decompression, checked before a byte is decompressed. */
  readonly maxDecompressedBytes: number;
  /** TimeSeries messages of one write request. Prometheus sends 500 to 2,000. */
  readonly maxRequestSeries: number;
  /** Series that the data points of one OTLP request become: a histogram's point is a score of them. */
  readonly maxRequestOtlpSeries: number;
  /** Samples of one write request. Each takes 20 bytes of memory, and as little as 2 of a body that is made for that. */
  readonly maxRequestSamples: number;
  /** Native histograms of one write request, and all their buckets: 8 bytes of memory each, and as little as one of a body. */
  readonly maxRequestHistograms: number;
  readonly maxRequestBuckets: number;
  /** UTC days that the samples of one write request may have: each takes calls of its own. */
  readonly maxRequestDays: number;
  /** Exemplars of one write request. */
  readonly maxRequestExemplars: number;
  /** Strings that a remote write 2.0 request refers to by number. */
  readonly maxRequestSymbols: number;
  /** Bytes of all labels of a request, written out where it names them by number. */
  readonly maxRequestLabelBytes: number;
  /** As sent, those with an empty value too. */
  readonly maxLabelsPerSeries: number;
  /** UTF-8 bytes. */
  readonly maxLabelNameBytes: number;
  readonly maxMetricNameBytes: number;
  readonly maxLabelValueBytes: number;
  /** UTF-8 bytes of all names and values of one series; they are in one item of 400 KB at most. */
  readonly maxLabelSetBytes: number;
  /** How far ahead of the clock a sample may be, in ms. */
  readonly maxFutureMs: number;
  /** Queries of one remote read request. */
  readonly maxQueries: number;
  /** Series that one query may select. */
  readonly maxQuerySeries: number;
  /** Read units of DynamoDB that one request may cost, whatever it asks; strongly consistent, 4 KB each. */
  readonly maxQueryReadUnits: number;
  /** Samples that one query may read. */
  readonly maxQuerySamples: number;
  /**
   * Bytes of memory that one query holds at once of what it has read: stored chunks as they are, 32 bytes for every other
   * sample. A result may be larger, a single series not.
   */
  readonly maxQueryBytes: number;
  /** Bytes of memory that the labels of one query's series take; each label set about 250 beside its text. */
  readonly maxQueryLabelBytes: number;
  /** Bytes of an uncompressed SAMPLES answer, which is made in memory; streams have no such limit. */
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
  maxRequestExemplars: 100_000,
  maxRequestSymbols: 1_000_000,
  maxRequestLabelBytes: 32 * MIB,
  maxLabelsPerSeries: 128,
  maxLabelNameBytes: KIB,
  maxMetricNameBytes: KIB,
  maxLabelValueBytes: 16 * KIB,
  maxLabelSetBytes: 64 * KIB,
  maxFutureMs: 10 * MINUTE_MS,
  maxQueries: 64,
  maxQuerySeries: 100_000,
  // 200 MB of items, as much as a Lambda can stream of an answer; $0.006.
  maxQueryReadUnits: 50_000,
  maxQuerySamples: 100_000_000,
  maxQueryBytes: 128 * MIB,
  maxQueryLabelBytes: 128 * MIB,
  maxSamplesResponseBytes: 64 * MIB,
};
