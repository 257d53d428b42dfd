/** Queries of a small source, for the tests of the engine. */
import assert from "node:assert/strict";
import { HearthError } from "../../../lib/model/errors.ts";
import type { EngineLimits, QueryOptions } from "../../../lib/promql/engine-interface.ts";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import { MemorySource } from "../../promqltest/memory-source.ts";
import { parseScript } from "../../promqltest/script.ts";

export const LIMITS: EngineLimits = { maxSamples: 1000, maxSteps: 100, maxSeries: 10, timeoutMs: 1000 };

export const OPTIONS: QueryOptions = {
  lookbackDeltaMs: 300_000,
  limits: LIMITS,
  clock: () => 0,
  defaultSubqueryStepMs: 60_000,
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
  useStartTimestamps: false,
  perStepStats: true,
};

export const MINUTES = { startMs: 0, endMs: 300_000, stepMs: 60_000 };

export function loaded(series: string): MemorySource {
  const source = new MemorySource();
  for (const command of parseScript(`load 1m\n${series}`)) if (command.kind === "load") source.load(command);
  return source;
}

export const SOURCE = loaded('a{x="1"} 1+1x10\na{x="2"} 2+2x10\nb{x="1"} 3+3x10');

export function query(text: string) {
  return { text, expr: parseExpr(text, ALL_EXPERIMENTS) };
}

export async function errorOf(run: Promise<unknown>): Promise<HearthError> {
  try {
    await run;
  } catch (error) {
    assert.ok(error instanceof HearthError, String(error));
    return error;
  }
  assert.fail("no error");
}
