/** `explain`: the plan of a query and its reads, without evaluating it. */
import { type Clock, printTime } from "../../model/time.ts";
import { checkRangeType } from "../../promql/parse/range-type.ts";
import { checkDurations } from "../../promql/plan/check-durations.ts";
import { type DescribedPlan, printPlan } from "../../promql/plan/describe-plan.ts";
import { type ExplainedRead, explainPlan } from "../../promql/plan/explain-plan.ts";
import { gridBetween, instantGrid, type StepGrid } from "../../promql/plan/grid.ts";
import type { Expr } from "../../promql/syntax/ast.ts";
import { printDuration } from "../../promql/syntax/duration-text.ts";
import { printExpr, printMatchers } from "../../promql/syntax/print.ts";
import type { QueryTimes } from "../../promql/syntax/types.ts";
import type { Queryable, SelectionReads } from "../../storage/interface.ts";
import { printReads } from "../../storage/read/print-reads.ts";
import { forEachBounded } from "../../storage/table/bounded.ts";
import { answerValue } from "./answer.ts";
import { type ExpressionRequest, queryParameter } from "./expression.ts";
import {
  lookbackParameter,
  optionalTimeParameter,
  rangeParameters,
  resolutionParameter,
} from "./parameters.ts";
import type { QueryRequest } from "./request.ts";

/** Selections that are looked up at once: an expression may have a thousand. */
const EXPLAIN_CONCURRENCY = 8;

export interface ExplainRequest extends ExpressionRequest {
  readonly source: Pick<Queryable, "explain">;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly setPhase?: QueryRequest["setPhase"];
}

export interface Explanation {
  /** The expression as `format_query` would print it on one line. */
  readonly query: string;
  readonly times: QueryTimes;
  readonly steps: number;
  readonly plan: DescribedPlan;
  readonly reads: readonly (ExplainedRead & { readonly storage: SelectionReads })[];
}

/** Takes the parameters of `query_range` if there is a `start`, else those of `query`. */
export async function answerExplain(request: QueryRequest): Promise<Response> {
  const { c, parameters } = request;
  const explanation = await explain(request);
  const text = printExplanation(explanation);
  if (parameters.get("format") !== "text") {
    return answerValue(c, { ...explanationToJson(explanation), text });
  }
  const warnings = (c.get("damage")?.warnings ?? []).map((warning) => `warning: ${warning}\n`);
  return c.text(text + warnings.join(""));
}

export async function explain(request: ExplainRequest): Promise<Explanation> {
  const { parameters, services, source, signal, setPhase } = request;
  const { settings } = services;
  const { times, grid } = timesOf(request);
  const lookbackDeltaMs = lookbackParameter(parameters) ?? settings.lookbackDeltaMs;
  const isRange = times.stepMs > 0;
  const { expr } = queryParameter(request, (expr: Expr) => {
    if (isRange) checkRangeType(expr);
    checkDurations(expr, times);
  });
  setPhase?.("evaluation");
  const { defaultSubqueryStepMs } = settings;
  const resolution = resolutionParameter(parameters) ?? settings.resolution;
  const options = { times, defaultSubqueryStepMs, lookbackDeltaMs, resolution };
  const { plan, reads } = explainPlan(expr, grid, options);
  const explained: (ExplainedRead & { readonly storage: SelectionReads })[] = [];
  await forEachBounded([...reads.entries()], EXPLAIN_CONCURRENCY, async ([i, read]) => {
    explained[i] = { ...read, storage: await source.explain(read.selection, signal) };
  });
  return { query: printExpr(expr), times, steps: grid.steps, plan, reads: explained };
}

function timesOf({ parameters, services, clock }: ExplainRequest): { times: QueryTimes; grid: StepGrid } {
  if (parameters.has("start")) {
    const { startMs, endMs, stepMs } = rangeParameters(parameters, services.settings.limits.maxSteps);
    return { times: { startMs, endMs, stepMs }, grid: gridBetween(startMs, endMs, stepMs) };
  }
  const timeMs = optionalTimeParameter(parameters, "time", clock());
  return { times: { startMs: timeMs, endMs: timeMs, stepMs: 0 }, grid: instantGrid(timeMs) };
}

export function printExplanation({ query, times, steps, plan, reads }: Explanation): string {
  const lines = [query, printTimes(times, steps), "", "plan"];
  for (const line of printPlan(plan, "  ")) lines.push(line);
  for (const [i, read] of reads.entries()) lines.push("", `read ${i + 1}`, ...printRead(read).map(indented));
  if (reads.length === 0) lines.push("", "reads nothing");
  return `${lines.join("\n")}\n`;
}

const indented = (line: string) => `  ${line}`;

function printTimes({ startMs, endMs, stepMs }: QueryTimes, steps: number): string {
  if (stepMs === 0) return `at ${printTime(startMs)}`;
  const every = `${steps} ${steps === 1 ? "step" : "steps"} of ${printDuration(stepMs)}`;
  return `from ${printTime(startMs)} to ${printTime(endMs)}, ${every}`;
}

function printRead(read: ExplainedRead & { readonly storage: SelectionReads }): string[] {
  const { selection, selectors, streamsInto, source, skipsBuckets, storage } = read;
  const shared = selectors > 1 ? `, shared by ${selectors} selectors` : "";
  const streamed = streamsInto.length > 0;
  return [
    `${printMatchers(selection.matchers)}${shared}`,
    `from ${printTime(selection.minTime)} to ${printTime(selection.maxTime)}`,
    streamed
      ? `one series at a time into ${streamsInto.join(", ")}`
      : "all series in memory until evaluation",
    ...(source === "samples" ? [] : [`reads ${source}`]),
    ...(skipsBuckets ? ["native histograms without buckets"] : []),
    ...printReads(storage),
  ];
}

/** Times are in seconds, as everywhere in the API. */
export function explanationToJson({
  query,
  times,
  steps,
  plan,
  reads,
}: Explanation): Record<string, unknown> {
  const { startMs, endMs, stepMs } = times;
  return {
    query,
    start: startMs / 1000,
    end: endMs / 1000,
    step: stepMs / 1000,
    steps,
    plan,
    reads: reads.map(({ selection, selectors, streamsInto, source, skipsBuckets, storage }) => ({
      selector: printMatchers(selection.matchers),
      start: selection.minTime / 1000,
      end: selection.maxTime / 1000,
      selectors,
      streamsInto,
      source,
      skipsBuckets,
      storage,
    })),
  };
}
