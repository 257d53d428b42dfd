/** Random series for one data set, in the order of their labels: an answer whose order nothing decides has that order in both. */

import { staleHistogram } from "../../../lib/histogram/spans.ts";
import type { Histogram } from "../../../lib/model/histogram.ts";
import { compareLabelSets, type Label } from "../../../lib/model/labels.ts";
import { MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import type { MixedSeries } from "../../helpers/mixed-requests.ts";
import { bitsOf, STALE_BITS } from "../../helpers/write-requests.ts";
import type { Random } from "../../simulation/random.ts";
import { INSTANCES, JOBS, METRICS, type Metric, VALUES } from "./metrics.ts";
import { HistogramMaker, type HistogramStyle } from "./random-histogram.ts";

export interface DataSet {
  /** Each with its samples by time. */
  readonly series: readonly MixedSeries[];
  readonly startMs: number;
  readonly endMs: number;
}

/** A moment in the past, 00:47 UTC: a data set of some hours may pass the end of a bucket of Hearth's, at 8:00. */
const EPOCH_MS = Date.UTC(2026, 5, 14, 0, 47);
const INTERVALS_MS = [10, 15, 15, 30, 60].map((seconds) => seconds * SECOND_MS);

type Sample = readonly [timeMs: number, value: bigint | Histogram];

/** Values of a series one after another; undefined leaves a gap. */
type Next = () => bigint | Histogram | undefined;

/** `hasStarts`: whether samples say when their counting began. */
export function makeData(random: Random, hasStarts = false): DataSet {
  const startMs = EPOCH_MS + random.between(0, 9 * 60) * MINUTE_MS;
  const intervalMs = random.pick(INTERVALS_MS);
  const endMs = startMs + random.between(30, 200) * intervalMs;
  const series = METRICS.flatMap((metric) =>
    labelSets(metric, random).map((labels): MixedSeries => {
      const samples = makeSamples(metric, labels, random, { startMs, endMs, intervalMs });
      const floats = samples.filter((sample): sample is [number, bigint] => typeof sample[1] === "bigint");
      const histograms = samples.filter(
        (sample): sample is [number, Histogram] => typeof sample[1] === "object",
      );
      const times = samples.map(([timeMs]) => timeMs);
      return { labels, floats, histograms, ...(hasStarts && { starts: makeStarts(random, times) }) };
    }),
  );
  return { series: series.sort((a, b) => compareLabelSets(a.labels, b.labels)), startMs, endMs };
}

/** Start timestamps of a series' samples: some are unknown, some invalid; most stay the same for a while. */
function makeStarts(random: Random, times: readonly number[]): ReadonlyMap<number, number> {
  const changes = random.pick([0, 0.02, 0.2]);
  const unknown = random.pick([0, 0, 0.1, 1]);
  const starts = new Map<number, number>();
  let start = times.length === 0 ? 0 : times[0] - random.between(1, 600) * SECOND_MS;
  times.forEach((timeMs, i) => {
    if (i > 0 && random.chance(changes)) start = random.between(times[i - 1] - 1000, timeMs + 1);
    if (!random.chance(unknown)) starts.set(timeMs, start);
  });
  return starts;
}

const LE = ["0.1", "0.5", "1", "2.5", "10", "+Inf"];
const ODD_LE = ["NaN", "0.1", "0.5", "1.0", "1", "+Inf", "many", ""];
const CASES = ["constant", "nan", "inf", "huge", "tiny", "zero", "stale", "one", "mixture"];

function labelSets({ name, kind, labels }: Metric, random: Random): Label[][] {
  const sets: Label[][] = [];
  for (const job of JOBS) {
    for (const instance of INSTANCES) {
      if (random.chance(kind === "classic" ? 0.6 : 0.4)) continue;
      const base: Label[] = [
        ["__name__", name],
        ["job", job],
        ["instance", instance],
      ];
      if (kind === "classic") {
        const bounds = name === "odd_bucket" ? ODD_LE : LE;
        for (const le of bounds)
          if (name !== "odd_bucket" || random.chance(0.7)) sets.push([...base, ["le", le]]);
      } else if (kind === "edge") {
        for (const one of CASES) if (random.chance(0.4)) sets.push([...base, ["case", one]]);
      } else {
        const more = labels.map((label): Label => [label, random.pick(VALUES[label])]);
        sets.push([...base, ...more]);
      }
    }
  }
  return sets.map((set) => set.filter(([, value]) => value !== "").sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Span {
  readonly startMs: number;
  readonly endMs: number;
  readonly intervalMs: number;
}

function makeSamples(metric: Metric, labels: readonly Label[], random: Random, span: Span): Sample[] {
  const isSparse = metric.name === "sparse";
  const intervalMs = isSparse ? span.intervalMs * random.between(3, 12) : span.intervalMs;
  const jitterMs = isSparse || random.chance(0.3) ? random.between(1, intervalMs / 3) : 0;
  const gaps = random.pick([0, 0, 0.02, 0.1]);
  const stale = random.pick([0, 0, 0.02]);
  const begins = random.chance(0.2) ? random.between(span.startMs, span.endMs) : span.startMs;
  const ends = random.chance(0.2) ? random.between(begins, span.endMs) : span.endMs;
  const next = nextValue(metric, labels, random);
  const samples: Sample[] = [];
  const phaseMs = random.chance(0.5) ? 0 : random.between(0, intervalMs - 1);
  let silentUntil = 0;
  for (let timeMs = begins + phaseMs; timeMs <= ends; timeMs += intervalMs) {
    const value = next();
    if (random.chance(gaps)) silentUntil = timeMs + random.between(1, 30) * intervalMs;
    if (value === undefined || timeMs < silentUntil) continue;
    const at = timeMs + (jitterMs === 0 ? 0 : random.between(0, jitterMs));
    samples.push([at, random.chance(stale) ? staleLike(value) : value]);
  }
  return samples;
}

function staleLike(value: bigint | Histogram): bigint | Histogram {
  return typeof value === "bigint" ? STALE_BITS : staleHistogram(value.kind, value.counterResetHint);
}

function nextValue(metric: Metric, labels: readonly Label[], random: Random): Next {
  const label = (name: string) => labels.find(([one]) => one === name)?.[1] ?? "";
  switch (metric.kind) {
    case "counter":
      return counter(random, random.chance(0.5));
    case "classic":
      return bucketCounter(random, label("le"));
    case "gauge":
      return metric.name === "up" ? () => bitsOf(random.chance(0.9) ? 1 : 0) : gauge(random);
    case "info":
      return () => bitsOf(1);
    case "edge":
      return edge(random, label("case"));
    case "native":
    case "custom":
      return histograms(random, styleOf(metric, random));
    case "mixed": {
      const [floats, others] = [
        gauge(random),
        histograms(random, {
          kind: "integer",
          isCustom: random.chance(0.3),
          isGauge: false,
          isSparse: false,
        }),
      ];
      let isFloat = random.chance(0.5);
      return () => {
        if (random.chance(0.2)) isFloat = !isFloat;
        return isFloat ? floats() : others();
      };
    }
  }
}

function styleOf({ name, kind }: Metric, random: Random): HistogramStyle {
  return {
    kind: name === "native_seconds" || (kind === "custom" && random.chance(0.5)) ? "integer" : "float",
    isCustom: kind === "custom",
    isGauge: name === "native_gauge",
    isSparse: name === "native_sparse",
  };
}

function histograms(random: Random, style: HistogramStyle): Next {
  const maker = new HistogramMaker(random, style);
  return () => maker.next();
}

function counter(random: Random, isWhole: boolean): Next {
  const resets = random.pick([0, 0, 0.03, 0.2]);
  let value = random.chance(0.3) ? 0 : random.between(0, 1000);
  return () => {
    if (random.chance(resets)) value = random.between(0, 3);
    value += random.chance(0.3) ? 0 : isWhole ? random.between(0, 20) : random.next() * 5;
    return bitsOf(value);
  };
}

/** Series of one histogram know nothing of each other: they are monotonic among themselves mostly, by their expectation. */
function bucketCounter(random: Random, le: string): Next {
  const bound = Number(le.replace("+Inf", "20")) || 1;
  const resets = random.pick([0, 0, 0.02]);
  let value = 0;
  return () => {
    if (random.chance(resets)) value = 0;
    value += Math.round(bound * 10) + (random.chance(0.1) ? random.between(0, 5) : 0);
    return bitsOf(value);
  };
}

function gauge(random: Random): Next {
  const steps = random.pick([0, 1, 1, 0.001, 1000]);
  const odd = random.pick([0, 0, 0, 0.02]);
  let value = random.between(-50, 100);
  return () => {
    if (random.chance(odd))
      return bitsOf(random.pick([Number.NaN, Number.POSITIVE_INFINITY, -0, Number.NEGATIVE_INFINITY]));
    value += random.chance(0.5) ? random.between(-3, 3) * steps : (random.next() - 0.5) * steps;
    return bitsOf(value);
  };
}

function edge(random: Random, name: string): Next {
  const some = [
    0,
    -0,
    1,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    1.7e308,
    -1.7e308,
    5e-324,
    1e100,
    0.1,
  ];
  const constant = random.next() * 100;
  switch (name) {
    case "constant":
      return () => bitsOf(constant);
    case "nan":
      return () => bitsOf(Number.NaN);
    case "inf":
      return () => bitsOf(random.pick([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]));
    case "huge":
      return () => bitsOf(random.next() * 1.7e308 * random.pick([1, -1]));
    case "tiny":
      return () => bitsOf(random.next() * 1e-310);
    case "zero":
      return () => bitsOf(random.pick([0, -0]));
    case "stale":
      return () => (random.chance(0.3) ? STALE_BITS : bitsOf(constant));
    case "one": {
      const at = random.between(0, 60);
      let i = 0;
      return () => (i++ === at ? bitsOf(constant) : undefined);
    }
    default:
      return () => bitsOf(random.pick(some));
  }
}

export type { Sample };
