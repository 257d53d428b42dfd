/**
 * Usage as series of Hearth's own tenant. A counter is that of a UTC day: it begins at 0, which PromQL takes for a reset, so
 * `increase()` over any range is right. Each run states the end of yesterday again, for what came late.
 */
import type { Label } from "../../model/labels.ts";
import { METRIC_NAME } from "../../model/labels.ts";
import { DOLLARS_PER_READ_UNIT, DOLLARS_PER_WRITE_UNIT } from "../../model/quota/prices.ts";
import type { SampleBatch } from "../../model/sample-batch.ts";
import { DAY_MS } from "../../model/time.ts";
import { type MetricShare, sharesByMetric } from "./metric-shares.ts";
import type { DayUsage } from "./usage-items.ts";
import type { UsageRow } from "./usage-rows.ts";

/** A sample of a series of labels. */
export interface OwnSample {
  readonly labels: readonly Label[];
  readonly timeMs: number;
  readonly value: number;
}

const COUNTERS: readonly (readonly [name: string, value: (row: UsageRow) => number])[] = [
  ["hearth_usage_requests_total", (row) => row.requests],
  ["hearth_usage_errors_total", (row) => row.errors],
  ["hearth_usage_refused_total", (row) => row.refused],
  ["hearth_usage_samples_total", (row) => row.samples],
  ["hearth_usage_rejected_samples_total", (row) => row.rejectedSamples],
  ["hearth_usage_read_units_total", (row) => row.readUnits],
  ["hearth_usage_write_units_total", (row) => row.writeUnits],
  [
    "hearth_usage_dollars_total",
    ({ readUnits, writeUnits }) => readUnits * DOLLARS_PER_READ_UNIT + writeUnits * DOLLARS_PER_WRITE_UNIT,
  ],
];

/** Series of usage by metric: those of the metrics of a tenant that are used most. */
const METRICS_OF_TENANT = 20;
const METRIC_COUNTERS: readonly (readonly [name: string, value: (share: MetricShare) => number])[] = [
  ["hearth_usage_metric_samples_total", ({ counts }) => counts.samples],
  ["hearth_usage_metric_read_units_total", ({ counts }) => counts.readUnits],
  ["hearth_usage_metric_write_units_total", ({ counts }) => counts.writeUnits],
  ["hearth_usage_metric_chunk_bytes_total", ({ counts }) => counts.chunkBytes],
];

/** Samples of what was counted: of a day that is over its last moment, of today `nowMs`. */
export function usageSamples(days: ReadonlyMap<number, DayUsage>, nowMs: number): OwnSample[] {
  const samples: OwnSample[] = [];
  for (const [day, usage] of days) {
    const startMs = day * DAY_MS;
    const timeMs = Math.min(nowMs, startMs + DAY_MS - 1);
    const add = (labels: readonly Label[], value: number) => {
      if (!(value > 0)) return;
      if (timeMs > startMs) samples.push({ labels, timeMs: startMs, value: 0 });
      samples.push({ labels, timeMs, value });
    };
    for (const row of usage.rows)
      for (const [name, countOf] of COUNTERS) add(labelsOf(name, row), countOf(row));
    for (const share of mostUsed(usage))
      for (const [name, countOf] of METRIC_COUNTERS) {
        const { metric, tenant } = share;
        add(
          [
            [METRIC_NAME, name],
            ["metric", metric],
            ["tenant", tenant],
          ],
          countOf(share),
        );
      }
  }
  return samples;
}

/** Of each tenant, with their names. */
function mostUsed(usage: DayUsage): readonly MetricShare[] {
  const named = sharesByMetric(usage).filter(({ metric }) => metric !== "");
  const ofTenants = Map.groupBy(named, ({ tenant }) => tenant);
  return [...ofTenants.values()].flatMap((shares) => shares.slice(0, METRICS_OF_TENANT));
}

function labelsOf(name: string, { tenant, key, route }: UsageRow): Label[] {
  const labels: Label[] = [
    [METRIC_NAME, name],
    ["route", route],
    ["tenant", tenant],
  ];
  if (key !== "") labels.push(["key", key]);
  return labels;
}

/** A request of samples. Labels stand in its bytes as JSON: the bytes of a series say which it is. */
export function ownBatch(samples: readonly OwnSample[]): SampleBatch {
  const texts = samples.map(({ labels }) => Buffer.from(JSON.stringify(labels)));
  const ends = Int32Array.from(texts, ({ length }) => length);
  for (let i = 1; i < ends.length; i++) ends[i] += ends[i - 1];
  return {
    bytes: Buffer.concat(texts),
    seriesCount: samples.length,
    labelStarts: Int32Array.from(ends, (end, i) => end - texts[i].length),
    labelEnds: ends,
    sampleCount: samples.length,
    sampleSeries: Int32Array.from(samples, (_, i) => i),
    timestamps: Float64Array.from(samples, ({ timeMs }) => timeMs),
    values: Float64Array.from(samples, ({ value }) => value),
    decodeLabels: (bytes, start, end) =>
      JSON.parse(Buffer.from(bytes.subarray(start, end)).toString()) as Label[],
  };
}
