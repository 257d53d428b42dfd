/** Answers of the query routes: https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
import { compareBytewise, type LabelSet } from "../../lib/model/labels.ts";
import type { Answer, AnswerPoint, AnswerSeries, AnswerValue } from "./answer.ts";
import { type HistogramJson, parseGoFloat, parsePrinted } from "./printed-histogram.ts";

export type ApiAnswer =
  | { readonly status: "error"; readonly errorType: string; readonly error: string }
  | {
      readonly status: "success";
      readonly data: ApiData;
      readonly warnings?: readonly string[];
      readonly infos?: readonly string[];
    };

/** Seconds, and what there is at that time. */
type Timed<Value> = readonly [timeSeconds: number, value: Value];

type ApiData =
  | { readonly resultType: "scalar" | "string"; readonly result: Timed<string> }
  | { readonly resultType: "vector" | "matrix"; readonly result: readonly SeriesJson[] };

/** Of an instant vector one sample, of a range vector lists of them. */
interface SeriesJson {
  readonly metric: Readonly<Record<string, string>>;
  readonly value?: Timed<string>;
  readonly histogram?: Timed<HistogramJson>;
  readonly values?: readonly Timed<string>[];
  readonly histograms?: readonly Timed<HistogramJson>[];
}

export function parseApiAnswer({
  data,
  warnings = [],
  infos = [],
}: Extract<ApiAnswer, { status: "success" }>): Answer {
  return { value: parseData(data), warnings, infos };
}

function parseData(data: ApiData): AnswerValue {
  switch (data.resultType) {
    case "scalar":
      return { type: "scalar", value: parseGoFloat(data.result[1]) };
    case "string":
      return { type: "string", value: data.result[1] };
    case "vector":
    case "matrix":
      return { type: data.resultType, series: data.result.map(parseSeries) };
  }
}

function parseSeries({ metric, value, histogram, values, histograms }: SeriesJson): AnswerSeries {
  const floats = values ?? (value === undefined ? [] : [value]);
  const others = histograms ?? (histogram === undefined ? [] : [histogram]);
  const points = [
    ...floats.map(([time, text]): AnswerPoint => ({ timeMs: timeMs(time), value: parseGoFloat(text) })),
    ...others.map(([time, json]): AnswerPoint => ({ timeMs: timeMs(time), value: parsePrinted(json) })),
  ];
  return { labels: labelsOf(metric), points: points.sort((a, b) => a.timeMs - b.timeMs) };
}

function timeMs(seconds: number): number {
  return Math.round(seconds * 1000);
}

function labelsOf(metric: Readonly<Record<string, string>>): LabelSet {
  return Object.entries(metric).sort(([a], [b]) => compareBytewise(a, b));
}
