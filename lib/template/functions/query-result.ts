/** The result of `query`: samples with labels and a value. */
import { printHistogram } from "../../histogram/print-histogram.ts";
import type { Histogram } from "../../model/histogram.ts";
import { toBytes } from "../text/byte-string.ts";
import { float, type GoType, int, stringMap, type Value } from "../value/types.ts";

/** A sample for templates, labels with the metric's name. */
export interface TemplateSample {
  readonly labels: Iterable<readonly [name: string, value: string]>;
  readonly value: number | Histogram;
}

export const SAMPLE: GoType = { name: "template.sample", kind: "struct", fields: ["Labels", "Value"] };
export const SAMPLE_POINTER: GoType = { name: "*template.sample", kind: "pointer", elem: SAMPLE };
export const QUERY_RESULT: GoType = { name: "template.queryResult", kind: "slice", elem: SAMPLE_POINTER };

const HISTOGRAM: GoType = {
  name: "histogram.FloatHistogram",
  kind: "struct",
  fields: ["Schema", "ZeroThreshold", "ZeroCount", "Count", "Sum"],
  print: (value) => (value as HistogramValue).text,
};
const HISTOGRAM_POINTER: GoType = { name: "*histogram.FloatHistogram", kind: "pointer", elem: HISTOGRAM };

interface HistogramValue extends Value {
  readonly text: string;
}

/** A sample's value: a float, or a pointer to a histogram. */
export function sampleValue(value: number | Histogram): Value {
  if (typeof value === "number") return float(value);
  const fields = new Map([
    ["Schema", int(value.schema)],
    ["ZeroThreshold", float(value.zeroThreshold)],
    ["ZeroCount", float(value.zeroCount)],
    ["Count", float(value.count)],
    ["Sum", float(value.sum)],
  ]);
  const histogram: HistogramValue = { type: HISTOGRAM, data: fields, text: printHistogram(value) };
  return { type: HISTOGRAM_POINTER, data: histogram };
}

export function queryResult(samples: readonly TemplateSample[]): Value {
  return { type: QUERY_RESULT, data: samples.map(samplePointer) };
}

function samplePointer({ labels, value }: TemplateSample): Value {
  const fields = new Map([
    ["Labels", labelMap(labels)],
    ["Value", sampleValue(value)],
  ]);
  return { type: SAMPLE_POINTER, data: { type: SAMPLE, data: fields } };
}

export function labelMap(labels: Iterable<readonly [string, string]>): Value {
  return stringMap(Array.from(labels, ([name, value]) => [toBytes(name), toBytes(value)] as const));
}
