/**
 * Any expression: with hourly rows allowed, the answer is that of samples. Rows stand for what they can, the rest reads
 * samples, and nobody can tell. `ROUNDS=20000` is for a run by hand.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { errorMessage } from "../../../lib/model/errors.ts";
import type { Histogram } from "../../../lib/model/histogram.ts";
import { HOUR_MS } from "../../../lib/model/time.ts";
import { rangeQuery } from "../../../lib/promql/engine/engine.ts";
import type { QueryOptions, QueryResult } from "../../../lib/promql/engine-interface.ts";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import { meaningOf } from "../../helpers/histograms.ts";
import { Random } from "../../simulation/random.ts";
import { START } from "../../storage/rollups/written-samples.ts";
import { AlignedExpressions } from "./random-expressions.ts";
import { randomSeries } from "./random-rows.ts";
import { rowSource, type SampledSeries } from "./row-source.ts";

const SEED = Number(process.env.SEED ?? 20261130);
const ROUNDS = Number(process.env.ROUNDS ?? 400);
const HOURS = 30;
/** Of quotients of sums, whose last digits differ. */
const TOLERANCE = 1e-9;

const OPTIONS: QueryOptions = {
  lookbackDeltaMs: 300_000,
  limits: { maxSamples: 1e7, maxSteps: 1000, maxSeries: 1000, timeoutMs: 60_000 },
  clock: () => 0,
  defaultSubqueryStepMs: HOUR_MS,
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
  useStartTimestamps: false,
  perStepStats: false,
};

interface Asked {
  readonly text: string;
  readonly series: readonly SampledSeries[];
  readonly range: { readonly startMs: number; readonly endMs: number; readonly stepMs: number };
  readonly options: QueryOptions;
}

function randomQuestion(random: Random): Asked {
  const series = randomSeries(random, HOURS);
  const text = new AlignedExpressions(random).vector(3);
  const startMs = START + random.between(0, 6) * HOUR_MS;
  const stepMs = random.pick([1, 1, 2, 3, 6]) * HOUR_MS;
  const range = { startMs, endMs: startMs + random.between(0, HOURS) * HOUR_MS, stepMs };
  const lookbackDeltaMs = random.pick([300_000, 300_000, HOUR_MS, 3 * HOUR_MS]);
  return {
    text,
    series,
    range,
    options: { ...OPTIONS, lookbackDeltaMs, useStartTimestamps: random.chance(0.3) },
  };
}

type Answer = QueryResult | { readonly error: string };

async function ask(
  { text, series, range, options }: Asked,
  resolution: QueryOptions["resolution"],
  asked: string[] = [],
) {
  const query = { text, expr: parseExpr(text, ALL_EXPERIMENTS) };
  try {
    return await rangeQuery(rowSource(series, asked), query, range, { ...options, resolution });
  } catch (error) {
    return { error: errorMessage(error) };
  }
}

/** Without buckets each sample knows whether it is a reset, and a row does not of all. */
const OF_RESETS = /conflicting counter resets/;
const OF_ROWS = /from hourly rows/;

function assertSame(rows: Answer, samples: Answer, what: string): void {
  if ("error" in samples || "error" in rows) {
    assert.deepEqual(rows, samples, what);
    return;
  }
  assert.ok(rows.value.type === "matrix" && samples.value.type === "matrix", what);
  const [actual, expected] = [rows.value.series, samples.value.series];
  assert.deepEqual(
    actual.map(({ labels }) => labels),
    expected.map(({ labels }) => labels),
    what,
  );
  expected.forEach((series, i) => {
    assert.deepEqual(actual[i].timestamps, series.timestamps, what);
    series.values.forEach((value, at) => {
      assert.ok(
        isClose(actual[i].values[at], value),
        `${what}: ${actual[i].values[at]}, ${value} of samples`,
      );
    });
    assert.deepEqual(actual[i].histograms?.timestamps, series.histograms?.timestamps, what);
    series.histograms?.histograms.forEach((one, at) => {
      assertClose(plain(actual[i].histograms!.histograms[at]), plain(one), what);
    });
  });
  const isTold = (warning: string) => rows.warnings.includes(warning) || !OF_RESETS.test(warning);
  assert.deepEqual(rows.warnings, samples.warnings.filter(isTold), what);
  assert.deepEqual(
    rows.infos.filter((info) => !OF_ROWS.test(info)),
    samples.infos,
    what,
  );
}

function isClose(a: number, b: number): boolean {
  if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b)) || a === b) return true;
  return Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b), 1e-3);
}

/** With the sum as a number, of which the last digits may differ. */
function plain(one: Histogram) {
  return { ...meaningOf(one), sum: one.sum, counterResetHint: one.counterResetHint };
}

/** Numbers in them, in texts too, may differ in their last digits. */
function assertClose(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [actual, expected].map((one) => JSON.stringify(one).split(/(-?[\d.]+(?:e[+-]?\d+)?)/));
  assert.equal(a.length, b.length, `${what}: ${JSON.stringify(actual)}, ${JSON.stringify(expected)}`);
  a.forEach((part, i) => {
    const isSame = part === b[i] || isClose(Number(part), Number(b[i]));
    assert.ok(isSame, `${what}: ${JSON.stringify(actual)}, ${JSON.stringify(expected)} of samples`);
  });
}

test(`${ROUNDS} aligned expressions answer the same from rows and from samples, seed ${SEED}`, async () => {
  const random = new Random(SEED);
  let withRows = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const question = randomQuestion(random);
    const asked: string[] = [];
    const rows = await ask(question, "rows", asked);
    if (asked.includes("rows")) withRows++;
    const { text, range } = question;
    const hours = (range.startMs - START) / HOUR_MS;
    assertSame(
      rows,
      await ask(question, "samples"),
      `SEED=${SEED}, round ${round}: ${text} from hour ${hours}`,
    );
  }
  assert.ok(withRows > 0.6 * ROUNDS, `${withRows} of ${ROUNDS} read rows`);
});
