/** What a script's query is answered with, by the engine or by the API: series of points, each a float or a histogram. */
import type { Histogram } from "../../lib/model/histogram.ts";
import type { LabelSet } from "../../lib/model/labels.ts";
import type { MatrixSeries, QueryResult, QueryValue } from "../../lib/promql/engine-interface.ts";
import type { PrintedHistogram } from "./printed-histogram.ts";

export interface AnswerPoint {
  readonly timeMs: number;
  readonly value: number | Histogram | PrintedHistogram;
}

/** Sorted by time. */
export interface AnswerSeries {
  readonly labels: LabelSet;
  readonly points: readonly AnswerPoint[];
}

export type AnswerValue =
  | { readonly type: "scalar"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "vector" | "matrix"; readonly series: readonly AnswerSeries[] };

export interface Answer {
  readonly value: AnswerValue;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

export function answerOf({ value, warnings, infos }: QueryResult): Answer {
  return { value: answerValue(value), warnings, infos };
}

function answerValue(value: QueryValue): AnswerValue {
  if (value.type !== "vector" && value.type !== "matrix") return value;
  return { type: value.type, series: value.series.map(seriesOf) };
}

function seriesOf({ labels, timestamps, values, histograms }: MatrixSeries): AnswerSeries {
  const floats = Array.from(timestamps, (timeMs, i): AnswerPoint => ({ timeMs, value: values[i] }));
  const others = Array.from(
    histograms?.timestamps ?? [],
    (timeMs, i): AnswerPoint => ({ timeMs, value: histograms!.histograms[i] }),
  );
  return { labels, points: [...floats, ...others].sort((a, b) => a.timeMs - b.timeMs) };
}
