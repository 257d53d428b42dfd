/** What a simulation writes and asks: little of everything that matters. */
import type { Histogram } from "../../../lib/model/histogram.ts";
import type { Label } from "../../../lib/model/labels.ts";
import { type MatcherType, newMatcher } from "../../../lib/model/matcher.ts";
import type { Selection } from "../../../lib/model/selection.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../lib/model/time.ts";
import { bucketsOf, histogram } from "../../helpers/histograms.ts";
import { ALL_TIME } from "../../helpers/storage/naive-store.ts";
import { bitsOf, labelSetOf, STALE_BITS } from "../../helpers/write-requests.ts";
import type { Model } from "../model/model.ts";
import type { Sample, SentSamples } from "../model/sample.ts";
import type { Random } from "../random.ts";
import type { Happening, Tally } from "../tally.ts";

const METRICS = ["up", "load1", "requests_total", "go_threads", "m7"];
const JOBS = ["x", "y", "z"];
/** Of series that nobody writes: they are imported alone. */
const IMPORTED_JOB = "imported";
const SPECIAL_BITS = [STALE_BITS, 0x7ff8000000000001n, bitsOf(-0), bitsOf(Number.POSITIVE_INFINITY)];
/** Samples of one series that pass a chunk. */
const MANY_SAMPLES = 130;
/** What a writer takes ahead of its clock, less what the clock may move until it looks at it. */
const MAX_AHEAD_MS = 10 * MINUTE_MS - 20 * SECOND_MS;

/** What the tenants of one schedule have, and how much a request brings. */
export interface Workload {
  readonly metrics: readonly string[];
  readonly jobs: readonly string[];
  readonly maxSeries: number;
  readonly maxSamples: number;
  /** How many series bring histograms, or samples of either kind; and how many say since when they count. */
  readonly histogramShare: number;
  readonly startShare: number;
  /** Of the samples that are late by days, how many at most. */
  readonly lateDays: number;
  /** How many samples are of a time that their series has already. */
  readonly againShare: number;
}

/** Often very little: the same few samples, written and compacted over and over, meet each other most. */
export function randomWorkload(random: Random): Workload {
  return {
    metrics: METRICS.slice(0, random.pick([1, 2, 3, 5])),
    jobs: JOBS.slice(0, random.between(1, 3)),
    maxSeries: random.pick([1, 2, 4]),
    maxSamples: random.pick([1, 2, 4]),
    histogramShare: random.pick([0, 0, 0.2, 0.6]),
    startShare: random.pick([0, 0, 0.5, 1]),
    // Each day that has samples is compacted and read by itself, so few schedules have old ones.
    lateDays: random.pick([2, 2, 2, 2, 20, 400]),
    againShare: 0.3,
  };
}

const labelsOf = (metric: string, job: string): Label[] => [
  ["__name__", metric],
  ["job", job],
];

const CROWDED_SERIES = 60;

/** One scrape a request. */
export const CROWDED_WORKLOAD: Workload = {
  metrics: METRICS,
  jobs: Array.from({ length: CROWDED_SERIES / METRICS.length }, (_, i) => `job${i}`),
  maxSeries: CROWDED_SERIES,
  maxSamples: 1,
  histogramShare: 0,
  startShare: 0,
  lateDays: 2,
  againShare: 0,
};

/** A sample of now of every series. */
export function scrape(random: Random, { metrics, jobs }: Workload, nowMs: number): SentSamples[] {
  return metrics.flatMap((metric) =>
    jobs.map((job) => ({
      labels: labelsOf(metric, job),
      samples: [{ time: nowMs, value: randomBits(random), startMs: 0 }],
    })),
  );
}

/** A few series in requests of some of them, of both halves of all hashes. */
export const BUSY_WORKLOAD: Workload = {
  metrics: METRICS.slice(0, 3),
  jobs: JOBS,
  maxSeries: 4,
  maxSamples: 1,
  histogramShare: 0,
  startShare: 0,
  lateDays: 2,
  againShare: 0,
};
/** One sample, or a few, again and again. */
export const JOLTED_WORKLOAD: Workload = {
  ...BUSY_WORKLOAD,
  metrics: METRICS.slice(0, 1),
  jobs: JOBS.slice(0, 1),
  maxSeries: 1,
  againShare: 0.8,
};

const SPARSE_DAYS = 20;
const SPARSE_SERIES = 60;

/** A sample of each day in every series. */
export const SPARSE_WORKLOAD: Workload = {
  ...CROWDED_WORKLOAD,
  jobs: Array.from({ length: SPARSE_SERIES / METRICS.length }, (_, i) => `job${i}`),
  maxSeries: SPARSE_SERIES,
  maxSamples: SPARSE_DAYS,
};

/** A sample of each of many days, of every series or of one. */
export function backfill(random: Random, { metrics, jobs }: Workload, nowMs: number): SentSamples[] {
  const all = metrics.flatMap((metric) => jobs.map((job) => labelsOf(metric, job)));
  const labelSets = random.chance(0.5) ? all : [random.pick(all)];
  const firstMs = nowMs - random.between(SPARSE_DAYS, SPARSE_DAYS + 3) * DAY_MS;
  return labelSets.map((labels) => ({
    labels,
    samples: Array.from({ length: SPARSE_DAYS }, (_, day) => {
      return { time: firstMs + day * DAY_MS, value: randomBits(random), startMs: 0 };
    }),
  }));
}

/** How old a sample may be that retention does not refuse, in ms. */
export function maxAge(retentionMs: number): number {
  return retentionMs === 0 ? Number.POSITIVE_INFINITY : retentionMs - 20 * SECOND_MS;
}

/** Some samples, not older than `maxAgeMs`, of some series, as a writer whose clock says `nowMs` may get them. */
export function randomRequest(
  random: Random,
  workload: Workload,
  model: Model,
  { nowMs, maxAgeMs }: { readonly nowMs: number; readonly maxAgeMs: number },
  tally: Tally,
): SentSamples[] {
  const isTaken = (time: number) => time < nowMs + MAX_AHEAD_MS && time > nowMs - maxAgeMs;
  return Array.from({ length: random.between(1, workload.maxSeries) }, () => {
    const labels = labelsOf(random.pick(workload.metrics), random.pick(workload.jobs));
    const times = random.chance(0.01)
      ? manyTimes(random, workload, nowMs)
      : someTimes(random, workload, nowMs);
    const known = model.timesOf(labelSetOf(labels)).filter(isTaken);
    const again = times.map((time) =>
      known.length > 0 && random.chance(workload.againShare) ? random.pick(known) : time,
    );
    const taken = again.filter(isTaken);
    for (const time of taken) tallyTime(tally, nowMs - time);
    for (const time of taken) if (known.includes(time)) tally.add("sample sent again");
    if (times.length === MANY_SAMPLES) tally.add("chunk of more than 120 samples");
    const samples = randomSamples(random, workload, taken);
    if (samples.some(({ value }) => typeof value !== "bigint")) tally.add("histogram sent");
    if (samples.some(({ startMs }) => startMs !== 0)) tally.add("start sent");
    return { labels, samples };
  });
}

const KINDS = ["float", "integer histogram", "float histogram"] as const;

/** Of a series of histograms now and then one is a float, and all are now and then of any kind. */
function randomSamples(
  random: Random,
  { histogramShare, startShare }: Workload,
  times: readonly number[],
): Sample[] {
  const hasHistograms = random.chance(histogramShare);
  const kind = random.pick(KINDS);
  const isMixed = times.length < MANY_SAMPLES && random.chance(0.5);
  const hasStarts = random.chance(startShare);
  const sinceMs = Math.min(...times) - random.between(0, HOUR_MS);
  return times.map((time, i) => {
    const kindOfOne = isMixed ? random.pick(KINDS) : kind;
    const isFloat = !hasHistograms || kindOfOne === "float";
    const value = isFloat ? randomBits(random) : randomHistogram(random, kindOfOne === "integer histogram");
    return { time, value, startMs: hasStarts ? randomStart(random, sinceMs, times[i - 1]) : 0 };
  });
}

/** Mostly the same, or when the sample before was taken. */
function randomStart(random: Random, sinceMs: number, timeBefore: number | undefined): number {
  if (random.chance(0.1)) return 0;
  return timeBefore !== undefined && random.chance(0.3) ? timeBefore : sinceMs;
}

function randomHistogram(random: Random, isInteger: boolean): Histogram {
  const kind = isInteger ? "integer" : "float";
  const counts = Array.from(
    { length: random.between(0, 3) },
    (_, i) => [i * 3, random.between(0, 9)] as const,
  );
  const counterResetHint = random.pick(["unknown", "unknown", "not reset", "gauge"] as const);
  const isStale = random.chance(0.1);
  const sum = random.between(0, 100_000) / 100;
  return histogram({ kind, counterResetHint, isStale, sum, positive: bucketsOf(...counts) });
}

function someTimes(random: Random, workload: Workload, nowMs: number): number[] {
  const length = random.between(1, workload.maxSamples);
  return Array.from({ length }, () => randomTime(random, workload, nowMs));
}

function manyTimes(random: Random, workload: Workload, nowMs: number): number[] {
  const start = randomTime(random, workload, nowMs) - MANY_SAMPLES * SECOND_MS;
  return Array.from({ length: MANY_SAMPLES }, (_, i) => start + i * SECOND_MS);
}

/** Mostly of now, some early, some late by minutes, hours, days or more. */
function randomTime(random: Random, { lateDays }: Workload, nowMs: number): number {
  const [min, max] = random.pick([
    [0, 5 * SECOND_MS],
    [0, 5 * SECOND_MS],
    [0, MINUTE_MS],
    [-MAX_AHEAD_MS, 0],
    [0, 2 * HOUR_MS],
    [0, 2 * HOUR_MS],
    [0, 30 * HOUR_MS],
    [0, lateDays * DAY_MS],
  ]);
  return nowMs - random.between(min, max);
}

/**
 * Series of a block, by label set, each with samples in order of time, not older than `maxAgeMs`. Writers may write the
 * same series, and the same times of them. A time always has the same value.
 */
export function importedRequest(
  random: Random,
  workload: Workload,
  model: Model,
  nowMs: number,
  maxAgeMs: number,
): SentSamples[] {
  const names = [...workload.metrics].sort().filter(() => random.chance(0.7));
  const all = names.map((metric): SentSamples => {
    const labels = labelsOf(metric, random.chance(0.4) ? IMPORTED_JOB : random.pick(workload.jobs));
    const known = model.timesOf(labelSetOf(labels));
    const times = random.chance(0.1)
      ? manyTimes(random, workload, nowMs)
      : Array.from({ length: random.between(1, 4) }, () => randomTime(random, workload, nowMs));
    const again = times.map((time) => (known.length > 0 && random.chance(0.4) ? random.pick(known) : time));
    const taken = [...new Set(again)].filter((time) => time <= nowMs && time > nowMs - maxAgeMs);
    const samples = taken
      .sort((a, b) => a - b)
      .map((time) => ({ time, value: bitsOf(time % 100_000), startMs: 0 }));
    return { labels, samples };
  });
  return all.filter(({ samples }) => samples.length > 0);
}

const AGES: readonly (readonly [minMs: number, happening: Happening])[] = [
  [7 * DAY_MS, "sample of a week ago"],
  [DAY_MS, "sample of a day ago"],
  [HOUR_MS, "sample of an hour ago"],
];

function tallyTime(tally: Tally, ageMs: number): void {
  const age = AGES.find(([minMs]) => ageMs >= minMs);
  if (age !== undefined) tally.add(age[1]);
  if (ageMs < 0) tally.add("sample ahead of the clock");
}

function randomBits(random: Random): bigint {
  return random.chance(0.1) ? random.pick(SPECIAL_BITS) : bitsOf(random.between(0, 100_000) / 100);
}

/** All of everything, or some of it. */
export function randomSelection(random: Random, workload: Workload, nowMs: number): Selection {
  const matchers = random.chance(0.6) ? [] : [randomMatcher(random)];
  if (random.chance(0.6)) return { matchers, ...ALL_TIME };
  const [a, b] = [randomTime(random, workload, nowMs), randomTime(random, workload, nowMs)];
  return { matchers, minTime: Math.min(a, b), maxTime: Math.max(a, b) };
}

function randomMatcher(random: Random) {
  const name = random.pick(["__name__", "__name__", "job"]);
  const values = name === "job" ? [...JOBS, "x|y", ".*", ""] : [...METRICS, "up|m7", ".+", "none"];
  return newMatcher(random.pick<MatcherType>(["=", "=", "!=", "=~", "!~"]), name, random.pick(values));
}
