/**
 * Series as tests of Prometheus write them: `metric{a="b"} 1+2x3 _ stale {{count:5 sum:2}}x2`.
 * https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/#series
 */
import { addHistograms, subtractHistograms } from "../../../histogram/pair.ts";
import { HearthError } from "../../../model/errors.ts";
import { compareBytewise, type Label, type LabelSet } from "../../../model/labels.ts";
import { quoteInput } from "../../../model/shorten.ts";
import { ALL_EXPERIMENTS } from "../../../promql/parse/options.ts";
import { parseSelector } from "../../../promql/parse/parse-expr.ts";
import { type HistogramLiteral, parseHistogram } from "./histogram-literal.ts";
import { NUMBER, parseNumber } from "./number-text.ts";

/** Of one series: 19 years at one a minute. */
const MAX_VALUES = 10_000_000;

export type SequenceValue =
  | { readonly kind: "omitted" }
  | { readonly kind: "stale" }
  | { readonly kind: "float"; readonly value: number }
  | ({ readonly kind: "histogram" } & HistogramLiteral);

export interface SeriesLine {
  readonly labels: LabelSet;
  readonly values: readonly SequenceValue[];
}

export function parseSeries(line: string): SeriesLine {
  const end = metricEnd(line);
  return { labels: parseLabels(line.slice(0, end)), values: parseValues(line.slice(end)) };
}

/** Where the name and the braces end. */
function metricEnd(line: string): number {
  const [whole] = /^[^\s{]*(?:\s*\{(?!\{)(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|[^"'`}])*\})?/.exec(
    line,
  )!;
  return whole.length;
}

export function parseLabels(text: string): LabelSet {
  const labels = parseSelector(text, ALL_EXPERIMENTS)
    .filter(({ value }) => value !== "")
    .map(({ name, value }): Label => [name, value]);
  return labels.sort(([a], [b]) => compareBytewise(a, b));
}

const SIGNED = `[+-]?${NUMBER}`;
const ITEM = new RegExp(
  String.raw`\s+(?:(_|stale)(?:x(\d+))?|(${SIGNED})(?:([+-]${NUMBER})?x(\d+))?|\{\{(.*?)\}\}(?:(?:([+-])\{\{(.*?)\}\})?x(\d+))?)(?=\s|$)`,
  "y",
);

function parseValues(text: string): SequenceValue[] {
  const values: SequenceValue[] = [];
  ITEM.lastIndex = 0;
  const rest = text.trimEnd();
  while (ITEM.lastIndex < rest.length) {
    const at = ITEM.lastIndex;
    const match = ITEM.exec(rest);
    if (match === null)
      throw new HearthError("invalid", `not a series value: ${quoteInput(rest.slice(at).trim())}`);
    for (const value of expand(match)) values.push(value);
    if (values.length > MAX_VALUES) throw tooMany(values.length);
  }
  return values;
}

function expand([, word, wordCount, base, step, floatCount, first, sign, second, count]: RegExpExecArray) {
  if (word === "_") return repeat({ kind: "omitted" } as const, Number(wordCount ?? 1));
  if (word === "stale") return repeat({ kind: "stale" } as const, Number(wordCount ?? 0) + 1);
  if (base !== undefined) return floats(parseNumber(base), parseNumber(step ?? "0"), Number(floatCount ?? 0));
  const literal = parseHistogram(first);
  if (second === undefined) return repeat({ kind: "histogram", ...literal } as const, Number(count ?? 0) + 1);
  return histograms(literal, sign, parseHistogram(second), Number(count));
}

function tooMany(count: number): HearthError {
  return new HearthError("too large", `a series of ${count} values: at most ${MAX_VALUES} are taken`);
}

function repeat<T>(value: T, count: number): T[] {
  if (count > MAX_VALUES) throw tooMany(count);
  return new Array(count).fill(value);
}

function floats(base: number, step: number, count: number): SequenceValue[] {
  if (count > MAX_VALUES) throw tooMany(count);
  const values: SequenceValue[] = [];
  let value = base;
  for (let i = 0; i <= count; i++) {
    values.push({ kind: "float", value });
    if (count > 0) value += step;
  }
  return values;
}

function histograms(
  first: HistogramLiteral,
  sign: string,
  step: HistogramLiteral,
  count: number,
): SequenceValue[] {
  if (count > MAX_VALUES) throw tooMany(count);
  const values: SequenceValue[] = [{ kind: "histogram", ...first }];
  let current = first.histogram;
  for (let i = 0; i < count; i++) {
    const combine = sign === "+" ? addHistograms : subtractHistograms;
    const combined = combine(current, step.histogram);
    if (combined === undefined)
      throw new HearthError("invalid", "histograms with custom and with exponential buckets cannot be added");
    current = combined.histogram;
    values.push({ kind: "histogram", histogram: current, hasHint: first.hasHint });
  }
  return values;
}
