/** Exemplars as marks on a graph, with links to their traces. */
import { labelOf, type Metric } from "../../api/metric-text.ts";
import type { ApiExemplars } from "../../api/prometheus.ts";

export interface LinkedExemplar {
  readonly seconds: number;
  readonly value: number;
  readonly labels: Metric;
  readonly series: Metric;
  readonly href: string | undefined;
}

/** More marks hide the curves, and each is an element. The largest values are kept: they are looked for. */
const MAX_MARKS = 200;

export function exemplarMarks(all: readonly ApiExemplars[], template: string): LinkedExemplar[] {
  const marks = all.flatMap(({ seriesLabels, exemplars }) =>
    exemplars.map(({ labels, value, timestamp }) => ({
      seconds: timestamp,
      value: Number(value.replace("Inf", "Infinity")),
      labels,
      series: seriesLabels,
      href: traceAddress(template, labels),
    })),
  );
  return marks.toSorted((a, b) => b.value - a.value).slice(0, MAX_MARKS);
}

/**
 * Undefined unless every `${label}` of the template has a value, and for anything but http and https. Values are escaped, so
 * an exemplar cannot lead elsewhere than the template says.
 */
export function traceAddress(template: string, labels: Metric): string | undefined {
  const names = Array.from(template.matchAll(/\$\{([^}]+)\}/g), ([, name]) => name);
  if (names.length === 0 || names.some((name) => labelOf(labels, name) === "")) return undefined;
  const text = template.replace(/\$\{([^}]+)\}/g, (_, name) => encodeURIComponent(labelOf(labels, name)));
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : undefined;
}
