/** Random series for lookups: few samples on some of three days, odd names and values, exemplars on the last day. */
import type { Exemplar } from "../../lib/model/exemplars.ts";
import { compareLabelSets, type Label, type LabelSet } from "../../lib/model/labels.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import type { Random } from "../simulation/random.ts";

export interface LookupSeries {
  readonly labels: LabelSet;
  /** In order; as few as one chunk of Prometheus' head holds whatever their distances. */
  readonly timesMs: readonly number[];
  readonly exemplars: readonly Exemplar[];
}

export interface LookupData {
  /** By label set: Prometheus' head answers in the order in which they came. */
  readonly series: readonly LookupSeries[];
  /** Midnight at which the first of the days begins. */
  readonly startMs: number;
  /** The latest time at which there may be a sample. */
  readonly endMs: number;
}

export const DAYS = 3;
/** A midnight; no chunk of a Prometheus whose blocks last 31 days ends in the week from here on. */
const EPOCH_MS = Date.UTC(2026, 5, 14);
/** Samples of a day lie between these: Hearth has series in a day's index already some time before they come. */
const FIRST_OF_DAY_MS = 2 * HOUR_MS;
const LAST_OF_DAY_MS = 22 * HOUR_MS;
/** Prometheus guesses from the 30th sample of a chunk where it shall end. */
const MAX_SAMPLES_A_DAY = 8;

export const METRICS = [
  "requests_total",
  "up",
  "job:rule:rate5m",
  "my.utf8 mètric",
  "latency_seconds_bucket",
  "latency_seconds",
  "Upper",
  "zz😀",
  "zz｡",
];

/** Values of each label; an empty one is a series without it. Two code points are sorted otherwise by UTF-16 than by bytes. */
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  job: ["api", "db", "web-1", ""],
  instance: ["a:1", "b:2", "10", "9"],
  "label.dot": ["", "", "x y", "ü", "😀", "｡"],
  "with/slash": ["", "", "", "/", "a/b"],
  le: ["", "", "0.5", "1", "+Inf"],
  U__odd: ["", "", "", "1"],
  quoted: ["", "", 'a"b', "a\\b", "a\nb", "<a>&", "\u2028"],
  UPPER: ["", "", "A", "a"],
};

export function makeData(random: Random): LookupData {
  const startMs = EPOCH_MS + random.between(0, 3) * DAY_MS;
  const all = new Map<string, LookupSeries>();
  for (let i = random.between(5, 80); i > 0; i--) {
    const labels = randomLabels(random);
    const timesMs = randomTimes(random, startMs);
    all.set(JSON.stringify(labels), { labels, timesMs, exemplars: randomExemplars(random, startMs) });
  }
  const series = [...all.values()].sort((a, b) => compareLabelSets(a.labels, b.labels));
  return { series, startMs, endMs: startMs + (DAYS - 1) * DAY_MS + LAST_OF_DAY_MS };
}

function randomLabels(random: Random): LabelSet {
  const labels: Label[] = [["__name__", random.pick(METRICS)]];
  for (const [name, values] of Object.entries(VALUES)) {
    const value = random.pick(values);
    if (value !== "") labels.push([name, value]);
  }
  return labels.sort((a, b) => compareLabelSets([a], [b]));
}

function randomTimes(random: Random, startMs: number): number[] {
  const always = random.between(0, DAYS - 1);
  const times = new Set<number>();
  for (let day = 0; day < DAYS; day++) {
    if (day !== always && random.chance(0.5)) continue;
    for (let i = random.between(1, MAX_SAMPLES_A_DAY); i > 0; i--) {
      times.add(startMs + day * DAY_MS + random.between(FIRST_OF_DAY_MS, LAST_OF_DAY_MS));
    }
  }
  return [...times].sort((a, b) => a - b);
}

const TRACES = ["a1", "b2", "c3"];

/** By time, none of one: Prometheus refuses some of those of one time by their values. */
function randomExemplars(random: Random, startMs: number): Exemplar[] {
  const exemplars: Exemplar[] = [];
  let timestamp = startMs + (DAYS - 1) * DAY_MS + FIRST_OF_DAY_MS;
  for (let left = random.pick([0, 0, 1, 5]); left > 0; left--) {
    timestamp += random.between(1, HOUR_MS);
    const labels: Label[] = random.chance(0.1) ? [] : [["trace_id", random.pick(TRACES)]];
    if (random.chance(0.3)) labels.unshift(["a.b", random.pick(["", "x", "ü"])]);
    const value = random.pick([0, 1, -2.5, 1e300, Number.POSITIVE_INFINITY, Number.NaN, 0.1]);
    exemplars.push({ labels, value, timestamp });
  }
  return exemplars;
}
