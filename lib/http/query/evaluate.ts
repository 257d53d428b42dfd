/** Instant and range queries. */

import { printTime } from "../../model/time.ts";
import { printJsonFloat } from "../../number/print-float.ts";
import type { Query, QueryOptions, QueryResult, QueryValue } from "../../promql/engine-interface.ts";
import { checkRangeType } from "../../promql/parse/range-type.ts";
import { checkDurations } from "../../promql/plan/check-durations.ts";
import type { Expr } from "../../promql/syntax/ast.ts";
import type { QueryTimes } from "../../promql/syntax/types.ts";
import { type Piece, printMatrix, printPair, printVector } from "../../wire/api-json.ts";
import { answerData } from "./answer.ts";
import { CostComparison } from "./cost.ts";
import { costLimits, costParameter } from "./cost-parameters.ts";
import { queryParameter } from "./expression.ts";
import {
  limitParameter,
  lookbackParameter,
  optionalTimeParameter,
  rangeParameters,
  resolutionParameter,
  START_TIMESTAMPS_HEADER,
  startTimestampsHeader,
  timeoutParameter,
} from "./parameters.ts";
import type { QueryRequest } from "./request.ts";
import { printStats, statsWarnings } from "./stats.ts";

export async function answerInstantQuery(request: QueryRequest): Promise<Response> {
  const { parameters, services, clock } = request;
  const limit = limitParameter(parameters);
  const timeMs = optionalTimeParameter(parameters, "time", clock());
  const options = engineOptions(request);
  const at = { startMs: timeMs, endMs: timeMs };
  const run = (query: Query) => services.engine.instantQuery(request.source, query, { timeMs }, options);
  const check = (expr: Expr) => checkDurations(expr, { ...at, stepMs: 0 });
  return evaluate(request, limit, { ...at, stepMs: 0 }, run, check);
}

export async function answerRangeQuery(request: QueryRequest): Promise<Response> {
  const { parameters, services } = request;
  const limit = limitParameter(parameters);
  const range = rangeParameters(parameters, services.settings.limits.maxSteps);
  const options = engineOptions(request);
  const run = (query: Query) => services.engine.rangeQuery(request.source, query, range, options);
  const check = (expr: Expr) => {
    checkRangeType(expr);
    checkDurations(expr, range);
  };
  return evaluate(request, limit, range, run, check);
}

/** A request may shorten the service's timeout, not extend it. */
function engineOptions({
  c,
  parameters,
  services,
  clock,
  signal,
  deadline,
  patterns,
}: QueryRequest): QueryOptions {
  const { settings } = services;
  const asked = timeoutParameter(parameters) ?? settings.limits.timeoutMs;
  const lookbackDeltaMs = lookbackParameter(parameters) ?? settings.lookbackDeltaMs;
  const useStartTimestamps = startTimestampsHeader(c.req.header(START_TIMESTAMPS_HEADER));
  const limits = costLimits(parameters, settings.limits);
  const timeoutMs = Math.min(asked, limits.timeoutMs);
  deadline.shorten(timeoutMs);
  return {
    lookbackDeltaMs,
    limits: { ...settings.limits, ...limits, timeoutMs },
    clock,
    signal,
    deadline,
    patterns,
    defaultSubqueryStepMs: settings.defaultSubqueryStepMs,
    delayedNameRemoval: settings.delayedNameRemoval,
    typeAndUnitLabels: settings.typeAndUnitLabels,
    useStartTimestamps: useStartTimestamps ?? settings.useStartTimestamps,
    perStepStats: parameters.get("stats") === "all",
    resolution: resolutionParameter(parameters) ?? settings.resolution,
  };
}

/** `check` throws if the query is invalid whatever is stored. */
async function evaluate(
  request: QueryRequest,
  limit: number,
  times: QueryTimes,
  run: (query: Query) => Promise<QueryResult>,
  check: (expr: Expr) => void,
): Promise<Response> {
  const { c, parameters, clock } = request;
  const comparesCost = costParameter(parameters);
  const beganMs = clock();
  const query = queryParameter(request, check);
  const { startMs, endMs, stepMs } = times;
  const { fields } = c.get("requestLog");
  Object.assign(fields, { start: printTime(startMs), end: printTime(endMs) });
  if (endMs > startMs) Object.assign(fields, { rangeMs: endMs - startMs, stepMs });
  request.setPhase("evaluation");
  const parsedMs = clock();
  const comparison = comparesCost ? await CostComparison.begin(request, query, times) : undefined;
  const result = await run(query);
  const timings = { preparationMs: parsedMs - beganMs, evaluationMs: clock() - parsedMs };
  noteResult(request, result);
  const stats = parameters.get("stats") ?? "";
  const warnings = [...result.warnings];
  const value = truncated(result.value, limit, warnings);
  warnings.push(...statsWarnings(parameters), ...(comparison?.warnings ?? []));
  const statsText = stats === "" ? "" : `,"stats":${JSON.stringify(printStats(result, timings, times))}`;
  const cost = comparison?.finish(result);
  const more = statsText + (cost === undefined ? "" : `,"cost":${cost}`);
  return answerData(c, printData(value, more), { warnings, infos: result.infos });
}

function noteResult({ c }: QueryRequest, { value, samples }: QueryResult): void {
  const { fields } = c.get("requestLog");
  fields.samples = samples.totalQueryableSamples;
  fields.peakSamples = samples.peakSamples;
  if (samples.rowsRead > 0) fields.rowsRead = samples.rowsRead;
  if (value.type === "vector" || value.type === "matrix") fields.series = value.series.length;
}

function truncated(value: QueryValue, limit: number, warnings: string[]): QueryValue {
  const hasSeries = value.type === "vector" || value.type === "matrix";
  if (!hasSeries || limit === 0 || value.series.length <= limit) return value;
  warnings.push("results truncated due to limit");
  return { ...value, series: value.series.slice(0, limit) };
}

function* printData(value: QueryValue, more: string): Generator<Piece> {
  yield `{"resultType":"${value.type}","result":`;
  switch (value.type) {
    case "scalar":
      yield printPair(value.timestampMs, printJsonFloat(value.value));
      break;
    case "string":
      yield printPair(value.timestampMs, value.value);
      break;
    case "vector":
      yield* printVector(value.series);
      break;
    case "matrix":
      yield* printMatrix(value.series);
  }
  yield `${more}}`;
}
