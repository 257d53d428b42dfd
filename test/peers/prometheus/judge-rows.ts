/**
 * A real Prometheus 3 as the judge of hourly rows: both get the same random series, and both are asked queries
 * whose window edges lie on hours, Hearth from its rows alone.
 *
 *     node test/peers/prometheus/judge-rows.ts [--rounds 4] [--queries 200] [--seed 20261130]
 */
import { parseArgs } from "node:util";
import type { Histogram } from "../../../lib/model/histogram.ts";
import type { MixedSamples } from "../../../lib/model/samples.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/model/time.ts";
import { FUNCTION_NAMES, factsOf } from "../../../lib/promql/syntax/functions.ts";
import type { MixedSeries } from "../../helpers/mixed-requests.ts";
import { type Answer, differenceOf } from "../../promql-fuzz/answer.ts";
import { startHearth, startPrometheus } from "../../promql-fuzz/peers.ts";
import { Random } from "../../simulation/random.ts";
import { randomSamples, START } from "../../storage/rollups/written-samples.ts";
import { goProgram } from "../go-programs.ts";

const HOURS = 46;
const SERIES = 24;
const TOLERANCE = 1e-9;
const HUGE = 1e16;
const SETTINGS = { useStartTimestamps: false, delayedNameRemoval: false, typeAndUnitLabels: false };
const FUNCTIONS = FUNCTION_NAMES.filter((name) => factsOf(name).hasRows);
const OF_ROWS = /read from hourly rows/;
const OF_SAMPLES = /read from samples, not from hourly rows/;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "4" },
    queries: { type: "string", default: "200" },
    seed: { type: "string", default: "20261130" },
  },
});

const program = await goProgram("prometheus");
if (program.path === undefined) throw new Error("no Prometheus 3: its build needs Go (test/peers/go)");
const path = program.path;
const counts = { queries: 0, ofRows: 0, points: 0, differences: 0 };
for (let round = 0; round < Number(values.rounds); round++) await judge(Number(values.seed) + round);
console.log(
  `${counts.queries} aligned queries, ${counts.ofRows} from rows alone, ${counts.points} points, ${counts.differences} differences`,
);
if (counts.differences > 0) process.exitCode = 1;

async function judge(seed: number): Promise<void> {
  const random = new Random(seed);
  const series = Array.from({ length: SERIES }, (_, i) => seriesOf(i, randomSamples(random, HOURS)));
  // All of it is written at once, two days late.
  await using prometheus = await startPrometheus(path, SETTINGS, "8d");
  await using hearth = await startHearth(START + 3 * DAY_MS, SETTINGS);
  await hearth.write(series);
  // A Prometheus takes samples in order of time alone, of both kinds.
  for (const request of byTime(series)) await prometheus.write(request);
  for (let runs = 0; runs < 4; runs++) await hearth.compact();
  for (let i = 0; i < Number(values.queries); i++) {
    const form = randomForm(random);
    const init = { method: "POST", body: new URLSearchParams(form) };
    const theirs = (await (await prometheus.fetch("/api/v1/query_range", init)).json()) as Answer;
    const ofRows = { method: "POST", body: new URLSearchParams({ ...form, max_source_resolution: "1h" }) };
    const { infos = [], ...ours } = (await (
      await hearth.fetch("/api/v1/query_range", ofRows)
    ).json()) as Answer;
    counts.queries++;
    if (!infos.some((info) => OF_SAMPLES.test(info))) counts.ofRows++;
    const others = infos.filter((info) => !OF_ROWS.test(info) && !OF_SAMPLES.test(info));
    const said = others.length > 0 ? { ...ours, infos: others } : ours;
    counts.points += pointsOf(theirs);
    const difference = differenceOf(said, theirs, { isOrdered: false, tolerance: TOLERANCE });
    if (difference === undefined) continue;
    counts.differences++;
    console.log(`seed ${seed}, query ${i}: ${JSON.stringify(form)}: ${difference}`);
  }
}

/** What is sent of all series at each time. */
function byTime(series: readonly MixedSeries[]): MixedSeries[][] {
  const requests = new Map<number, MixedSeries[]>();
  const add = (time: number, one: MixedSeries) => requests.set(time, [...(requests.get(time) ?? []), one]);
  for (const { labels, floats = [], histograms = [] } of series) {
    for (const float of floats) add(float[0], { labels, floats: [float] });
    for (const one of histograms) add(one[0], { labels, histograms: [one] });
  }
  return [...requests].sort(([a], [b]) => a - b).map(([, request]) => request);
}

function seriesOf(number: number, { timestamps, values, histograms }: MixedSamples): MixedSeries {
  const bits = new BigUint64Array(values.slice().buffer);
  return {
    labels: [
      ["__name__", "m"],
      ["x", String(number)],
    ],
    // Of a counter that goes up to 1e16 and back, no sum says anything.
    floats: Array.from(timestamps, (time, i) => [time, values[i] === HUGE ? bitsOf(1e6) : bits[i]] as const),
    histograms: Array.from(
      histograms?.timestamps ?? [],
      (time, i) => [time, withoutReset(histograms!.histograms[i])] as const,
    ),
  };
}

/** Prometheus believes a sender that calls any sample a reset; Hearth compares counts (docs/decisions/0019-reset-hints.md). */
function withoutReset(one: Histogram): Histogram {
  return one.counterResetHint === "reset" ? { ...one, counterResetHint: "unknown" } : one;
}

function bitsOf(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0];
}

function randomForm(random: Random): Record<string, string> {
  const startMs = START + random.between(0, 12) * HOUR_MS;
  const endMs = startMs + random.between(0, HOURS - 6) * HOUR_MS;
  return {
    query: randomQuery(random),
    start: String(startMs / 1000),
    end: String(endMs / 1000),
    step: `${random.pick([1, 1, 2, 3, 6])}h`,
    lookback_delta: random.pick(["5m", "5m", "1h", "3h"]),
  };
}

function randomQuery(random: Random): string {
  const offset = random.chance(0.3) ? ` offset ${random.between(-2, 5)}h` : "";
  const selector = random.pick(["m", "m", 'm{x=~"1.*"}', `m{x="${random.between(0, SERIES - 1)}"}`]);
  if (random.chance(0.15)) return `${selector}${offset}`;
  const inner = `${random.pick(FUNCTIONS)}(${selector}[${random.pick([1, 1, 2, 3, 6, 24])}h]${offset})`;
  return random.chance(0.2) ? `count by (x) (${inner})` : inner;
}

function pointsOf({ data }: Answer): number {
  if (data?.resultType !== "matrix") return 0;
  return data.result.reduce(
    (sum, { values = [], histograms = [] }) => sum + values.length + histograms.length,
    0,
  );
}
