/** What is known of a metric beside its samples. https://prometheus.io/docs/prometheus/latest/querying/api/#querying-metric-metadata */

export type MetricType =
  | "unknown"
  | "counter"
  | "gauge"
  | "histogram"
  | "gaugehistogram"
  | "summary"
  | "info"
  | "stateset";

/** In the order of the numbers that both versions of remote write give them. */
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

/** What is known of a metric whose name is known. */
export type MetricDescription = Omit<MetricMetadata, "metricFamilyName">;

const FAMILY_SUFFIXES: Readonly<Partial<Record<MetricType, readonly string[]>>> = {
  histogram: ["_bucket", "_count", "_sum"],
  gaugehistogram: ["_bucket", "_gcount", "_gsum"],
  summary: ["_count", "_sum"],
};

/** The family that a series' metric belongs to: `latency` for `latency_bucket` of a histogram. */
export function metricFamilyName(metricName: string, type: MetricType): string {
  const suffix = FAMILY_SUFFIXES[type]?.find((one) => metricName.endsWith(one));
  return suffix === undefined ? metricName : metricName.slice(0, -suffix.length);
}
