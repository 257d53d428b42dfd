/** Metrics, as the library hands them out: each runtime brings a place for them, or none. */

export type MetricValues = Readonly<Record<string, number>>;

/** What the values come from. CloudWatch bills each combination of labels as a metric of its own, so a deployed Hearth leaves them. */
export interface MetricOrigin {
  /** Of which each has few values: a route's pattern, a status, a tenant, a kind of error. What does not apply is not there. */
  readonly labels: Readonly<Record<string, string>>;
  readonly durationMs: number;
}

/** Takes what one request, or one run of the compactor, came to; values of one name are summed or compared later. */
export type Metrics = (values: MetricValues, origin: MetricOrigin) => void;

/** The values but zeros: a sum needs none, and CloudWatch bills a metric for every hour in which it got a value. */
export function withoutZeros(values: MetricValues): MetricValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
}
