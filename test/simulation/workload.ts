/** What a simulation writes and asks: little of everything that matters. */
import type { Label } from "../../lib/model/labels.ts";
import { type MatcherType, newMatcher } from "../../lib/model/matcher.ts";
import type { Selection } from "../../lib/model/selection.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../lib/model/time.ts";
import { ALL_TIME } from "../helpers/naive-store.ts";
import { bitsOf, labelSetOf, type SentSeries, STALE_BITS } from "../helpers/write-requests.ts";
import type { Model } from "./model.ts";
import type { Random } from "./random.ts";

export const TENANTS = ["a", "b"];
const METRICS = ["up", "load1", "requests_total", "go_threads", "m7"];
const JOBS = ["x", "y", "z"];
const SPECIAL_BITS = [STALE_BITS, 0x7ff8000000000001n, bitsOf(-0), bitsOf(Number.POSITIVE_INFINITY)];
/** Samples of one series that pass a chunk. */
const MANY_SAMPLES = 300;

const labelsOf = (metric: string, job: string): Label[] => [
  ["__name__", metric],
  ["job", job],
];

/** Some samples of some series, as a writer whose clock says `nowMs` may get them. */
export function randomRequest(random: Random, model: Model, nowMs: number): SentSeries[] {
  const count = random.between(1, 6);
  return Array.from({ length: count }, () => {
    const labels = labelsOf(random.pick(METRICS), random.pick(JOBS));
    const known = model.timesOf(labelSetOf(labels));
    if (random.chance(0.01)) return { labels, samples: manySamples(random, nowMs) };
    const samples = Array.from({ length: random.between(1, 4) }, () => {
      const again = known.length > 0 && random.chance(0.25);
      return [again ? random.pick(known) : randomTime(random, nowMs), randomBits(random)] as const;
    });
    return { labels, samples: samples.filter(([time]) => time < nowMs + 10 * MINUTE_MS - SECOND_MS) };
  });
}

function manySamples(random: Random, nowMs: number): (readonly [number, bigint])[] {
  const start = randomTime(random, nowMs) - MANY_SAMPLES * SECOND_MS;
  return Array.from({ length: MANY_SAMPLES }, (_, i) => [start + i * SECOND_MS, randomBits(random)] as const);
}

/** Mostly of now, some early, some late by minutes, hours or days. */
function randomTime(random: Random, nowMs: number): number {
  const ageMs = random.pick([
    () => random.between(0, 5 * SECOND_MS),
    () => random.between(0, MINUTE_MS),
    () => -random.between(0, 10 * MINUTE_MS - 2 * SECOND_MS),
    () => random.between(0, 2 * HOUR_MS),
    () => random.between(0, 20 * HOUR_MS),
    () => random.between(0, 30 * HOUR_MS),
  ])();
  return nowMs - ageMs;
}

function randomBits(random: Random): bigint {
  return random.chance(0.1) ? random.pick(SPECIAL_BITS) : bitsOf(random.between(0, 100_000) / 100);
}

/** All of everything, or some of it. */
export function randomSelection(random: Random, nowMs: number): Selection {
  const matchers = random.chance(0.4) ? [] : [randomMatcher(random)];
  if (random.chance(0.5)) return { matchers, ...ALL_TIME };
  const [a, b] = [randomTime(random, nowMs), randomTime(random, nowMs)];
  return { matchers, minTime: Math.min(a, b), maxTime: Math.max(a, b) };
}

function randomMatcher(random: Random) {
  const name = random.pick(["__name__", "__name__", "job"]);
  const values = name === "job" ? [...JOBS, "x|y", ".*", ""] : [...METRICS, "up|m7", ".+", "none"];
  return newMatcher(random.pick<MatcherType>(["=", "=", "!=", "=~", "!~"]), name, random.pick(values));
}
