/** Labels that all series share are said once; each series keeps what is its own. */
import { labelOf, type Metric, printMetric, printPair } from "../api/metric-text.ts";

export interface Folded {
  /** `up{job="node"}` of what all have in common; "" if nothing. */
  readonly common: string;
  /** In the order of the metrics: `instance="a", zone="b"`. */
  readonly own: readonly string[];
  /** Names of labels that differ. */
  readonly labels: readonly string[];
}

export function foldLabels(metrics: readonly Metric[]): Folded {
  if (metrics.length === 0) return { common: "", own: [], labels: [] };
  const [first, ...others] = metrics;
  if (others.length === 0)
    return { common: "", own: [printMetric(first) || "{}"], labels: Object.keys(first) };
  const names = new Set(metrics.flatMap((metric) => Object.keys(metric)));
  const differing = [...names].filter((name) =>
    others.some((metric) => labelOf(metric, name) !== labelOf(first, name)),
  );
  const differs = new Set(differing);
  const common = Object.fromEntries(Object.entries(first).filter(([name]) => !differs.has(name)));
  return {
    common: Object.keys(common).length === 0 ? "" : printMetric(common),
    own: metrics.map((metric) => printOwn(metric, differs)),
    labels: differing,
  };
}

function printOwn(metric: Metric, differs: ReadonlySet<string>): string {
  const own = Object.entries(metric).filter(([name]) => differs.has(name));
  if (own.length === 0) return "{}";
  if (own.length === 1 && own[0][0] !== "__name__") return own[0][1] === "" ? '""' : own[0][1];
  const { __name__: name = "", ...labels } = Object.fromEntries(own);
  const pairs = Object.entries(labels).map(([label, value]) => printPair(label, value));
  return [name, ...pairs].filter((part) => part !== "").join(" ");
}
