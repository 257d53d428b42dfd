/** Runs a script's commands, as Prometheus' own runner does: every instant query also as a range around it, and at other times. */
import { errorKind } from "../../lib/model/errors.ts";
import { MINUTE_MS } from "../../lib/model/time.ts";
import { ALL_EXPERIMENTS } from "../../lib/promql/parse/options.ts";
import { parseExpr } from "../../lib/promql/parse/parse-expr.ts";
import { printExpr } from "../../lib/promql/syntax/print.ts";
import type { Answer, AnswerSeries, AnswerValue } from "./answer.ts";
import { findDifference } from "./compare.ts";
import { fixTimes } from "./fixed-times.ts";
import { type EvalCommand, parseScript, type TextMatch } from "./script.ts";
import type { ScriptTarget } from "./target.ts";

export interface EvalOutcome {
  readonly command: EvalCommand;
  /** Undefined when it passes. */
  readonly difference: string | undefined;
}

/** Instant queries are also asked at other times, with their own written into them, if `otherTimes`. */
export async function runScript(
  text: string,
  target: ScriptTarget,
  otherTimes = true,
): Promise<EvalOutcome[]> {
  const outcomes: EvalOutcome[] = [];
  for (const command of parseScript(text)) {
    if (command.kind === "clear") target.clear();
    else if (command.kind === "load") await target.load(command);
    else outcomes.push({ command, difference: await runEval(command, target, otherTimes) });
  }
  return outcomes;
}

async function runEval(
  command: EvalCommand,
  target: ScriptTarget,
  otherTimes: boolean,
): Promise<string | undefined> {
  try {
    if (command.isRange) return await runRange(command, target);
    return await runInstant(command, target, otherTimes);
  } catch (error) {
    return failureDifference(command, error);
  }
}

/** Only what a query cannot be is a failure that a script may expect. */
function failureDifference(command: EvalCommand, error: unknown): string | undefined {
  const [expected] = command.expectations.get("fail") ?? [];
  const message = error instanceof Error ? error.message : String(error);
  if (errorKind(error) === "invalid" && expected?.(message)) return undefined;
  return `failed: ${expected === undefined && error instanceof Error ? error.stack : message}`;
}

async function runRange(command: EvalCommand, target: ScriptTarget): Promise<string | undefined> {
  const { startMs, endMs, stepMs, query } = command;
  return differenceOf(command, await target.rangeQuery(query, { startMs, endMs, stepMs }));
}

function differenceOf(command: EvalCommand, { value, warnings, infos }: Answer): string | undefined {
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
  target: ScriptTarget,
  otherTimes: boolean,
): Promise<string | undefined> {
  // Expected range vectors name their own times; the query is evaluated at the last of them.
  const itself = { query: command.query, timeMs: command.endMs };
  for (const one of [itself, ...(otherTimes ? atOtherTimes(itself) : [])]) {
    const answer = await target.instantQuery(one.query, one.timeMs);
    const difference =
      differenceOf(command, answer) ?? (await aroundDifference(command, one, answer, target));
    if (difference !== undefined) return `at ${one.timeMs}, ${one.query}: ${difference}`;
  }
  return undefined;
}

interface InstantQuery {
  readonly query: string;
  readonly timeMs: number;
}

/** What must have the same result. */
function atOtherTimes({ query, timeMs }: InstantQuery): InstantQuery[] {
  const fixed = fixTimes(parseExpr(query, ALL_EXPERIMENTS), timeMs);
  if (fixed === undefined) return [];
  const times =
    timeMs === 0 ? [-1000, 0, 1000] : [-10 * timeMs, 0, Math.trunc(timeMs / 5), timeMs, 10 * timeMs];
  return times.map((time) => ({ query: printExpr(fixed), timeMs: time }));
}

const CONTEXT_FUNCTIONS = /(start|end|range|step)\(\)/;

/** The middle step of a range query of three must be the same. */
async function aroundDifference(
  command: EvalCommand,
  { query, timeMs }: InstantQuery,
  instant: Answer,
  target: ScriptTarget,
): Promise<string | undefined> {
  if (command.isInstantOnly || CONTEXT_FUNCTIONS.test(command.query)) return undefined;
  const range = { startMs: timeMs - MINUTE_MS, endMs: timeMs + MINUTE_MS, stepMs: MINUTE_MS };
  const { value } = await target.rangeQuery(query, range);
  if (command.expectations.has("ordered")) return undefined;
  const difference = findDifference(command, stepOf(value, timeMs, instant.value.type));
  return difference && `as a range: ${difference}`;
}

function stepOf(value: AnswerValue, timeMs: number, type: AnswerValue["type"]): AnswerValue {
  if (value.type !== "matrix") throw new Error(`a range query returned a ${value.type}`);
  const series = value.series.flatMap(({ labels, points }): AnswerSeries[] => {
    const point = points.find((one) => one.timeMs === timeMs);
    return point === undefined ? [] : [{ labels, points: [point] }];
  });
  if (type === "scalar") return { type, value: series[0].points[0].value as number };
  return { type: "vector", series };
}
