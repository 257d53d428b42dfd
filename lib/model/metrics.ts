/** Metrics of the library. Each runtime decides where to record them, if anywhere. */

export type MetricValues = Readonly<Record<string, number>>;

/** Labels of the values. CloudWatch bills each combination as a metric, so a deployed Hearth omits them. */
export interface MetricOrigin {
  /** Labels of few values each: a route's pattern, a status, a tenant, a kind of error. Those that do not apply are omitted. */
  readonly labels: Readonly<Record<string, string>>;
  readonly durationMs: number;
  /** Series of the tenant with a sample today, of a write, as far as the process knows. */
  readonly seriesToday?: number;
}

/** Records the values of one request or compaction run. */
export type Metrics = (values: MetricValues, origin: MetricOrigin) => void;

/** Returns the values without zeros. A sum needs no zeros, and CloudWatch bills a metric for each hour that has a value. */
export function withoutZeros(values: MetricValues): MetricValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
}
