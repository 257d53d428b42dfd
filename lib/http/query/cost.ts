/** `query_cost` and `query_range_cost`: what a query would read, estimated without reading a sample. */

import type { Query, QueryResult } from "../../promql/engine-interface.ts";
import { checkRangeType } from "../../promql/parse/range-type.ts";
import { checkDurations } from "../../promql/plan/check-durations.ts";
import { estimateSamples } from "../../promql/plan/estimate-samples.ts";
import { type ExplainedRead, explainPlan } from "../../promql/plan/explain-plan.ts";
import { gridBetween, instantGrid, type StepGrid } from "../../promql/plan/grid.ts";
import type { Expr } from "../../promql/syntax/ast.ts";
import type { QueryTimes } from "../../promql/syntax/types.ts";
import type { Queryable } from "../../storage/interface.ts";
import { readDollars } from "../../storage/table/read-price.ts";
import { answerValue } from "./answer.ts";
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
import { statsWarnings } from "./stats.ts";

/** As in Prometheus, but for the last two. */
export interface QueryCost {
  readonly seriesTouched: number;
  readonly samplesRead: number;
  /** Of an evaluation. */
  readonly peakSamples?: number;
  readonly readUnits: number;
  /** On demand, in us-east-1. */
  readonly dollars: number;
}

export async function answerQueryCost(request: QueryRequest): Promise<Response> {
  const { parameters, clock } = request;
  checkIgnored(request);
  const timeMs = optionalTimeParameter(parameters, "time", clock());
  return answerCost(request, { startMs: timeMs, endMs: timeMs, stepMs: 0 });
}

export async function answerQueryRangeCost(request: QueryRequest): Promise<Response> {
  const { parameters, services } = request;
  checkIgnored(request);
  const range = rangeParameters(parameters, services.settings.limits.maxSteps);
  return answerCost(request, range);
}

/** Parameters that only an evaluation needs are checked all the same. */
function checkIgnored({ parameters }: QueryRequest): void {
  limitParameter(parameters);
  costParameter(parameters);
}

async function answerCost(request: QueryRequest, times: QueryTimes): Promise<Response> {
  const { c, parameters, services, deadline } = request;
  const { timeoutMs } = services.settings.limits;
  deadline.shorten(timeoutParameter(parameters) ?? timeoutMs);
  lookbackParameter(parameters);
  deadline.shorten(costLimits(parameters, services.settings.limits).timeoutMs);
  startTimestampsHeader(c.req.header(START_TIMESTAMPS_HEADER));
  const check = (expr: Expr) => {
    if (times.stepMs > 0) checkRangeType(expr);
    checkDurations(expr, times);
  };
  const { expr } = queryParameter(request, check);
  request.setPhase("evaluation");
  const { cost, warnings } = await estimateCost(request, expr, times);
  return answerValue(c, { estimate: cost }, { warnings: [...warnings, ...statsWarnings(parameters)] });
}

export interface EstimatedCost {
  readonly cost: QueryCost;
  readonly warnings: readonly string[];
}

const INFO_WARNING = "query cost estimate is incomplete: info() selects additional series at runtime";

/** Reads days, manifests and indexes. */
export async function estimateCost(
  { parameters, services: { settings }, source, signal }: QueryRequest,
  expr: Expr,
  times: QueryTimes,
): Promise<EstimatedCost> {
  const { defaultSubqueryStepMs } = settings;
  const lookbackDeltaMs = lookbackParameter(parameters) ?? settings.lookbackDeltaMs;
  const resolution = resolutionParameter(parameters) ?? settings.resolution;
  const grid = timesGrid(times);
  const { reads } = explainPlan(expr, grid, { times, defaultSubqueryStepMs, lookbackDeltaMs, resolution });
  let [seriesTouched, samplesRead, readUnits] = [0, 0, 0];
  let isIncomplete = false;
  for (const read of reads) {
    const { isOfRows, ...cost } = await costOfRead(read, source, resolution, signal);
    readUnits += cost.readUnits;
    for (const want of read.wants) {
      if (want.countsLater === true) {
        isIncomplete = true;
        continue;
      }
      seriesTouched += cost.seriesCount;
      if (!isOfRows) samplesRead += cost.seriesCount * estimateSamples(want, cost.intervalMs);
    }
  }
  const cost = { seriesTouched, samplesRead, readUnits, dollars: readDollars(readUnits) };
  return { cost, warnings: isIncomplete ? [INFO_WARNING] : [] };
}

function timesGrid({ startMs, endMs, stepMs }: QueryTimes): StepGrid {
  return stepMs === 0 ? instantGrid(startMs) : gridBetween(startMs, endMs, stepMs);
}

/** Chooses between samples and rows as the engine does. */
async function costOfRead(
  { selection, rows }: ExplainedRead,
  source: Pick<Queryable, "explain" | "explainRows" | "keptSinceMs">,
  resolution: string | undefined,
  signal: AbortSignal,
) {
  const { keptSinceMs } = source;
  const hasExpired = selection.minTime < keptSinceMs.samples && keptSinceMs.rows < keptSinceMs.samples;
  const ofRows = async () => ({ ...(await source.explainRows(rows!.selection, signal)), isOfRows: true });
  if (rows !== undefined && (resolution === "rows" || hasExpired)) return ofRows();
  const cost = await source.explain(selection, signal);
  if (rows === undefined || resolution !== "auto" || !cost.isTooExpensive)
    return { ...cost, isOfRows: false };
  const instead = await ofRows();
  return { ...instead, readUnits: instead.readUnits + cost.findReadUnits };
}

/** An estimate of a query and what its evaluation then took. */
export class CostComparison {
  readonly #estimated: EstimatedCost | undefined;
  readonly #failure: string | undefined;
  readonly #unitsBefore: number;
  readonly #request: QueryRequest;

  private constructor(request: QueryRequest, estimated: EstimatedCost | undefined, failure?: string) {
    this.#request = request;
    this.#estimated = estimated;
    this.#failure = failure;
    this.#unitsBefore = request.c.get("meter").readUnits;
  }

  /** Estimates before the query is run. A failed estimate is a warning. */
  static async begin(request: QueryRequest, { expr }: Query, times: QueryTimes): Promise<CostComparison> {
    try {
      return new CostComparison(request, await estimateCost(request, expr, times));
    } catch (error) {
      if (!(error instanceof Error) || request.signal.aborted) throw error;
      return new CostComparison(request, undefined, `cost estimation failed: ${error.message}`);
    }
  }

  get warnings(): readonly string[] {
    return this.#failure === undefined ? this.#estimated!.warnings : [this.#failure];
  }

  /** JSON; undefined without an estimate. */
  finish({ samples }: QueryResult): string | undefined {
    if (this.#estimated === undefined) return undefined;
    const readUnits = this.#request.c.get("meter").readUnits - this.#unitsBefore;
    const { seriesTouched, samplesRead, peakSamples } = samples;
    const actual: QueryCost = {
      seriesTouched,
      samplesRead,
      ...(peakSamples > 0 && { peakSamples }),
      readUnits,
      dollars: readDollars(readUnits),
    };
    return JSON.stringify({ estimated: this.#estimated.cost, actual });
  }
}
