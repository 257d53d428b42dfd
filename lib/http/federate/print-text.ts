/** The text format. https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
import type { LabelSet } from "../../model/labels.ts";
import { printGeneralFloat } from "../../number/print-general-float.ts";
import { isPlainName } from "./escape-name.ts";
import { classicBuckets, type Family, type Newest } from "./family.ts";

export function* printText(families: Iterable<Family>): Generator<string> {
  for (const { name, type, metrics } of families) {
    yield `# TYPE ${printName(name)} ${type === "untyped" ? "untyped" : "histogram"}\n`;
    for (const metric of metrics) {
      if (metric.histogram === undefined) yield printLine(name, metric.labels, metric.value[0], metric);
      else yield* printClassic(name, metric);
    }
  }
}

function* printClassic(name: string, metric: Newest): Generator<string> {
  const { labels } = metric;
  const histogram = metric.histogram!;
  for (const [bound, count] of classicBuckets(histogram))
    yield printLine(`${name}_bucket`, [...labels, ["le", printValue(bound)]], count, metric);
  yield printLine(`${name}_bucket`, [...labels, ["le", "+Inf"]], histogram.count, metric);
  yield printLine(`${name}_sum`, labels, histogram.sum, metric);
  yield printLine(`${name}_count`, labels, histogram.count, metric);
}

function printLine(name: string, labels: LabelSet, value: number, { timestampMs }: Newest): string {
  const pairs = labels.map(([label, text]) => `${printName(label)}="${quoted(text)}"`);
  const isPlain = isPlainName(name);
  const inside = isPlain ? pairs : [printName(name), ...pairs];
  const braces = inside.length === 0 ? "" : `{${inside.join(",")}}`;
  return `${isPlain ? name : ""}${braces} ${printValue(value)} ${timestampMs}\n`;
}

function printName(name: string): string {
  return isPlainName(name) ? name : `"${quoted(name)}"`;
}

function quoted(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

function printValue(value: number): string {
  return value === 0 ? "0" : printGeneralFloat(value);
}
