/** Metrics, as the library hands them out: each runtime brings a place for them, or none. */

export type MetricValues = Readonly<Record<string, number>>;

/** Takes what one request, or one run of the compactor, came to; values of one name are summed or compared later. */
export type Metrics = (values: MetricValues) => void;

/** The values but zeros: a sum needs none, and CloudWatch bills a metric for every hour in which it got a value. */
export function withoutZeros(values: MetricValues): MetricValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
}
