/**
 * Label sets: the identity of a series. https://prometheus.io/docs/concepts/data_model/
 */

/** The label that holds the metric name. */
export const METRIC_NAME = "__name__";

export type Label = readonly [name: string, value: string];

/** Labels sorted by name in UTF-8 byte order, names unique, no empty name and no empty value. */
export type LabelSet = readonly Label[];

/** Makes a label set of labels with unique names in any order; drops those with an empty value. */
export function labelSetOf(labels: Iterable<Label>): LabelSet {
  return [...labels].filter(([, value]) => value !== "").sort(([a], [b]) => compareBytewise(a, b));
}

/**
 * Compares in UTF-8 byte order, as Go compares strings. UTF-16 order (`<`) differs only where a
 * surrogate meets a code unit above the surrogates.
 */
export function compareBytewise(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      const xSurrogate = x >= 0xd800 && x <= 0xdfff;
      const ySurrogate = y >= 0xd800 && y <= 0xdfff;
      if (xSurrogate !== ySurrogate) return xSurrogate ? 1 : -1;
      return x - y;
    }
  }
  return a.length - b.length;
}

/** Compares label by label, name before value; a prefix sorts first. Prometheus streams series in this order. */
export function compareLabelSets(a: LabelSet, b: LabelSet): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareBytewise(a[i][0], b[i][0]) || compareBytewise(a[i][1], b[i][1]);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The value of a label; an absent label equals "". */
export function labelValue(labels: LabelSet, name: string): string {
  // By index: this runs for each series of a query, and destructuring goes through iterators.
  for (let i = 0; i < labels.length; i++) if (labels[i][0] === name) return labels[i][1];
  return "";
}

/** Prints `up{job="node",instance="a:9100"}` with values escaped as in JSON, for messages and logs. */
export function printLabels(labels: Iterable<Label>): string {
  let name = "";
  const rest: string[] = [];
  for (const [n, value] of labels) {
    if (n === METRIC_NAME && name === "") name = value;
    else rest.push(`${n}=${JSON.stringify(value)}`);
  }
  return `${name}{${rest.join(",")}}`;
}
