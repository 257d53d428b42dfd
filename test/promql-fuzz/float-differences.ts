/** Where Hearth calculates otherwise than Prometheus: what the `math` of Go does, and where the last digit decides. */
import type { Expr } from "../../lib/promql/ast.ts";
import { type Answer, isClose, labelsOf, seriesOf, valuesInOrder } from "./answer.ts";
import {
  differingFloats,
  type Explains,
  everyDifference,
  isSame,
  isSameAnswer,
  operandsOf,
  TOLERANCE,
} from "./explain-floats.ts";
import { goLog, goPow, MIN_NORMAL } from "./go-math.ts";
import type { KnownDifference } from "./known-differences.ts";
import { type FloatPair, pairFloats } from "./paired-floats.ts";
import type { AskedPart } from "./parts.ts";

export const FLOAT_DIFFERENCES: readonly KnownDifference[] = [
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
      "functions that are steep or jump, remainders, powers and differences: the last digit, which two libraries may round apart, decides",
    explains: (part) => {
      const calculate = lastDigitDecides(part.expr);
      return calculate !== undefined && everyDifference(part, isCalculatedBy(calculate));
    },
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
      "which series a ratio picks that have a number as a label, whose last digit two libraries may round apart",
    explains: ({ expr, inner, ours, theirs }) =>
      nameOf(expr) === "limit_ratio" && picksByLastDigit(inner, ours, theirs),
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
      inner.some((part) => haveOtherDigits(part)) &&
      differingFloats(ours, theirs).length > 0 &&
      differingFloats(ours, theirs).every((pair) => isSeenDigit(nameOf(expr), pair, inner)),
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
];

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

/** Of numbers that should be equal: that they change, or by how little they deviate. */
function isSeenDigit(name: string, { ours, theirs }: FloatPair, inner: readonly AskedPart[]): boolean {
  if (name === "changes" || name === "resets") return Number.isInteger(ours) && Number.isInteger(theirs);
  const isDeviation =
    /^(std(dev|var)(_over_time)?|mad_over_time|deriv|predict_linear|i?delta|i?rate|increase)$/.test(name);
  const sizes = inner
    .flatMap((part) => pairFloats(part.ours, part.theirs) ?? [])
    .map((pair) => Math.abs(pair.ours));
  return isDeviation && Math.abs(ours - theirs) <= TOLERANCE * Math.max(...sizes.filter(Number.isFinite));
}

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

/** Series are in one of two answers alone when their labels inside are the same but for a last digit, and others are the same. */
function picksByLastDigit(inner: readonly AskedPart[], ours: Answer, theirs: Answer): boolean {
  const [our, their] = [ours, theirs].map((answer) => new Set(seriesOf(answer).map(labelsOf)));
  const inOne = new Set([...our, ...their].filter((labels) => !our.has(labels) || !their.has(labels)));
  const [ourInside, theirInside] = [inner.at(-1)?.ours, inner.at(-1)?.theirs];
  return (
    inOne.size > 0 &&
    [...inOne].every((labels) => exactLabels(ourInside, labels) !== exactLabels(theirInside, labels)) &&
    isSameAnswer(withoutSeries(ours, inOne), withoutSeries(theirs, inOne))
  );
}

/** Of the series that have these when rounded. */
function exactLabels(answer: Answer | undefined, rounded: string): string {
  return JSON.stringify(seriesOf(answer).flatMap((one) => (labelsOf(one) === rounded ? [one.metric] : [])));
}

function withoutSeries(answer: Answer, labels: ReadonlySet<string>): Answer {
  const { data } = answer;
  if (data?.resultType !== "vector" && data?.resultType !== "matrix") return answer;
  return { ...answer, data: { ...data, result: data.result.filter((one) => !labels.has(labelsOf(one))) } };
}

const isBelowNormal = (value: number) => value > 0 && value < MIN_NORMAL;

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

/** Of huge numbers, or near to one: there a last digit makes more than a last digit. */
const STEEP: ReadonlyMap<string, Calculate> = new Map([
  ["sin", Math.sin],
  ["cos", Math.cos],
  ["tan", Math.tan],
  ["asin", Math.asin],
  ["acos", Math.acos],
  ["acosh", Math.acosh],
  ["atanh", Math.atanh],
  ["ln", Math.log],
  ["log2", Math.log2],
  ["log10", Math.log10],
]);

/** By trunc, as Go makes a whole number of seconds. */
const dateOf = (seconds: number) => new Date(Math.trunc(seconds) * 1000);

/** Of numbers that no `Date` takes too. */
const secondOfDay = (seconds: number) => ((Math.trunc(seconds) % 86_400) + 86_400) % 86_400;

const JUMPING: ReadonlyMap<string, Calculate> = new Map<string, Calculate>([
  ["ceil", Math.ceil],
  ["floor", Math.floor],
  ["round", (value, to = 1) => Math.floor(value / to + 0.5) * to],
  ["sgn", Math.sign],
  ["day_of_month", (seconds) => dateOf(seconds).getUTCDate()],
  ["day_of_week", (seconds) => dateOf(seconds).getUTCDay()],
  ["hour", (seconds) => Math.floor(secondOfDay(seconds) / 3600)],
  ["minute", (seconds) => Math.floor((secondOfDay(seconds) % 3600) / 60)],
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
  if (expr.kind === "call") return STEEP.get(expr.function) ?? JUMPING.get(expr.function);
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

export function isSorting(expr: Expr): boolean {
  return expr.kind === "call" ? expr.function.startsWith("sort") : expr.kind === "aggregation";
}
