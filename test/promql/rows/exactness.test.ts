/** Where window edges lie on hours, queries of rows give the answer of samples. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Histogram } from "../../../lib/model/histogram.ts";
import type { LabelSet } from "../../../lib/model/labels.ts";
import type { MixedSamples } from "../../../lib/model/samples.ts";
import { HOUR_MS } from "../../../lib/model/time.ts";
import { rangeQuery } from "../../../lib/promql/engine/engine.ts";
import type { MatrixSeries, QueryOptions, QueryResult } from "../../../lib/promql/engine-interface.ts";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { parseExpr } from "../../../lib/promql/parse/parse-expr.ts";
import { FUNCTION_NAMES, factsOf } from "../../../lib/promql/syntax/functions.ts";
import { meaningOf } from "../../helpers/histograms.ts";
import { Random } from "../../simulation/random.ts";
import { randomSamples, START } from "../../storage/rollups/written-samples.ts";
import { rowSource, type SampledSeries } from "./row-source.ts";

const SEED = Number(process.env.SEED ?? 20261130);
const ROUNDS = Number(process.env.ROUNDS ?? 500);
const HOURS = 30;
/** Of a value: sums are added in another order. */
const TOLERANCE = 1e-9;
/** A value of which the last bits are more than that of the others. */
const HUGE = 1e16;
const HUGE_TOLERANCE = 1e-14;
const MAX_HISTOGRAM = 1e18;

const OPTIONS: QueryOptions = {
  lookbackDeltaMs: 300_000,
  limits: { maxSamples: 1e6, maxSteps: 1000, maxSeries: 100, timeoutMs: 60_000 },
  clock: () => 0,
  defaultSubqueryStepMs: 60_000,
  delayedNameRemoval: false,
  typeAndUnitLabels: false,
  useStartTimestamps: false,
  perStepStats: false,
};

const FUNCTIONS = FUNCTION_NAMES.filter((name) => factsOf(name).hasRows);

function randomQuery(random: Random): string {
  const offset = random.chance(0.3) ? ` offset ${random.between(-2, 5)}h` : "";
  if (random.chance(0.15)) return `m${offset}`;
  const inner = `${random.pick(FUNCTIONS)}(m[${random.pick([1, 1, 2, 3, 6, 24])}h]${offset})`;
  return random.chance(0.2) ? `count by (x) (${inner})` : inner;
}

function randomSeries(random: Random): SampledSeries[] {
  const isDelta = random.chance(0.1);
  return Array.from({ length: random.between(1, 3) }, (_, i) => ({
    labels: [
      ["__name__", "m"],
      ...(isDelta ? ([["__temporality__", "delta"]] as const) : []),
      ["x", String(i)],
    ] satisfies LabelSet,
    samples: withoutHuge(randomSamples(random, HOURS), random.chance(0.1)),
  }));
}

/**
 * Of a counter that goes up to 1e16 and back, samples added one by one say as little as rows: the last bit of 1e16 is 2. Most
 * series have 1e6 in place of it.
 */
function withoutHuge(samples: MixedSamples, keeps: boolean): MixedSamples {
  if (keeps) return samples;
  // By words, which leaves staleness markers what they are.
  const words = new Uint32Array(samples.values.slice().buffer);
  const values = new Float64Array(words.buffer);
  samples.values.forEach((value, i) => {
    if (value === HUGE) values[i] = 1e6;
  });
  return { ...samples, values };
}

function hasHuge(series: readonly SampledSeries[]): boolean {
  return series.some(({ samples }) => samples.values.includes(HUGE));
}

async function run(series: readonly SampledSeries[], text: string, random: Random) {
  const stepMs = random.pick([1, 1, 2, 3, 6]) * HOUR_MS;
  const startMs = START + random.between(0, 6) * HOUR_MS;
  const range = { startMs, endMs: startMs + random.between(0, HOURS) * HOUR_MS, stepMs };
  const query = { text, expr: parseExpr(text, ALL_EXPERIMENTS) };
  const asked: string[] = [];
  const lookbackDeltaMs = random.pick([300_000, 300_000, HOUR_MS, 3 * HOUR_MS]);
  const ask = (resolution: QueryOptions["resolution"]) =>
    rangeQuery(rowSource(series, asked), query, range, { ...OPTIONS, lookbackDeltaMs, resolution });
  return { samples: await ask("samples"), rows: await ask("rows"), asked };
}

const OF_ROWS = /from hourly rows/;

function assertSame(samples: QueryResult, rows: QueryResult, isHuge: boolean, what: string): void {
  const [expected, actual] = [matrixOf(samples), matrixOf(rows)];
  assert.deepEqual(
    actual.map(({ labels }) => labels),
    expected.map(({ labels }) => labels),
    what,
  );
  expected.forEach((series, i) => {
    const other = actual[i];
    assert.deepEqual(other.timestamps, series.timestamps, what);
    series.values.forEach((value, at) => {
      const isSame = isClose(other.values[at], value, isHuge ? HUGE * HUGE_TOLERANCE : 0);
      assert.ok(isSame, `${what}: ${other.values[at]}, ${value} of samples at ${at}`);
    });
    assert.deepEqual(other.histograms?.timestamps, series.histograms?.timestamps, what);
    series.histograms?.histograms.forEach((one, at) => {
      assertClose(other.histograms!.histograms[at], one, `${what} at ${at}`);
    });
  });
  assert.deepEqual(rows.warnings, samples.warnings, what);
  assert.deepEqual(
    rows.infos.filter((info) => !OF_ROWS.test(info)),
    samples.infos,
    what,
  );
}

function matrixOf({ value }: QueryResult): readonly MatrixSeries[] {
  assert.equal(value.type, "matrix");
  return value.type === "matrix" ? value.series : [];
}

function isClose(a: number, b: number, absolute = 0): boolean {
  if (Object.is(a, b) || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Math.abs(a - b) <= Math.max(absolute, TOLERANCE * Math.max(Math.abs(a), Math.abs(b), 1e-6));
}

function assertClose(actual: Histogram, expected: Histogram, what: string): void {
  const [a, b] = [meaningOf(actual), meaningOf(expected)];
  assert.equal(actual.counterResetHint, expected.counterResetHint, `${what}: hint`);
  assert.ok(isClose(actual.sum, expected.sum) || Math.abs(expected.sum) > MAX_HISTOGRAM, `${what}: sum`);
  assert.ok(isClose(actual.count, expected.count), `${what}: count ${actual.count}, ${expected.count}`);
  assert.deepEqual([a.kind, a.isStale], [b.kind, b.isStale], what);
  assert.equal(actual.schema, expected.schema, `${what}: schema`);
  for (const side of ["positive", "negative"] as const) {
    const [mine, theirs] = [a[side], b[side]].map((buckets) =>
      buckets.map((text) => text.split(":").map(Number)),
    );
    assert.equal(mine.length, theirs.length, `${what}: buckets ${a[side]} and ${b[side]}`);
    mine.forEach(([index, count], i) => {
      assert.equal(index, theirs[i][0], what);
      assert.ok(isClose(count, theirs[i][1]), `${what}: bucket ${index}, ${count} and ${theirs[i][1]}`);
    });
  }
}

test(`${ROUNDS} aligned queries of rows are those of samples, seed ${SEED}`, async () => {
  const random = new Random(SEED);
  let fromRows = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const series = randomSeries(random);
    const text = randomQuery(random);
    const { samples, rows, asked } = await run(series, text, random);
    assertSame(samples, rows, hasHuge(series), `SEED=${SEED}, round ${round}: ${text}`);
    // Rows that do not suffice are followed by samples.
    if (asked.at(-1) === "rows") fromRows++;
  }
  assert.ok(fromRows > 0.8 * ROUNDS, `${fromRows} of ${ROUNDS} from rows`);
});

test("auto: rows where samples have expired, which is said; samples where they are there", async () => {
  const random = new Random(SEED);
  const series = randomSeries(random);
  const query = {
    text: "count_over_time(m[2h])",
    expr: parseExpr("count_over_time(m[2h])", ALL_EXPERIMENTS),
  };
  const samplesSinceMs = START + 10 * HOUR_MS;
  for (const [startHours, source] of [
    [4, "rows"],
    [12, "samples"],
  ] as const) {
    const asked: string[] = [];
    const keptSinceMs = { samples: samplesSinceMs, rows: Number.NEGATIVE_INFINITY };
    const range = { startMs: START + startHours * HOUR_MS, endMs: START + 20 * HOUR_MS, stepMs: HOUR_MS };
    const options = { ...OPTIONS, resolution: "auto" } as const;
    const { infos } = await rangeQuery({ ...rowSource(series, asked), keptSinceMs }, query, range, options);
    assert.deepEqual(asked, [source]);
    assert.equal(infos.length, source === "rows" ? 1 : 0);
    if (source === "rows") assert.match(infos[0], /samples are kept since 20\d\d-/);
  }
});

test("unaligned windows are those of the hours they are moved to", async () => {
  const random = new Random(SEED);
  const parse = (text: string) => ({ text, expr: parseExpr(text, ALL_EXPERIMENTS) });
  for (let round = 0; round < 150; round++) {
    const series = randomSeries(random);
    const name = random.pick(FUNCTIONS);
    const hours = random.between(1, 6);
    const shiftMs = random.between(0, 59) * 60_000;
    const startMs = START + 8 * HOUR_MS;
    const [endMs, stepMs] = [startMs + 20 * HOUR_MS, 2 * HOUR_MS];
    const ask = (text: string, shift: number, resolution: QueryOptions["resolution"]) => {
      const range = { startMs: startMs + shift, endMs: endMs + shift, stepMs };
      return rangeQuery(rowSource(series), parse(text), range, { ...OPTIONS, resolution });
    };
    const what = `seed ${SEED}, round ${round}: ${name} ${hours}h, ${shiftMs} ms after the hour`;
    const rows = await ask(`${name}(m[${hours}h15s])`, shiftMs, "rows");
    const moved = await ask(`${name}(m[${hours}h])`, 0, "samples");
    const [actual, expected] = [matrixOf(rows), matrixOf(moved)];
    assert.equal(actual.length, expected.length, what);
    // A selector whose rows do not suffice reads samples, and moves nothing.
    if (!rows.infos.some((info) => OF_ROWS.test(info))) continue;
    if (rows.infos.some((info) => /not from hourly rows/.test(info))) continue;
    assert.ok(
      rows.infos.some((info) => /moved to whole hours/.test(info)),
      what,
    );
    expected.forEach(({ values, timestamps }, i) => {
      assert.deepEqual(
        actual[i].timestamps,
        timestamps.map((time) => time + shiftMs),
        what,
      );
      const tolerance = hasHuge(series) ? HUGE * HUGE_TOLERANCE : 0;
      values.forEach((value, at) => {
        assert.ok(
          isClose(actual[i].values[at], value, tolerance),
          `${what}: ${actual[i].values[at]}, ${value}`,
        );
      });
    });
  }
});
