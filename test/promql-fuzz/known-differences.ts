/**
 * Where Hearth answers otherwise than Prometheus, and why that stays so. A difference is a known one by its values, not by the
 * query's text: the innermost part of the query that is answered differently must be so in just the way that is described.
 */

import { METRIC_NAME } from "../../lib/model/labels.ts";
import type { Call, Expr, VectorSelector } from "../../lib/promql/ast.ts";
import { childrenOf } from "../../lib/promql/children.ts";
import {
  type Answer,
  type AnswerSeries,
  differenceOf,
  isClose,
  labelsOf,
  seriesOf,
  valuesInOrder,
} from "./answer.ts";
import { goLog, goPow, MIN_NORMAL } from "./go-math.ts";
import { type FloatPair, isSameFloat, pairFloats } from "./paired-floats.ts";
import type { AskedPart, DifferingPart } from "./parts.ts";

export interface KnownDifference {
  readonly reason: string;
  readonly explains: (part: DifferingPart) => boolean;
}

const TOLERANCE = 1e-9;
/** Of one series in the head of Prometheus: a data set has some 200 samples of each, a chunk up to 120, fewer after a reset. */
const MAX_CHUNKS = 20;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    reason: "logarithms of numbers below 2^-1022: Go's are wrong by up to three decimal orders",
    explains: (part) => {
      const base = part.expr.kind === "call" ? LOGARITHMS.get(part.expr.function) : undefined;
      if (base === undefined) return false;
      return everyDifference(part, ({ ours, theirs }, [values]) =>
        values.some(
          ({ ours: value }) =>
            isBelowNormal(value) &&
            isSame(Math.log(value) / base, ours) &&
            isSame(goLog(value) / base, theirs),
        ),
      );
    },
  },
  {
    reason:
      "powers: Go squares again and again, which leaves those of huge exponents few digits, and takes wrong logarithms of numbers below 2^-1022",
    explains: (part) =>
      part.expr.kind === "binary" &&
      part.expr.operator === "^" &&
      everyDifference(part, ({ ours, theirs }, [bases, exponents]) =>
        bases.some(({ ours: base }) =>
          exponents.some(
            ({ ours: exponent }) => isSame(base ** exponent, ours) && isSame(goPow(base, exponent), theirs),
          ),
        ),
      ),
  },
  {
    reason:
      "exponentials from 2^1023.5 on: Go's are infinite there, half an octave early, and so are cosh() and sinh()",
    explains: (part) => {
      const calculate = part.expr.kind === "call" ? EXPONENTIALS.get(part.expr.function) : undefined;
      if (calculate === undefined) return false;
      return everyDifference(
        part,
        ({ ours, theirs }, [values]) =>
          theirs === Math.sign(ours) * Number.POSITIVE_INFINITY &&
          values.some(
            ({ ours: value }) => Math.abs(value) > GO_MAX_EXPONENT && isSame(calculate(value), ours),
          ),
      );
    },
  },
  {
    reason:
      "periodic functions, remainders, powers and differences, and functions that jump: the last digit, which two libraries may round apart, decides",
    explains: (part) => {
      const calculate = lastDigitDecides(part.expr);
      return calculate !== undefined && everyDifference(part, isCalculatedBy(calculate));
    },
  },
  {
    reason:
      "several quantiles of buckets of which two have one bound (`1` and `1.0`): Prometheus puts them together again for every quantile but the first",
    explains: (part) => {
      if (!isCall(part.expr, "histogram_quantiles")) return false;
      const label = part.expr.args[1];
      const twice = groupsWithOneBoundTwice(part.inner[0]?.ours);
      return everyDifference(
        part,
        ({ labels }) => label.kind === "string" && twice.has(groupOf(labels, [label.value])),
      );
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
      "quantiles of negative counts: none reaches its rank, so that it is the upper bound of the last bucket, an empty one too",
    explains: ({ expr, ours, theirs, inner }) =>
      expr.kind === "call" &&
      /^histogram_quantiles?$/.test(expr.function) &&
      selectsSparse(expr) &&
      differingFloats(ours, theirs).length > 0 &&
      differingFloats(ours, theirs).every(
        (pair) => pair.theirs > pair.ours && lastUpperBounds(inner, pair.time).includes(pair.ours),
      ),
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
      "counts of values that differ in the last digit, which two libraries may round apart, or in the sign of a zero, which of zeros of both is a quantile's",
    explains: ({ expr, inner, ours, theirs }) =>
      expr.kind === "aggregation" &&
      expr.operator === "count_values" &&
      inner.some((part) => haveOtherDigits(part)) &&
      !isSameAnswer(ours, theirs) &&
      JSON.stringify(countsOfRounded(ours)) === JSON.stringify(countsOfRounded(theirs)),
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
    reason: "comparisons of numbers that differ in the last digit alone, which two libraries may round apart",
    explains: ({ expr, inner }) =>
      expr.kind === "binary" &&
      COMPARISONS.has(expr.operator) &&
      inner.some((part) => haveOtherDigits(part)) &&
      haveCloseOperands(operandsOf(expr, inner)),
  },
  {
    reason:
      "changes, resets and deviations of numbers that differ in the last digit alone, which two libraries may round apart",
    explains: ({ expr, inner, ours, theirs }) =>
      LAST_DIGIT_SEEN.test(nameOf(expr)) &&
      inner.some((part) => haveOtherDigits(part)) &&
      differingFloats(ours, theirs).length > 0,
  },
  {
    reason:
      "the largest or smallest of numbers that differ in the last digit alone, which two libraries may round apart",
    explains: ({ expr, inner, ours, theirs }) =>
      /^(top|bottom)k$/.test(nameOf(expr)) &&
      inner.some((part) => haveOtherDigits(part)) &&
      haveCloseValues(ours, theirs),
  },
  {
    reason: "the order of values that differ in the last digit alone, which two libraries may round apart",
    explains: ({ expr, question, inner, ours, theirs }) =>
      question.stepMs === undefined &&
      isSorting(expr) &&
      inner.some((part) => haveOtherDigits(part)) &&
      haveCloseValues(ours, theirs) &&
      isSameAnswer(ours, theirs),
  },
  {
    reason:
      "the order of what a subquery evaluates once: an instant vector, which may be sorted, of which Go leaves equals in another order",
    explains: ({ expr, question, ours, theirs }) =>
      question.stepMs === undefined && sortsInSubquery(expr) && isSameAnswer(ours, theirs),
  },
];

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

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);

/** At one time, in any two series. */
function haveCloseOperands(operands: ReturnType<typeof operandsOf>): boolean {
  if (operands === undefined) return false;
  const [left, right] = operands;
  return left.some((one) =>
    right.some(
      (other) =>
        (one.time === other.time || Number.isNaN(one.time) || Number.isNaN(other.time)) &&
        isSame(one.ours, other.ours),
    ),
  );
}

/** Functions and aggregations to whom equal numbers are none that are nearly equal. */
const LAST_DIGIT_SEEN = /^(changes|resets|std(dev|var)(_over_time)?|deriv|rate|increase|delta|idelta|irate)$/;

function nameOf(expr: Expr): string {
  if (expr.kind === "call") return expr.function;
  return expr.kind === "aggregation" ? expr.operator : "";
}

function haveOtherDigits({ ours, theirs }: AskedPart): boolean {
  return (pairFloats(ours, theirs) ?? []).some((pair) => !Object.is(pair.ours, pair.theirs));
}

/** In their order. */
function haveCloseValues(ours: Answer, theirs: Answer): boolean {
  const [our, their] = [ours, theirs].map(valuesInOrder);
  return our.length === their.length && our.every((value, i) => isClose(value, their[i], TOLERANCE));
}

function sortsInSubquery(expr: Expr, isInside = false): boolean {
  const isIn = isInside || expr.kind === "subquery";
  return (isIn && isSorting(expr)) || childrenOf(expr).some((child) => sortsInSubquery(child, isIn));
}

/** Sorted, with notes: how many there are at each time of the values that are the same when rounded. */
function countsOfRounded(answer: Answer): unknown {
  const { warnings, infos } = answer;
  const counts = new Map<string, number>();
  for (const { metric, value, values = [] } of seriesOf(answer)) {
    const labels = Object.entries(metric).map(([name, text]) => [name, text === "-0" ? "0" : text]);
    const key = labelsOf({ metric: Object.fromEntries(labels) });
    for (const [time, count] of value === undefined ? values : [value]) {
      const at = `${key} @${time}`;
      counts.set(at, (counts.get(at) ?? 0) + Number(count));
    }
  }
  return [[...counts].sort(([a], [b]) => (a < b ? -1 : 1)), warnings, infos];
}

/** The known one that explains a part that is answered differently, if any does. */
export function knownDifference(part: DifferingPart): KnownDifference | undefined {
  return KNOWN_DIFFERENCES.find(({ explains }) => explains(part));
}

function isCall<N extends string>(expr: Expr, name: N): expr is Extract<Expr, { kind: "call" }> {
  return expr.kind === "call" && expr.function === name;
}

function isSorting(expr: Expr): boolean {
  return expr.kind === "call" ? expr.function.startsWith("sort") : expr.kind === "aggregation";
}

const isSame = (a: number, b: number) => isSameFloat(a, b, TOLERANCE);

const isBelowNormal = (value: number) => value > 0 && value < MIN_NORMAL;

/** What the operands of a part were at the time of a pair. */
type Explains = (pair: FloatPair, operands: readonly (readonly FloatPair[])[]) => boolean;

/** The widest that a data set has. */
const MAX_ZERO_THRESHOLD = 0.25;

function mayLieInZeroBucket(expr: Call, { ours, theirs }: FloatPair): boolean {
  const isInside = (value: number) => Math.abs(value) <= MAX_ZERO_THRESHOLD;
  if (expr.function === "histogram_fraction")
    return expr.args.slice(0, 2).some((arg) => isInside(numberOf(arg) ?? Number.NaN));
  return /^histogram_quantiles?$/.test(expr.function) && isInside(ours) && isInside(theirs);
}

/** Of the histograms with negative counts at a time. */
function lastUpperBounds(inner: DifferingPart["inner"], time: number): readonly number[] {
  return inner
    .flatMap(({ ours }) => seriesOf(ours))
    .flatMap(({ histogram, histograms = [] }) => (histogram === undefined ? histograms : [histogram]))
    .filter(([at, { count }]) => at === time && Number(count) < 0)
    .map(([, { buckets }]) => Number(buckets?.at(-1)?.[2]));
}

/** Those that are not the same; none when anything else differs too. */
function differingFloats(ours: Answer, theirs: Answer): readonly FloatPair[] {
  const hasSameNotes = isSameAnswer({ ...ours, data: theirs.data! }, theirs);
  const pairs = hasSameNotes ? pairFloats(ours, theirs) : undefined;
  return (pairs ?? []).filter((pair) => !isSame(pair.ours, pair.theirs));
}

/** Whether floats are all that differs, and each of them is explained. */
function everyDifference({ expr, inner, ours, theirs }: DifferingPart, explains: Explains): boolean {
  const differing = differingFloats(ours, theirs);
  const operands = operandsOf(expr, inner);
  if (differing.length === 0 || operands === undefined) return false;
  return differing.every((pair) =>
    explains(
      pair,
      operands.map((all) => all.filter(({ time }) => Number.isNaN(time) || time === pair.time)),
    ),
  );
}

/** Of every argument its values; those of a number have no time. */
function operandsOf(
  expr: Expr,
  inner: DifferingPart["inner"],
): readonly (readonly FloatPair[])[] | undefined {
  const operands: (readonly FloatPair[])[] = [];
  let next = 0;
  for (const child of childrenOf(expr)) {
    const bare = withoutParentheses(child);
    if (bare.kind === "string") continue;
    const value = numberOf(bare);
    if (value !== undefined) {
      operands.push([{ time: Number.NaN, ours: value, theirs: value, labels: {} }]);
      continue;
    }
    const asked = inner[next++];
    const pairs = asked && pairFloats(asked.ours, asked.theirs);
    if (pairs === undefined) return undefined;
    operands.push(pairs);
  }
  return operands;
}

function withoutParentheses(expr: Expr): Expr {
  return expr.kind === "parentheses" ? withoutParentheses(expr.expr) : expr;
}

function numberOf(expr: Expr): number | undefined {
  return expr.kind === "number" ? expr.value : undefined;
}

/** The natural logarithm of the base of each. */
const LOGARITHMS: ReadonlyMap<string, number> = new Map([
  ["ln", 1],
  ["log2", Math.LN2],
  ["log10", Math.LN10],
]);

type Calculate = (...operands: number[]) => number;

/** `math.Exp` rounds its operand to a whole power of two, of which 1024 has no room. */
const GO_MAX_EXPONENT = 1023.499 * Math.LN2;

const EXPONENTIALS: ReadonlyMap<string, Calculate> = new Map([
  ["exp", Math.exp],
  ["cosh", Math.cosh],
  ["sinh", Math.sinh],
]);

const PERIODIC: ReadonlyMap<string, Calculate> = new Map([
  ["sin", Math.sin],
  ["cos", Math.cos],
  ["tan", Math.tan],
]);

/** By trunc, as Go makes a whole number of seconds. */
const dateOf = (seconds: number) => new Date(Math.trunc(seconds) * 1000);

const JUMPING: ReadonlyMap<string, Calculate> = new Map<string, Calculate>([
  ["ceil", Math.ceil],
  ["floor", Math.floor],
  ["round", (value, to = 1) => Math.floor(value / to + 0.5) * to],
  ["sgn", Math.sign],
  ["day_of_month", (seconds) => dateOf(seconds).getUTCDate()],
  ["day_of_week", (seconds) => dateOf(seconds).getUTCDay()],
  ["hour", (seconds) => dateOf(seconds).getUTCHours()],
  ["minute", (seconds) => dateOf(seconds).getUTCMinutes()],
  ["month", (seconds) => dateOf(seconds).getUTCMonth() + 1],
  ["year", (seconds) => dateOf(seconds).getUTCFullYear()],
]);

/** What is nearly nothing, or to a huge power, shows the last digit of what it is made of. */
const ARITHMETIC: ReadonlyMap<string, Calculate> = new Map<string, Calculate>([
  ["%", (a, b) => a % b],
  ["+", (a, b) => a + b],
  ["-", (a, b) => a - b],
  ["/", (a, b) => a / b],
  ["^", (a, b) => a ** b],
]);

function lastDigitDecides(expr: Expr): Calculate | undefined {
  if (expr.kind === "call") return PERIODIC.get(expr.function) ?? JUMPING.get(expr.function);
  return expr.kind === "binary" ? ARITHMETIC.get(expr.operator) : undefined;
}

/** By both alike, but from operands that are not the same bit for bit. */
function isCalculatedBy(calculate: Calculate): Explains {
  return ({ ours, theirs }, operands) =>
    combinations(operands).some(
      (combination) =>
        combination.some((one) => !Object.is(one.ours, one.theirs)) &&
        isSame(calculate(...combination.map((one) => one.ours)), ours) &&
        isSame(calculate(...combination.map((one) => one.theirs)), theirs),
    );
}

function combinations<T>(columns: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return columns.reduce<readonly (readonly T[])[]>(
    (all, column) => all.flatMap((one) => column.map((value) => [...one, value])),
    [[]],
  );
}

/** A histogram's labels. */
function groupOf(labels: AnswerSeries["metric"], without: readonly string[]): string {
  const rest = Object.entries(labels).filter(([name]) => name !== "__name__" && !without.includes(name));
  return labelsOf({ metric: Object.fromEntries(rest) });
}

function groupsWithOneBoundTwice(answer: Answer | undefined): ReadonlySet<string> {
  const bounds = new Map<string, Set<string>>();
  const twice = new Set<string>();
  for (const { metric } of seriesOf(answer)) {
    const group = groupOf(metric, ["le"]);
    const bound = String(Number((metric.le ?? "").replace("Inf", "Infinity")));
    const known = bounds.get(group) ?? new Set();
    if (known.has(bound)) twice.add(group);
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

function isSameAnswer(ours: Answer, theirs: Answer): boolean {
  return differenceOf(ours, theirs, { isOrdered: false, tolerance: TOLERANCE }) === undefined;
}
