/** The metrics of a fuzzed data set: what queries may name, and what kind of samples each has. */

export type MetricKind = "counter" | "gauge" | "edge" | "classic" | "native" | "custom" | "mixed" | "info";

export interface Metric {
  /** As a selector begins: in braces where the name needs quotes. */
  readonly name: string;
  readonly kind: MetricKind;
  /** Label names beside `job` and `instance`. */
  readonly labels: readonly string[];
}

export const METRICS: readonly Metric[] = [
  { name: "requests_total", kind: "counter", labels: ["code", "__type__", "__unit__"] },
  { name: "errors_total", kind: "counter", labels: ["code"] },
  { name: "temperature", kind: "gauge", labels: ["room"] },
  { name: "queue_length", kind: "gauge", labels: ["__type__"] },
  { name: "up", kind: "gauge", labels: [] },
  { name: "sparse", kind: "gauge", labels: [] },
  { name: "my.utf8 mètric", kind: "gauge", labels: ["label.dot"] },
  { name: "edge", kind: "edge", labels: ["case"] },
  { name: "latency_seconds_bucket", kind: "classic", labels: ["le"] },
  { name: "latency_seconds_sum", kind: "counter", labels: [] },
  { name: "latency_seconds_count", kind: "counter", labels: [] },
  { name: "odd_bucket", kind: "classic", labels: ["le"] },
  { name: "native_seconds", kind: "native", labels: [] },
  { name: "native_floats", kind: "native", labels: ["code"] },
  { name: "native_gauge", kind: "native", labels: [] },
  { name: "native_sparse", kind: "native", labels: [] },
  { name: "custom_seconds", kind: "custom", labels: [] },
  { name: "mixed", kind: "mixed", labels: [] },
  { name: "target_info", kind: "info", labels: ["version", "cluster"] },
  { name: "build_info", kind: "info", labels: ["version"] },
];

export const JOBS = ["api", "db", "web-1"];
export const INSTANCES = ["a:1", "b:2", "c:3"];
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  job: JOBS,
  instance: INSTANCES,
  code: ["200", "404", "500"],
  room: ["kitchen", "bath", ""],
  "label.dot": ["x y", "ü"],
  version: ["1.0", "2.0"],
  cluster: ["eu", "us"],
  __type__: ["counter", "gauge", ""],
  __unit__: ["bytes", ""],
};
