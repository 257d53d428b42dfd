/** Metadata of a metric: type, unit and help. https://prometheus.io/docs/prometheus/latest/querying/api/#querying-metric-metadata */
import { type LabelSet, labelValue } from "./labels.ts";

export type MetricType =
  | "unknown"
  | "counter"
  | "gauge"
  | "histogram"
  | "gaugehistogram"
  | "summary"
  | "info"
  | "stateset";

/** In the order of their numbers in both versions of remote write. */
export const METRIC_TYPES: readonly MetricType[] = [
  "unknown",
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "summary",
  "info",
  "stateset",
];

export interface MetricMetadata {
  readonly metricFamilyName: string;
  readonly type: MetricType;
  /** Either may be empty. */
  readonly help: string;
  readonly unit: string;
}

/** A metric family and its metadata. */
export type MetricDescription = Omit<MetricMetadata, "metricFamilyName">;

const FAMILY_SUFFIXES: Readonly<Partial<Record<MetricType, readonly string[]>>> = {
  histogram: ["_bucket", "_count", "_sum"],
  gaugehistogram: ["_bucket", "_gcount", "_gsum"],
  summary: ["_count", "_sum"],
};

/** Returns the metric family of a series: `latency` for `latency_bucket` of a histogram. */
export function metricFamilyName(metricName: string, type: MetricType): string {
  const suffix = FAMILY_SUFFIXES[type]?.find((one) => metricName.endsWith(one));
  return suffix === undefined ? metricName : metricName.slice(0, -suffix.length);
}

/** The label of series with delta temporality. Decision 0055 says why a label marks them. */
export const TEMPORALITY = "__temporality__";
export const DELTA = "delta";

/**
 * Whether each sample counts what happened since the sample before it, or since its start timestamp, and
 * not since the start of a counter.
 */
export function isDeltaSeries(labels: LabelSet): boolean {
  return labelValue(labels, TEMPORALITY) === DELTA;
}
