/** Label sets as PromQL writes them. */

export type Metric = Readonly<Record<string, string>>;

const PLAIN_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const PLAIN_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** A label's value; "" without it, also where every object has a property of that name, as `constructor`. */
export function labelOf(metric: Metric, name: string): string {
  return Object.hasOwn(metric, name) ? metric[name] : "";
}

/** `up{job="node"}`; names that PromQL quotes are quoted: `{"my.metric", "my.label"="x"}`. */
export function printMetric(metric: Metric): string {
  const { __name__: name = "", ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, value]) => printPair(label, value));
  if (name !== "" && !PLAIN_METRIC.test(name)) return `{${[JSON.stringify(name), ...pairs].join(", ")}}`;
  if (name !== "" && pairs.length === 0) return name;
  return `${name}{${pairs.join(", ")}}`;
}

/** `job="node"`. */
export function printPair(label: string, value: string): string {
  return `${PLAIN_LABEL.test(label) ? label : JSON.stringify(label)}=${JSON.stringify(value)}`;
}

/** A selector of a metric by its name. */
export function selectorOf(name: string): string {
  return printMetric({ __name__: name });
}

/** The usual first query for a metric: a rate where it counts. */
export function usualQuery(name: string): string {
  const selector = selectorOf(name);
  return /(_total|_sum|_count|_bucket)$/.test(name) ? `rate(${selector}[5m])` : selector;
}
