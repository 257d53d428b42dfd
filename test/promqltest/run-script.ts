/** Runs a script's commands, as Prometheus' own runner does: every instant query also as a range around it, and at other times. */
import type { Expr } from "../../lib/promql/ast.ts";
import { instantQuery, rangeQuery } from "../../lib/promql/engine/engine.ts";
import type {
  MatrixSeries,
  QueryOptions,
  QueryResult,
  QueryValue,
} from "../../lib/promql/engine-interface.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { parseExpr } from "../../lib/promql/parse/parse-expr.ts";
import { findDifference } from "./compare.ts";
import { fixTimes } from "./fixed-times.ts";
import { MemorySource } from "./memory-source.ts";
import { type EvalCommand, parseScript, type TextMatch } from "./script.ts";

const MINUTE_MS = 60_000;

/** As Prometheus' own runner has it. */
const OPTIONS: QueryOptions = {
  lookbackDeltaMs: 5 * MINUTE_MS,
  limits: { maxSamples: 1_000_000, maxSteps: 11_000, maxSeries: 10_000, timeoutMs: 100_000 },
  clock: () => 0,
  defaultSubqueryStepMs: MINUTE_MS,
  delayedNameRemoval: true,
  typeAndUnitLabels: false,
  useStartTimestamps: true,
  perStepStats: false,
};

export interface EvalOutcome {
  readonly command: EvalCommand;
  /** Undefined when it passes. */
  readonly difference: string | undefined;
}

export async function runScript(text: string): Promise<EvalOutcome[]> {
  const outcomes: EvalOutcome[] = [];
  let source = new MemorySource();
  for (const command of parseScript(text)) {
    if (command.kind === "clear") source = new MemorySource();
    else if (command.kind === "load") source.load(command);
    else outcomes.push({ command, difference: await runEval(command, source) });
  }
  return outcomes;
}

async function runEval(command: EvalCommand, source: MemorySource): Promise<string | undefined> {
  try {
    const expr = parseExpr(command.query, ALL_EXPERIMENTS);
    if (command.isRange) return await runRange(command, expr, source);
    return await runInstant(command, expr, source);
  } catch (error) {
    return failureDifference(command, error);
  }
}

function failureDifference(command: EvalCommand, error: unknown): string | undefined {
  const [expected] = command.expectations.get("fail") ?? [];
  const message = error instanceof Error ? error.message : String(error);
  if (expected?.(message)) return undefined;
  return `failed: ${expected === undefined && error instanceof Error ? error.stack : message}`;
}

async function runRange(command: EvalCommand, expr: Expr, source: MemorySource): Promise<string | undefined> {
  const { startMs, endMs, stepMs, query } = command;
  const result = await rangeQuery(source, { text: query, expr }, { startMs, endMs, stepMs }, OPTIONS);
  return differenceOf(command, result);
}

function differenceOf(command: EvalCommand, { value, warnings, infos }: QueryResult): string | undefined {
  if (command.expectations.has("fail")) return "succeeded, and was expected to fail";
  return annotationDifference(command, warnings, infos) ?? findDifference(command, value);
}

function annotationDifference(
  { expectations }: EvalCommand,
  warnings: readonly string[],
  infos: readonly string[],
): string | undefined {
  return (
    textsDifference(expectations.get("warn"), warnings) ??
    textsDifference(expectations.get("info"), infos) ??
    (expectations.has("no_warn") && warnings.length > 0 ? `unexpected: ${warnings}` : undefined) ??
    (expectations.has("no_info") && infos.length > 0 ? `unexpected: ${infos}` : undefined)
  );
}

function textsDifference(
  expected: readonly TextMatch[] | undefined,
  actual: readonly string[],
): string | undefined {
  if (expected === undefined) return undefined;
  if (!expected.every((matches) => actual.some(matches)))
    return `expected annotation missing, found: ${actual}`;
  const other = actual.find((text) => !expected.some((matches) => matches(text)));
  return other && `unexpected: ${other}`;
}

async function runInstant(
  command: EvalCommand,
  expr: Expr,
  source: MemorySource,
): Promise<string | undefined> {
  for (const { timeMs, expr: one } of instantCases(command, expr)) {
    const query = { text: command.query, expr: one };
    const result = await instantQuery(source, query, { timeMs }, OPTIONS);
    const difference =
      differenceOf(command, result) ?? (await aroundDifference(command, one, timeMs, result, source));
    if (difference !== undefined) return `at ${timeMs}${one === expr ? "" : ", times fixed"}: ${difference}`;
  }
  return undefined;
}

interface InstantCase {
  readonly timeMs: number;
  readonly expr: Expr;
}

/** Expected range vectors name their own times; the query is evaluated at the last of them. */
function instantCases({ endMs: timeMs }: EvalCommand, expr: Expr): InstantCase[] {
  const fixed = fixTimes(expr, timeMs);
  const times =
    timeMs === 0 ? [-1000, 0, 1000] : [-10 * timeMs, 0, Math.trunc(timeMs / 5), timeMs, 10 * timeMs];
  return [
    { timeMs, expr },
    ...(fixed === undefined ? [] : times.map((time) => ({ timeMs: time, expr: fixed }))),
  ];
}

const CONTEXT_FUNCTIONS = /(start|end|range|step)\(\)/;

/** The middle step of a range query of three must be the same. */
async function aroundDifference(
  command: EvalCommand,
  expr: Expr,
  timeMs: number,
  instant: QueryResult,
  source: MemorySource,
): Promise<string | undefined> {
  if (command.isInstantOnly || CONTEXT_FUNCTIONS.test(command.query)) return undefined;
  const range = { startMs: timeMs - MINUTE_MS, endMs: timeMs + MINUTE_MS, stepMs: MINUTE_MS };
  const { value } = await rangeQuery(source, { text: command.query, expr }, range, OPTIONS);
  if (command.expectations.has("ordered")) return undefined;
  const difference = findDifference(command, stepOf(value, timeMs, instant.value.type));
  return difference && `as a range: ${difference}`;
}

function stepOf(value: QueryValue, timestampMs: number, type: QueryValue["type"]): QueryValue {
  if (value.type !== "matrix") throw new Error(`a range query returned a ${value.type}`);
  const series = value.series.flatMap((one): MatrixSeries[] => {
    const floats = one.timestamps.indexOf(timestampMs);
    const histograms = one.histograms?.timestamps.indexOf(timestampMs) ?? -1;
    if (floats < 0 && histograms < 0) return [];
    const timestamps = Float64Array.of(timestampMs);
    if (floats >= 0) {
      return [
        {
          labels: one.labels,
          timestamps,
          values: one.values.slice(floats, floats + 1),
          histograms: undefined,
        },
      ];
    }
    const none = new Float64Array(0);
    const histogram = { timestamps, histograms: [one.histograms!.histograms[histograms]] };
    return [{ labels: one.labels, timestamps: none, values: none, histograms: histogram }];
  });
  if (type === "scalar") return { type, timestampMs, value: series[0].values[0] };
  return { type: "vector", timestampMs, series };
}
