/**
 * The query engine. A query has four stages:
 *
 * 1. plan (../plan/make-plan.ts, ../plan/plan.ts): the syntax tree with all times resolved, and
 *    what is the same at every step marked;
 * 2. read (../plan/plan-reads.ts, fetch.ts): all selectors at once, each with the times that the
 *    plan needs. Instant vectors and functions of range vectors are evaluated series by series
 *    meanwhile, and aggregated (streamed-series.ts);
 * 3. evaluate (evaluate.ts, ../operators, ../functions): synchronous. Operators map columns of
 *    steps to columns of steps (../runtime/value.ts); functions over ranges move a window along
 *    each series;
 * 4. respond (result.ts): the samples without the gaps, sorted.
 */
import { Deadline } from "../../model/deadline.ts";
import { HearthError } from "../../model/errors.ts";
import { Patterns } from "../../model/regexp/patterns.ts";
import type {
  InstantRange,
  Query,
  QueryOptions,
  QueryResult,
  QueryValue,
  SeriesSource,
  StepRange,
} from "../engine-interface.ts";
import { checkRangeType } from "../parse/range-type.ts";
import { gridBetween, instantGrid, type StepGrid } from "../plan/grid.ts";
import { makePlan } from "../plan/make-plan.ts";
import type { Plan } from "../plan/plan.ts";
import { isRangePlan } from "../plan/plan.ts";
import { Annotations } from "../runtime/annotations.ts";
import { Budget, MAX_SERIES_BYTES } from "../runtime/budget.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { SampleCount } from "../runtime/sample-count.ts";
import { TouchedSeries } from "../runtime/touched-series.ts";
import type { QueryTimes } from "../syntax/types.ts";
import { evaluate } from "./evaluate.ts";
import { fetchSeries } from "./fetch.ts";
import { matrixOfCells, vectorOfCells } from "./result.ts";
import { matrixOfSamples } from "./result-matrix.ts";

/** Evaluates at one time. */
export async function instantQuery(
  source: SeriesSource,
  query: Query,
  { timeMs }: InstantRange,
  options: QueryOptions,
): Promise<QueryResult> {
  const times = { startMs: timeMs, endMs: timeMs, stepMs: 0 };
  const grid = instantGrid(timeMs);
  return run(source, query, options, times, grid, (plan, context) => instantValue(plan, grid, context));
}

/**
 * Evaluates at every step. Throws "invalid" unless the value is a scalar or an instant vector, "too
 * large" for too many steps.
 */
export async function rangeQuery(
  source: SeriesSource,
  query: Query,
  { startMs, endMs, stepMs }: StepRange,
  options: QueryOptions,
): Promise<QueryResult> {
  checkRangeType(query.expr);
  const { limits } = options;
  const grid = gridBetween(startMs, endMs, stepMs);
  if (grid.steps > limits.maxSteps) {
    throw new HearthError(
      "too large",
      `range query: ${grid.steps} steps, the limit is ${limits.maxSteps}; widen the step or shorten the range limit=maxSteps`,
    );
  }
  return run(source, query, options, { startMs, endMs, stepMs }, grid, (plan, context) =>
    rangeValue(plan, grid, context),
  );
}

async function run(
  source: SeriesSource,
  { text, expr }: Query,
  options: QueryOptions,
  times: QueryTimes,
  grid: StepGrid,
  toValue: (plan: Plan, context: EvaluationContext) => QueryValue,
): Promise<QueryResult> {
  const { clock, limits, deadline = new Deadline(clock, limits.timeoutMs) } = options;
  const { patterns = new Patterns(deadline) } = options;
  const plan = makePlan(expr, { times, defaultSubqueryStepMs: options.defaultSubqueryStepMs });
  const budget = new Budget(limits.maxSamples, deadline, MAX_SERIES_BYTES, limits.maxSamplesRead);
  const touched = new TouchedSeries(limits.maxSeriesTouched);
  const annotations = new Annotations();
  const base = { options, annotations, budget, deadline, patterns, evaluate, touched };
  const fetched = await fetchSeries(source, plan, grid, base);
  const samples = new SampleCount(grid.steps);
  const value = toValue(plan, { ...base, ...fetched, samples });
  return {
    value,
    warnings: annotations.print("warning", text),
    infos: annotations.print("info", text),
    samples: {
      totalQueryableSamples: samples.total,
      totalQueryableSamplesPerStep: options.perStepStats ? samples.perStep : undefined,
      samplesRead: samples.totalRead,
      samplesReadPerStep: options.perStepStats ? samples.readPerStep : undefined,
      seriesTouched: touched.count,
      peakSamples: budget.peak,
      rowsRead: fetched.rowsRead,
    },
  };
}

function instantValue(plan: Plan, grid: StepGrid, context: EvaluationContext): QueryValue {
  const timestampMs = grid.startMs;
  if (isRangePlan(plan)) return { type: "matrix", series: matrixOfSamples(plan, grid, context) };
  const value = evaluate(plan, grid, context);
  if (value.type === "string") return { type: "string", timestampMs, value: value.value };
  if (value.type === "scalar") return { type: "scalar", timestampMs, value: value.values[0] };
  return { type: "vector", timestampMs, series: vectorOfCells(value, grid, context) };
}

function rangeValue(plan: Plan, grid: StepGrid, context: EvaluationContext): QueryValue {
  return { type: "matrix", series: matrixOfCells(evaluate(plan, grid, context), grid, context) };
}
