/** Random series for hourly rows, with what lies at the edges: markers and samples at whole hours, starts, bounds that change. */
import { staleHistogram } from "../../../lib/histogram/spans.ts";
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../../lib/model/histogram.ts";
import type { LabelSet } from "../../../lib/model/labels.ts";
import type { MixedSamples } from "../../../lib/model/samples.ts";
import { HOUR_MS, MINUTE_MS } from "../../../lib/model/time.ts";
import { bucketsOf, histogram } from "../../helpers/histograms.ts";
import type { Random } from "../../simulation/random.ts";
import { mixed, type Sent, START, stale } from "../../storage/rollups/written-samples.ts";
import type { SampledSeries } from "./row-source.ts";

const KINDS = ["floats", "floats", "exponential", "custom", "both"] as const;
/** Two sets of bounds, of which some are in both. */
const BOUNDS = [Float64Array.of(1, 2, 5), Float64Array.of(1, 3, 5)];

/** Series of the metrics `m`, `n` and `target_info`, by label set. Values are whole: sums of them are exact. */
export function randomSeries(random: Random, hours: number): SampledSeries[] {
  const all: SampledSeries[] = [];
  for (const name of ["m", "n"]) {
    const isDelta = random.chance(0.1);
    const delta: LabelSet = isDelta ? [["__temporality__", "delta"]] : [];
    for (let i = 0; i < random.between(1, 3); i++)
      all.push({
        labels: [["__name__", name], ...delta, ["instance", "a"], ["job", "j"], ["x", String(i)]],
        samples: randomSamples(random, hours),
      });
  }
  all.push({
    labels: [
      ["__name__", "target_info"],
      ["instance", "a"],
      ["job", "j"],
      ["version", "1"],
    ],
    samples: mixed(...minutesOf(random, hours).map((minutes): Sent => [minutes, 1])),
  });
  return all;
}

/** Minutes of samples: at a pace, with gaps, and often at whole hours and a millisecond beside them. */
function minutesOf(random: Random, hours: number): number[] {
  const minutes = new Set<number>();
  const pace = random.pick([1, 5, 10, 30, 90]);
  const phase = random.pick([0, 0, 0.5, 7]);
  for (let at = phase; at <= hours * 60; at += pace) if (!random.chance(0.05)) minutes.add(at);
  for (let hour = 0; hour <= hours; hour++) {
    const beside = 1 / MINUTE_MS;
    for (const shift of [-beside, 0, beside]) if (random.chance(0.15)) minutes.add(hour * 60 + shift);
  }
  const gap = random.chance(0.3) ? random.between(0, hours) * 60 : Number.POSITIVE_INFINITY;
  return [...minutes].filter((at) => at >= 0 && (at < gap || at > gap + 150)).sort((a, b) => a - b);
}

function randomSamples(random: Random, hours: number): MixedSamples {
  const kind = random.pick(KINDS);
  const dropChance = random.pick([0, 0.01, 0.2]);
  const staleChance = random.pick([0, 0.02, 0.1]);
  const oddChance = random.pick([0, 0, 0.01]);
  let level = 0;
  let schema = 0;
  let bounds = BOUNDS[0];
  const sent = minutesOf(random, hours).map((minutes): Sent => {
    level = random.chance(dropChance) ? random.between(0, 3) : level + random.between(0, 9);
    if (random.chance(0.02)) schema = random.between(0, 2);
    if (random.chance(0.01)) bounds = random.pick(BOUNDS);
    const isFloat = kind === "floats" || (kind === "both" && random.chance(0.5));
    if (random.chance(staleChance))
      return isFloat ? stale(minutes) : [minutes, staleHistogram("integer", "unknown")];
    if (!isFloat) return [minutes, histogramOf(random, kind, level, schema, bounds)];
    const value = random.chance(oddChance) ? random.pick([Number.NaN, Infinity, -Infinity, -0]) : level;
    return [minutes, value];
  });
  const samples = mixed(...sent);
  return random.chance(0.2) ? withStarts(random, samples) : samples;
}

function histogramOf(
  random: Random,
  kind: (typeof KINDS)[number],
  level: number,
  schema: number,
  bounds: Float64Array,
): Histogram {
  const counterResetHint = random.chance(0.05) ? random.pick(["gauge", "reset"] as const) : "unknown";
  const positive = bucketsOf([0, level], [2, 2 * level]);
  if (kind === "custom")
    return histogram({
      positive,
      sum: level,
      counterResetHint,
      schema: CUSTOM_BUCKETS_SCHEMA,
      customBounds: bounds,
    });
  return histogram({ positive, sum: level, counterResetHint, schema, zeroCount: level });
}

/** Each sample counts since the start of a process, which starts again now and then. */
function withStarts(random: Random, samples: MixedSamples): MixedSamples {
  const startsOf = (timestamps: Float64Array) => {
    let start = START - HOUR_MS;
    return timestamps.map((time, i) => {
      if (i > 0 && random.chance(0.05)) start = timestamps[i - 1] + 1;
      return random.chance(0.02) ? 0 : Math.min(start, time);
    });
  };
  const { histograms } = samples;
  return {
    ...samples,
    startTimestamps: startsOf(samples.timestamps),
    ...(histograms && {
      histograms: { ...histograms, startTimestamps: startsOf(histograms.timestamps) },
    }),
  };
}
