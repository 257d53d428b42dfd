/**
 * The functions of PromQL as of Prometheus 3.16: one row each, with every fact except the implementation,
 * which functions/implementations.ts adds. Parser, planner and operators read no other list of names.
 * https://prometheus.io/docs/prometheus/latest/querying/functions/
 */
import type { ExtendedRange, QueryTimes, ValueType } from "./types.ts";

export interface FunctionFacts {
  readonly argTypes: readonly ValueType[];
  /**
   * How often the last argument may occur: 0 exactly once, n > 0 up to n times or never, -1 any number of
   * times or never.
   */
  readonly variadic: number;
  readonly returnType: ValueType;
  readonly isExperimental: boolean;
  /** The kind of plan that a call becomes. */
  readonly plansAs: "call" | "constant" | "info";
  /** The value of a call that the planner replaces by a constant. */
  readonly constant: ((times: QueryTimes) => number) | undefined;
  /** Whether the result may change between steps although the arguments do not. */
  readonly dependsOnStep: "never" | "always" | "unless stored samples";
  /** Whether the function reads stored samples themselves if its argument is a selector. */
  readonly readsSamples: boolean;
  /**
   * Whether it needs the buckets of native histograms. "as around" leaves that to the expression
   * around it.
   */
  readonly buckets: "as around" | "ignored" | "read";
  /** Whether each result series is made from a single series of its vector. */
  readonly isPerSeries: boolean;
  /** Whether results keep their metric name. */
  readonly keepsName: boolean;
  /** Modifiers that its range vector may have. */
  readonly rangeModifiers: readonly ExtendedRange[];
  /** Whether an info annotation reports metrics that do not look like counters. */
  readonly expectsCounter: boolean;
  /** Whether hourly rows can stand for the samples of its range vector. */
  readonly hasRows: boolean;
}

const DEFAULTS: Omit<FunctionFacts, "argTypes"> = {
  variadic: 0,
  returnType: "vector",
  isExperimental: false,
  plansAs: "call",
  constant: undefined,
  dependsOnStep: "never",
  readsSamples: false,
  buckets: "as around",
  isPerSeries: true,
  keepsName: false,
  rangeModifiers: [],
  expectsCounter: false,
  hasRows: false,
};

type Facts = Partial<Omit<FunctionFacts, "argTypes">>;

/** A row from the types of the arguments and the facts that differ from `DEFAULTS`. */
function takes(argTypes: string, facts: Facts = {}): FunctionFacts {
  return { ...DEFAULTS, ...facts, argTypes: argTypes.split(" ").filter(Boolean) as ValueType[] };
}

const EXPERIMENTAL: Facts = { isExperimental: true };
const SCALAR: Facts = { returnType: "scalar" };
const DATE: Facts = { variadic: 1, dependsOnStep: "always" };
const LABELS: Facts = { keepsName: true, variadic: -1 };
const ALL_RANGES: readonly ExtendedRange[] = ["anchored", "smoothed"];
const ROWS_TOO: Facts = { hasRows: true };
const COUNTER: Facts = { expectsCounter: true, rangeModifiers: ALL_RANGES, hasRows: true };
const ESTIMATE: Facts = { buckets: "read", isPerSeries: false };

function constant(value: (times: QueryTimes) => number): FunctionFacts {
  return takes("", { ...EXPERIMENTAL, ...SCALAR, plansAs: "constant", constant: value });
}

const ROWS = {
  abs: takes("vector"),
  absent: takes("vector", { buckets: "ignored", isPerSeries: false }),
  ceil: takes("vector"),
  exp: takes("vector"),
  floor: takes("vector"),
  ln: takes("vector"),
  log10: takes("vector"),
  log2: takes("vector"),
  scalar: takes("vector", { ...SCALAR, isPerSeries: false }),
  sgn: takes("vector"),
  sort: takes("vector", { keepsName: true }),
  sort_desc: takes("vector", { keepsName: true }),
  sqrt: takes("vector"),
  timestamp: takes("vector", {
    buckets: "ignored",
    dependsOnStep: "unless stored samples",
    readsSamples: true,
  }),
  acos: takes("vector"),
  acosh: takes("vector"),
  asin: takes("vector"),
  asinh: takes("vector"),
  atan: takes("vector"),
  atanh: takes("vector"),
  cos: takes("vector"),
  cosh: takes("vector"),
  deg: takes("vector"),
  rad: takes("vector"),
  sin: takes("vector"),
  sinh: takes("vector"),
  tan: takes("vector"),
  tanh: takes("vector"),
  days_in_month: takes("vector", DATE),
  day_of_month: takes("vector", DATE),
  day_of_week: takes("vector", DATE),
  day_of_year: takes("vector", DATE),
  hour: takes("vector", DATE),
  minute: takes("vector", DATE),
  month: takes("vector", DATE),
  year: takes("vector", DATE),
  start_timestamp: takes("vector", { ...EXPERIMENTAL, buckets: "ignored", readsSamples: true }),
  clamp: takes("vector scalar scalar"),
  clamp_max: takes("vector scalar"),
  clamp_min: takes("vector scalar"),
  round: takes("vector scalar", { variadic: 1 }),
  label_replace: takes("vector string string string string", { keepsName: true }),
  label_join: takes("vector string string string", LABELS),
  sort_by_label: takes("vector string", { ...LABELS, ...EXPERIMENTAL }),
  sort_by_label_desc: takes("vector string", { ...LABELS, ...EXPERIMENTAL }),
  info: takes("vector vector", { ...EXPERIMENTAL, variadic: 1, plansAs: "info", keepsName: true }),
  vector: takes("scalar"),

  absent_over_time: takes("matrix", { isPerSeries: false, hasRows: true }),
  avg_over_time: takes("matrix", ROWS_TOO),
  count_over_time: takes("matrix", ROWS_TOO),
  first_over_time: takes("matrix", { keepsName: true, hasRows: true }),
  last_over_time: takes("matrix", { keepsName: true, hasRows: true }),
  max_over_time: takes("matrix", ROWS_TOO),
  min_over_time: takes("matrix", ROWS_TOO),
  present_over_time: takes("matrix", ROWS_TOO),
  stddev_over_time: takes("matrix"),
  stdvar_over_time: takes("matrix"),
  sum_over_time: takes("matrix", ROWS_TOO),
  changes: takes("matrix", { buckets: "read", rangeModifiers: ["anchored"], hasRows: true }),
  delta: takes("matrix", { rangeModifiers: ALL_RANGES, hasRows: true }),
  deriv: takes("matrix"),
  idelta: takes("matrix"),
  increase: takes("matrix", COUNTER),
  irate: takes("matrix"),
  rate: takes("matrix", COUNTER),
  resets: takes("matrix", { rangeModifiers: ["anchored"], hasRows: true }),
  mad_over_time: takes("matrix", EXPERIMENTAL),
  ts_of_first_over_time: takes("matrix", { ...EXPERIMENTAL, hasRows: true }),
  ts_of_last_over_time: takes("matrix", { ...EXPERIMENTAL, hasRows: true }),
  ts_of_max_over_time: takes("matrix", EXPERIMENTAL),
  ts_of_min_over_time: takes("matrix", EXPERIMENTAL),
  predict_linear: takes("matrix scalar", { dependsOnStep: "always" }),
  integral: takes("matrix scalar", { ...EXPERIMENTAL, variadic: 1 }),
  quantile_over_time: takes("scalar matrix"),
  double_exponential_smoothing: takes("matrix scalar scalar", EXPERIMENTAL),

  histogram_avg: takes("vector", { buckets: "ignored" }),
  histogram_count: takes("vector", { buckets: "ignored" }),
  histogram_sum: takes("vector", { buckets: "ignored" }),
  histogram_stddev: takes("vector", { buckets: "read" }),
  histogram_stdvar: takes("vector", { buckets: "read" }),
  histogram_fraction: takes("scalar scalar vector", ESTIMATE),
  histogram_quantile: takes("scalar vector", ESTIMATE),
  histogram_quantiles: takes("vector string scalar scalar", { ...ESTIMATE, ...EXPERIMENTAL, variadic: 9 }),

  pi: takes("", SCALAR),
  time: takes("", { ...SCALAR, dependsOnStep: "always" }),
  start: constant(({ startMs }) => startMs / 1000),
  end: constant(({ endMs }) => endMs / 1000),
  step: constant(({ startMs, endMs, stepMs }) => (startMs === endMs ? 0 : stepMs / 1000)),
  range: constant(({ startMs, endMs }) => (endMs - startMs) / 1000),
  min_of: takes("scalar scalar", { ...EXPERIMENTAL, ...SCALAR }),
  max_of: takes("scalar scalar", { ...EXPERIMENTAL, ...SCALAR }),
} as const satisfies Readonly<Record<string, FunctionFacts>>;

export type FunctionName = keyof typeof ROWS;

export const FUNCTION_NAMES = Object.keys(ROWS) as readonly FunctionName[];

export function factsOf(name: FunctionName): FunctionFacts {
  return ROWS[name];
}

/** Whether a text is the name of a function. */
export function isFunctionName(text: string): text is FunctionName {
  return Object.hasOwn(ROWS, text);
}
