/** The floats of two answers side by side. */
import { type Answer, type AnswerSeries, isClose, labelsOf, type SeriesData } from "../answer.ts";

export interface FloatPair {
  readonly time: number;
  readonly ours: number;
  readonly theirs: number;
  /** Of the series. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Undefined when the answers have other series or floats at other times. */
export function pairFloats(ours: Answer, theirs: Answer): readonly FloatPair[] | undefined {
  const [ourSeries, theirSeries] = [ours, theirs].map(seriesByLabels);
  if (ourSeries.size !== theirSeries.size) return undefined;
  const pairs: FloatPair[] = [];
  for (const [key, our] of ourSeries) {
    const their = theirSeries.get(key);
    const [a, b] = [our, their].map((one) => one && floatsOf(one));
    if (a === undefined || b === undefined || a.length !== b.length) return undefined;
    for (const [i, [time, value]] of a.entries()) {
      if (b[i][0] !== time) return undefined;
      pairs.push({ time, ours: parseFloatText(value), theirs: parseFloatText(b[i][1]), labels: our.metric });
    }
  }
  return pairs;
}

export function isSameFloat(a: number, b: number, tolerance: number): boolean {
  return Object.is(a, b) || isClose(String(a), String(b), tolerance);
}

function seriesByLabels({ data }: Answer): ReadonlyMap<string, AnswerSeries> {
  if (data === undefined) return new Map();
  if (data.resultType === "scalar" || data.resultType === "string")
    return new Map([["", { metric: {}, value: data.result }]]);
  return new Map((data as SeriesData).result.map((one) => [labelsOf(one), one]));
}

function floatsOf({ value, values = [] }: AnswerSeries) {
  return value === undefined ? values : [value];
}

/** As Go prints them. */
export function parseFloatText(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}
