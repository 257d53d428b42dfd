/**
 * Where Hearth answers otherwise than Prometheus, and why that stays so. A difference is a known one by its values, not by the
 * query's text: the innermost part of the query that is answered differently must be so in just the way that is described.
 */

import { METRIC_NAME } from "../../../lib/model/labels.ts";
import { SAME_LABELS } from "../../../lib/promql/runtime/collect-series.ts";
import type { Call, Expr, VectorSelector } from "../../../lib/promql/syntax/ast.ts";
import { childrenOf } from "../../../lib/promql/syntax/children.ts";
import { type Answer, type AnswerSeries, labelsOf, seriesOf, valuesInOrder } from "../answer.ts";
import type { DifferingPart } from "../queries/parts.ts";
import { differingFloats, everyDifference, isSameAnswer, numberOf } from "./explain-floats.ts";
import { FLOAT_DIFFERENCES } from "./float-differences.ts";
import type { FloatPair } from "./paired-floats.ts";

export interface KnownDifference {
  readonly reason: string;
  readonly explains: (part: DifferingPart) => boolean;
}

/** Of one series in the head of Prometheus: a data set has some 200 samples of each, a chunk up to 120, fewer after a reset. */
const MAX_CHUNKS = 20;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  ...FLOAT_DIFFERENCES,
  {
    reason:
      "several quantiles of buckets of which two have one bound (`1` and `1.0`): Prometheus puts them together again for every quantile but the first",
    explains: (part) => {
      if (!isCall(part.expr, "histogram_quantiles")) return false;
      const label = part.expr.args[1];
      if (label.kind !== "string") return false;
      const twice = groupsWithOneBoundTwice(part.inner[0]?.ours, label.value);
      return everyDifference(part, ({ labels }) => twice.has(groupOf(labels, [label.value])));
    },
  },
  {
    reason:
      "the labels of what is absent when one is matched twice: Prometheus' storage puts the matchers in its own order",
    explains: ({ expr, ours, theirs }) => {
      if (!isCall(expr, "absent") && !isCall(expr, "absent_over_time")) return false;
      const names = selectorsIn(expr).flatMap(({ matchers }) => repeated(matchers.map(({ name }) => name)));
      const without = (answer: Answer) => withoutLabels(answer, names);
      return names.length > 0 && isSameAnswer(without(ours), without(theirs));
    },
  },
  {
    reason: "empty buckets that became NaN: which empty ones a histogram has depends on how it is stored",
    explains: ({ expr, ours, theirs }) =>
      selectsSparse(expr) &&
      !isSameAnswer(ours, theirs) &&
      isSameAnswer(withoutNaN(ours), withoutNaN(theirs)),
  },
  {
    reason:
      "what lies in the zero bucket: whether a histogram has negative buckets, empty ones, decides how it is divided",
    explains: ({ expr, ours, theirs }) =>
      expr.kind === "call" &&
      selectsSparse(expr) &&
      differingFloats(ours, theirs).length > 0 &&
      differingFloats(ours, theirs).every((pair) => mayLieInZeroBucket(expr, pair)),
  },
  {
    reason:
      "quantiles of negative counts: none reaches its rank, so that it is the upper bound of the bucket that is looked at last, an empty one too",
    explains: ({ expr, ours, theirs, inner }) =>
      expr.kind === "call" &&
      /^histogram_quantiles?$/.test(expr.function) &&
      selectsSparse(expr) &&
      differingFloats(ours, theirs).length > 0 &&
      differingFloats(ours, theirs).every((pair) => outerUpperBounds(inner, pair).includes(pair.ours)),
  },
  {
    reason:
      "resets among negative counts: a bucket that is gone is one, an empty one, of which chunks have what others fill, is larger",
    explains: ({ expr, inner }) =>
      expr.kind === "call" &&
      /^(i?rate|increase|resets)$/.test(expr.function) &&
      selectsSparse(expr) &&
      inner.some(({ ours }) => histogramPointsOf(ours).some(([, { count }]) => Number(count) < 0)),
  },
  {
    reason:
      "changes of histograms: to Prometheus an empty bucket more or less is one, and where its chunks begin there may be",
    explains: ({ expr, ours, theirs }) =>
      isCall(expr, "changes") &&
      selectsSparse(expr) &&
      differingFloats(ours, theirs).length > 0 &&
      differingFloats(ours, theirs).every(
        (pair) => pair.theirs > pair.ours && pair.theirs - pair.ours <= MAX_CHUNKS,
      ),
  },
  {
    reason:
      "values of histograms with custom buckets times infinity: Prometheus fails to print the zero bucket, NaN, that they have not",
    explains: ({ expr, ours, theirs }) =>
      expr.kind === "aggregation" &&
      expr.operator === "count_values" &&
      ours.status === "success" &&
      theirs.error === "histograms with custom buckets have no zero bucket",
  },
  {
    reason:
      "histograms that are equal but for empty buckets: to Prometheus they are not, and what it calculates with loses them",
    explains: ({ expr, inner, ours, theirs }) => {
      if (expr.kind !== "binary" || (expr.operator !== "==" && expr.operator !== "!=")) return false;
      const [more, fewer] = expr.operator === "==" ? [ours, theirs] : [theirs, ours];
      return areEqualInside(more, fewer, inner);
    },
  },
  {
    reason:
      "sorting by a label that some series lack: Go's order puts what lacks it behind everything, and everything behind it",
    explains: ({ expr, ours, theirs }) => {
      if (expr.kind !== "call" || !expr.function.startsWith("sort_by_label")) return false;
      const names = expr.args.slice(1).flatMap((arg) => (arg.kind === "string" ? [arg.value] : []));
      const lacksOne = seriesOf(ours).some(({ metric }) => names.some((name) => !metric[name]));
      return lacksOne && isSameAnswer(ours, theirs);
    },
  },
  {
    reason:
      "the order of equals among more than twelve series: Go's sort does not keep the one they had, Hearth's does",
    explains: ({ expr, question, ours, theirs }) =>
      question.stepMs === undefined &&
      isSorting(expr) &&
      valuesInOrder(ours).length > 12 &&
      valuesInOrder(ours).join() === valuesInOrder(theirs).join() &&
      isSameAnswer(ours, theirs),
  },
  {
    reason:
      "which series of a sorted vector an error tells of, where the vector alone is no answer that would show its order",
    explains: ({ expr, question, inner, ours, theirs }) =>
      question.stepMs === undefined &&
      expr.kind === "binary" &&
      inner.some((part) => isSorting(part.expr) && part.ours.error === SAME_LABELS) &&
      [ours, theirs].every(({ error }) => error?.startsWith("found duplicate series for the match group")),
  },
  {
    reason: "label values in an error: Hearth prints their first 100 characters",
    explains: ({ ours, theirs }) => isCutError(ours.error ?? "", theirs.error ?? ""),
  },
  {
    reason:
      "the order of what a subquery evaluates once: an instant vector, which may be sorted, of which Go leaves equals in another order",
    explains: ({ expr, question, ours, theirs }) =>
      question.stepMs === undefined && sortsInSubquery(expr) && isSameAnswer(ours, theirs),
  },
];

/** Whether the values that end with `…` are longer in the other text, and nothing else differs. */
function isCutError(ours: string, theirs: string): boolean {
  const texts = ours.split("…");
  if (texts.length === 1) return false;
  const pattern = texts
    .map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join('(?:[^"\\\\]|\\\\.)+');
  return new RegExp(`^${pattern}$`, "s").test(theirs);
}

/** Its histograms have the buckets alone that have observed something. */
const SPARSE = "native_sparse";

export function selectsSparse(expr: Expr): boolean {
  return selectorsIn(expr).some(({ matchers }) =>
    matchers.every(({ name, type, value }) => name !== METRIC_NAME || type !== "=" || value === SPARSE),
  );
}

/** Without the buckets of NaN observations. */
function withoutNaN(answer: Answer): Answer {
  return JSON.parse(JSON.stringify(answer), (key, value) =>
    key === "buckets" ? value.filter((bucket: readonly unknown[]) => bucket[3] !== "NaN") : value,
  );
}

function isSorting(expr: Expr): boolean {
  return expr.kind === "call" ? expr.function.startsWith("sort") : expr.kind === "aggregation";
}

function sortsInSubquery(expr: Expr, isInside = false): boolean {
  const isIn = isInside || expr.kind === "subquery";
  return (isIn && isSorting(expr)) || childrenOf(expr).some((child) => sortsInSubquery(child, isIn));
}

/** The known one that explains a part that is answered differently, if any does. */
export function knownDifference(part: DifferingPart): KnownDifference | undefined {
  return KNOWN_DIFFERENCES.find(({ explains }) => explains(part));
}

function isCall<N extends string>(expr: Expr, name: N): expr is Extract<Expr, { kind: "call" }> {
  return expr.kind === "call" && expr.function === name;
}

/** The widest that a data set has. */
const MAX_ZERO_THRESHOLD = 0.25;

function mayLieInZeroBucket(expr: Call, { ours, theirs }: FloatPair): boolean {
  const isInside = (value: number) => Math.abs(value) <= MAX_ZERO_THRESHOLD;
  if (expr.function === "histogram_fraction")
    return expr.args.slice(0, 2).some((arg) => isInside(numberOf(arg) ?? Number.NaN));
  return /^histogram_quantiles?$/.test(expr.function) && isInside(ours) && isInside(theirs);
}

/** Of the histograms with negative counts at the time of a pair: of the last bucket if Prometheus has one above, else of the first. */
function outerUpperBounds(
  inner: DifferingPart["inner"],
  { time, ours, theirs }: FloatPair,
): readonly number[] {
  return inner
    .flatMap((part) => seriesOf(part.ours))
    .flatMap(({ histogram, histograms = [] }) => (histogram === undefined ? histograms : [histogram]))
    .filter(([at, { count }]) => at === time && Number(count) < 0)
    .map(([, { buckets }]) => Number(buckets?.at(theirs > ours ? -1 : 0)?.[2]));
}

/** What one answer has more is there, or true, at times at which both sides have just the same histogram. */
function areEqualInside(more: Answer, fewer: Answer, inner: DifferingPart["inner"]): boolean {
  const [left, right] = inner.map((part) => new Set(histogramPointsOf(part.ours).map(printPoint)));
  if (right === undefined) return false;
  const both = [...left].filter((point) => right.has(point));
  const isEqualAt = (time: number) => both.some((point) => point.startsWith(`[${time},`));
  const differing = differingFloats(more, fewer);
  if (differing.length > 0)
    return differing.every(({ ours, theirs, time }) => ours === 1 && theirs === 0 && isEqualAt(time));
  const [all, some] = [more, fewer].map((answer) => histogramPointsOf(answer).map(printPoint));
  const rest = all.filter((point) => !some.includes(point));
  const hasSameNotes = isSameAnswer({ ...more, data: fewer.data! }, fewer);
  return (
    hasSameNotes &&
    rest.length > 0 &&
    all.length - some.length === rest.length &&
    rest.every((point) => both.includes(point))
  );
}

type HistogramPoint = NonNullable<AnswerSeries["histogram"]>;

const printPoint = (point: HistogramPoint) => JSON.stringify(point);

function histogramPointsOf(answer: Answer): readonly HistogramPoint[] {
  return seriesOf(answer).flatMap(({ histogram, histograms = [] }) =>
    histogram === undefined ? histograms : [histogram],
  );
}

/** A histogram's labels. */
function groupOf(labels: AnswerSeries["metric"], without: readonly string[]): string {
  const rest = Object.entries(labels).filter(([name]) => name !== "__name__" && !without.includes(name));
  return labelsOf({ metric: Object.fromEntries(rest) });
}

/** Without the label that tells quantiles apart, which a histogram may have already. */
function groupsWithOneBoundTwice(answer: Answer | undefined, label: string): ReadonlySet<string> {
  const bounds = new Map<string, Set<string>>();
  const twice = new Set<string>();
  for (const { metric } of seriesOf(answer)) {
    const group = groupOf(metric, ["le"]);
    const bound = String(Number((metric.le ?? "").replace("Inf", "Infinity")));
    const known = bounds.get(group) ?? new Set();
    if (known.has(bound)) twice.add(groupOf(metric, ["le", label]));
    bounds.set(group, known.add(bound));
  }
  return twice;
}

function selectorsIn(expr: Expr): readonly VectorSelector[] {
  return expr.kind === "vector selector" ? [expr] : childrenOf(expr).flatMap(selectorsIn);
}

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, i) => names.indexOf(name) !== i);
}

function withoutLabels(answer: Answer, names: readonly string[]): Answer {
  return JSON.parse(JSON.stringify(answer), (key, value) =>
    key === "metric"
      ? Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))
      : value,
  );
}
