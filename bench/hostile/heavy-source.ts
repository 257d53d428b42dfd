/** Series that cost nothing to read and much to compute with: their columns are shared. */
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from "../../lib/model/histogram.ts";
import { type Label, type LabelSet, labelSetOf } from "../../lib/model/labels.ts";
import { matchesAll } from "../../lib/model/matcher.ts";
import type { Series } from "../../lib/model/samples.ts";
import type { SeriesSource } from "../../lib/promql/engine-interface.ts";

/** The time of the last sample. */
export const END_MS = Date.UTC(2025, 0, 1, 1);

interface Metric {
  readonly name: string;
  readonly labels: readonly (readonly Label[])[];
  readonly samples: number;
  readonly intervalMs: number;
  /** Of native histograms. */
  readonly buckets?: number;
  readonly isCustom?: boolean;
}

function numbered(count: number, ...more: readonly Label[]): Label[][] {
  return Array.from({ length: count }, (_, i) => [
    ["instance", `host-${i}`],
    ["job", `job-${i % 10}`],
    ...more,
  ]);
}

const LONG = "x".repeat(8000);

/**
 * `deep`: a few series of many samples. `wide`: many series. `text`: long labels. `b_bucket`: classic histograms.
 * `h`: native ones. `big`: native ones with the most buckets. `bounds`: custom buckets whose bounds change with each sample, some
 * without observations. `one`: a series of each job. `target_info`: of each instance.
 */
export const METRICS: readonly Metric[] = [
  { name: "deep", labels: numbered(20), samples: 200_000, intervalMs: 1000 },
  { name: "wide", labels: numbered(20_000), samples: 240, intervalMs: 15_000 },
  { name: "text", labels: numbered(1000, ["a", LONG], ["b", LONG]), samples: 10, intervalMs: 15_000 },
  {
    name: "b_bucket",
    labels: numbered(500).flatMap((labels) =>
      Array.from({ length: 20 }, (_, i): Label[] => [...labels, ["le", i === 19 ? "+Inf" : `${i}`]]),
    ),
    samples: 240,
    intervalMs: 15_000,
  },
  { name: "h", labels: numbered(200), samples: 240, intervalMs: 15_000, buckets: 160 },
  { name: "big", labels: numbered(20), samples: 60, intervalMs: 60_000, buckets: 8000 },
  { name: "bounds", labels: numbered(20), samples: 60, intervalMs: 60_000, buckets: 6000, isCustom: true },
  {
    name: "one",
    labels: Array.from({ length: 10 }, (_, i): Label[] => [["job", `job-${i}`]]),
    samples: 240,
    intervalMs: 15_000,
  },
  { name: "target_info", labels: numbered(2000, ["version", "1"]), samples: 240, intervalMs: 15_000 },
];

/** `scale`: the share of the series of each metric that there are. */
export function heavySource(scale = 1): SeriesSource {
  const all = METRICS.flatMap((metric) => seriesOf(metric, scale));
  return {
    async *select({ matchers, minTime, maxTime }) {
      for (const series of all) {
        if (matchesAll(matchers, series.labels)) yield within(series, minTime, maxTime);
      }
    },
  };
}

function seriesOf(
  { name, labels, samples, intervalMs, buckets = 0, isCustom = false }: Metric,
  scale: number,
): Series[] {
  const histogram = isCustom ? customHistogramAt : histogramAt;
  const timestamps = Float64Array.from(
    { length: samples },
    (_, i) => END_MS - (samples - 1 - i) * intervalMs,
  );
  const values = Float64Array.from({ length: samples }, (_, i) => (i * 7919) % 104_729);
  const columns =
    buckets > 0
      ? {
          timestamps: new Float64Array(0),
          values: new Float64Array(0),
          histograms: { timestamps, histograms: Array.from(values, (_, i) => histogram(i, buckets)) },
        }
      : { timestamps, values };
  return labels.slice(0, Math.ceil(labels.length * scale)).map((own) => {
    const labelSet: LabelSet = labelSetOf([["__name__", name], ...own]);
    return { labels: labelSet, ...columns };
  });
}

function histogramAt(i: number, buckets: number): Histogram {
  const counts = new Float64Array(buckets).fill(i + 1);
  return {
    kind: "integer",
    counterResetHint: "unknown",
    schema: buckets > 1000 ? 8 : 3,
    zeroThreshold: 1e-128,
    zeroCount: 0,
    count: buckets * (i + 1),
    sum: i,
    positive: { spans: [{ offset: 0, length: buckets }], counts },
    negative: { spans: [], counts: new Float64Array(0) },
    customBounds: new Float64Array(0),
    isStale: false,
  };
}

/** Every tenth is empty and has one bound. */
function customHistogramAt(i: number, buckets: number): Histogram {
  const length = i % 10 === 0 ? 0 : buckets;
  return {
    ...histogramAt(i, length),
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    customBounds: Float64Array.from(
      { length: Math.max(length, 1) },
      (_, bound) => bound + (i % 2) / (bound + 1),
    ),
  };
}

function within(series: Series, minTime: number, maxTime: number): Series {
  const { labels, timestamps, values, histograms } = series;
  const [start, end] = rangeOf(timestamps, minTime, maxTime);
  const floats = { timestamps: timestamps.subarray(start, end), values: values.subarray(start, end) };
  if (histograms === undefined) return { labels, ...floats };
  const [first, last] = rangeOf(histograms.timestamps, minTime, maxTime);
  return {
    labels,
    ...floats,
    histograms: {
      timestamps: histograms.timestamps.subarray(first, last),
      histograms: histograms.histograms.slice(first, last),
    },
  };
}

function rangeOf(timestamps: Float64Array, minTime: number, maxTime: number): [number, number] {
  const start = timestamps.findIndex((time) => time >= minTime);
  if (start < 0) return [0, 0];
  const end = timestamps.findIndex((time) => time > maxTime);
  return [start, end < 0 ? timestamps.length : end];
}
