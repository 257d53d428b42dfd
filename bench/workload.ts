/**
 * The requests of a Prometheus with many targets: the recorded series of six targets, replicated as
 * further instances, each target scraped every 15 s at its own moment. A request goes out when enough
 * samples wait, or when one has waited long enough.
 */
import { createHash } from "node:crypto";
import type { Label } from "../lib/model/labels.ts";
import type { AppendBatch } from "../lib/model/sample-batch.ts";
import { DAY_MS, HOUR_MS, SECOND_MS } from "../lib/model/time.ts";
import { ProtobufWriter } from "../lib/wire/protobuf-writer.ts";
import { compress } from "../lib/wire/snappy.ts";
import { decodeLabels } from "../lib/wire/write-v1-messages.ts";
import type { RecordedSeries } from "./recorded-series.ts";

export const SCRAPE_INTERVAL_MS = 15 * SECOND_MS;
export const REQUEST_SAMPLES = 2000;

/** The settings of a Prometheus' `queue_config`. */
export interface Sender {
  /** `max_samples_per_send`. */
  readonly maxSamples: number;
  /** `batch_send_deadline`. */
  readonly deadlineMs: number;
  /** The start timestamps of its samples; undefined: none. */
  readonly starts?: Starts | undefined;
}

/**
 * The defaults of Prometheus 3.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#remote_write
 */
export const PROMETHEUS_3: Sender = { maxSamples: REQUEST_SAMPLES, deadlineMs: 5 * SECOND_MS };

/** Replicas of a series are this many scrapes ahead of one another. */
const REPLICA_STEPS = 13;
/** Values with more decimals are quotients: such a series is not rounded. */
const MAX_DECIMALS = 9;

/**
 * Start timestamps of counters and of the series of histograms. "process": the start of their process,
 * as OpenTelemetry's Collector and most of its SDKs. "metric": of each counter and histogram, half of
 * them that of the process, as Prometheus' client libraries. "delta": the time of the previous sample.
 */
export const STARTS = ["process", "metric", "delta"] as const;
export type Starts = (typeof STARTS)[number];

/**
 * The longest uptime of a process when a workload begins, and how much later its counters may
 * begin.
 */
const MAX_UPTIME_MS = 20 * DAY_MS;
const MAX_LATER_MS = 6 * HOUR_MS;

/** One series of one target. */
interface WorkloadSeries {
  readonly target: string;
  /** The label fields of its TimeSeries message. */
  readonly labelFields: Uint8Array;
  readonly recorded: RecordedSeries;
  readonly firstStep: number;
  /** What a counter gains in one run over its recorded values; 0 for others, which repeat. */
  readonly gain: number;
  readonly decimals: number;
  /** The time of its target's scrape, in ms after the interval's start. */
  phaseMs: number;
  /** Starts of its process and of itself, in ms before the workload starts; undefined for a gauge. */
  readonly processUptimeMs: number;
  readonly uptimeMs: number | undefined;
}

export interface Workload {
  readonly seriesCount: number;
  readonly targetCount: number;
  /** The requests of a scrape interval, as sent. */
  requests(interval: number): Uint8Array<ArrayBuffer>[];
  /** The same requests decoded; each valid until the next interval is requested. */
  batches(interval: number): readonly SentBatch[];
}

export interface SentBatch {
  readonly sentMs: number;
  readonly batch: AppendBatch;
}

/** The content of one request of every interval. */
interface Slot {
  readonly series: readonly WorkloadSeries[];
  /** The time it is sent, in ms after the interval's start. */
  readonly sentMs: number;
}

/**
 * A workload of `seriesCount` series whose first interval starts at `startMs`. `firstReplica` keeps the
 * series of several workloads distinct.
 */
export function newWorkload(
  recorded: readonly RecordedSeries[],
  seriesCount: number,
  startMs: number,
  sender: Sender = PROMETHEUS_3,
  firstReplica = 0,
): Workload {
  const targets = newTargets(recorded, seriesCount, firstReplica);
  const slots = cutSlots(targets.flat(), sender);
  const batches = slots.map(({ series }) => newBatch(series, sender.starts));
  const startOf = (interval: number) => startMs + interval * SCRAPE_INTERVAL_MS;
  return {
    seriesCount,
    targetCount: targets.length,
    requests: (interval) => slots.map(({ series }) => encodeRequest(series, interval, startOf(interval))),
    batches: (interval) =>
      slots.map(({ series, sentMs }, i) => {
        fillBatch(batches[i], series, interval, startOf(interval));
        if (sender.starts !== undefined) fillStarts(batches[i], series, sender.starts, startMs);
        return { sentMs: startOf(interval) + sentMs, batch: batches[i] };
      }),
  };
}

/** Series by target, each target with the moment of its scrape. */
function newTargets(
  recorded: readonly RecordedSeries[],
  seriesCount: number,
  firstReplica: number,
): WorkloadSeries[][] {
  const all = Array.from({ length: seriesCount }, (_, i) =>
    newSeries(recorded[i % recorded.length], firstReplica + Math.floor(i / recorded.length)),
  );
  const targets = [...Map.groupBy(all, ({ target }) => target).values()];
  targets.forEach((series, i) => {
    for (const one of series) one.phaseMs = Math.floor((i * SCRAPE_INTERVAL_MS) / targets.length);
  });
  return targets;
}

/**
 * A workload of `seriesCount` series in which new series replace others: `newPerInterval` of them in an
 * interval, on average. Intervals must be requested in order.
 */
export function newChurningWorkload(
  recorded: readonly RecordedSeries[],
  seriesCount: number,
  newPerInterval: number,
  startMs: number,
  sender: Sender = PROMETHEUS_3,
): Workload {
  const targets = newTargets(recorded, seriesCount, 0);
  const all = targets.flat();
  const replicas = Math.ceil(seriesCount / recorded.length);
  let replaced = 0;
  const replaceTo = (end: number) => {
    for (; replaced < end; replaced++) {
      const at = replaced % seriesCount;
      const life = Math.floor(replaced / seriesCount) + 1;
      const replica = replicas * life + (at % replicas);
      all[at] = { ...newSeries(all[at].recorded, replica), phaseMs: all[at].phaseMs };
    }
  };
  const slots = cutSlots(all, sender).map(({ series, sentMs }) => ({ count: series.length, sentMs }));
  const startOf = (interval: number) => startMs + interval * SCRAPE_INTERVAL_MS;
  const seriesOf = (interval: number) => {
    replaceTo(Math.floor(interval * newPerInterval));
    let first = 0;
    return slots.map(({ count }) => {
      const series = all.slice(first, first + count);
      first += count;
      return series;
    });
  };
  return {
    seriesCount,
    targetCount: targets.length,
    requests: (interval) =>
      seriesOf(interval).map((series) => encodeRequest(series, interval, startOf(interval))),
    batches: (interval) =>
      seriesOf(interval).map((series, i) => {
        const batch = newBatch(series, sender.starts);
        fillBatch(batch, series, interval, startOf(interval));
        return { sentMs: startOf(interval) + slots[i].sentMs, batch };
      }),
  };
}

/**
 * Splits scraped samples into requests: a request is full, or its oldest sample has waited long
 * enough.
 */
function cutSlots(inOrder: readonly WorkloadSeries[], sender: Sender): Slot[] {
  const slots: Slot[] = [];
  for (let first = 0, end = 0; first < inOrder.length; first = end) {
    const deadlineMs = inOrder[first].phaseMs + sender.deadlineMs;
    while (end < inOrder.length && end - first < sender.maxSamples && inOrder[end].phaseMs < deadlineMs)
      end++;
    const isFull = end - first === sender.maxSamples;
    slots.push({ series: inOrder.slice(first, end), sentMs: isFull ? inOrder[end - 1].phaseMs : deadlineMs });
  }
  return slots;
}

/** The start of a workload that ends before now, all of it within one UTC day. */
export function workloadStart(nowMs: number, intervals: number): number {
  const spanMs = intervals * SCRAPE_INTERVAL_MS;
  const midnight = nowMs - (nowMs % DAY_MS);
  return nowMs - spanMs >= midnight ? nowMs - spanMs : midnight - spanMs;
}

function newSeries(recorded: RecordedSeries, replica: number): WorkloadSeries {
  const labels = recorded.labels.map(
    ([name, value]): Label => [name, name === "instance" && replica > 0 ? replicate(value, replica) : value],
  );
  const { values } = recorded;
  const isCounter = values.every((value, i) => i === 0 || value >= values[i - 1]);
  const perStep = (values[values.length - 1] - values[0]) / (values.length - 1);
  const target = JSON.stringify(labels.filter(([name]) => name === "job" || name === "instance"));
  const processUptimeMs = MAX_LATER_MS + Math.floor(shareOf(target) * MAX_UPTIME_MS);
  return {
    target,
    processUptimeMs,
    uptimeMs: uptimeOf(processUptimeMs, labels),
    labelFields: encodeLabels(labels),
    recorded,
    firstStep: replica * REPLICA_STEPS,
    gain: isCounter ? perStep * values.length : 0,
    decimals: Math.max(...Array.from(values, decimalsOf)),
    phaseMs: 0,
  };
}

function uptimeOf(processUptimeMs: number, labels: readonly Label[]): number | undefined {
  const name = labels.find(([label]) => label === "__name__")![1];
  const family = /^(.*)_(total|bucket|count|sum)$/.exec(name)?.[1];
  if (family === undefined) return undefined;
  // The buckets of a histogram began together.
  const metric = JSON.stringify([family, labels.filter(([label]) => label !== "__name__" && label !== "le")]);
  const later = shareOf(metric) < 0.5 ? 0 : Math.floor(shareOf(`${metric} later`) * MAX_LATER_MS);
  return processUptimeMs - later;
}

/** From 0 to 1, the same for the same text. */
function shareOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;
}

/** `127.0.0.1:9100` of replica 3 becomes `127.0.0.1-3:9100`. */
function replicate(instance: string, replica: number): string {
  return instance.replace(/(:\d+)?$/, `-${replica}$1`);
}

function encodeLabels(labels: readonly Label[]): Uint8Array {
  const writer = new ProtobufWriter();
  for (const [name, value] of labels) {
    const mark = writer.begin(1);
    writer.writeStringField(1, name);
    writer.writeStringField(2, value);
    writer.end(mark);
  }
  return writer.copy();
}

function decimalsOf(value: number): number {
  return /\.(\d+)$/.exec(String(value))?.[1].length ?? 0;
}

/** Past the end of the recorded values a counter continues from its value, with as many decimals. */
function valueAt(series: WorkloadSeries, interval: number): number {
  const { values } = series.recorded;
  const step = series.firstStep + interval;
  const runs = Math.floor(step / values.length);
  const value = values[step % values.length];
  if (runs === 0 || series.gain === 0) return value;
  const grown = value + runs * series.gain;
  if (series.decimals > MAX_DECIMALS) return grown;
  const scale = 10 ** series.decimals;
  return Math.round(grown * scale) / scale;
}

function encodeRequest(
  all: readonly WorkloadSeries[],
  interval: number,
  startMs: number,
): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter(512 * 1024);
  for (const series of all) {
    const timeSeries = writer.begin(1);
    writer.writeRaw(series.labelFields);
    const sample = writer.begin(2);
    writer.writeDoubleField(1, Float64Array.of(valueAt(series, interval)), 0);
    writer.writeInt64Field(2, startMs + series.phaseMs);
    writer.end(sample);
    writer.end(timeSeries);
  }
  return new Uint8Array(compress(writer.copy()));
}

/** A batch without times and values. */
function newBatch(all: readonly WorkloadSeries[], starts: Starts | undefined): AppendBatch {
  const ends = Int32Array.from(all, ({ labelFields }) => labelFields.length);
  for (let i = 1; i < ends.length; i++) ends[i] += ends[i - 1];
  return {
    bytes: Buffer.concat(all.map(({ labelFields }) => labelFields)),
    seriesCount: all.length,
    labelStarts: Int32Array.from(all, (_, i) => (i === 0 ? 0 : ends[i - 1])),
    labelEnds: ends,
    sampleCount: all.length,
    sampleSeries: Int32Array.from(all, (_, i) => i),
    timestamps: new Float64Array(all.length),
    values: new Float64Array(all.length),
    startTimestamps: starts && new Float64Array(all.length),
    decodeLabels,
  };
}

function fillStarts(
  { timestamps, startTimestamps }: AppendBatch,
  all: readonly WorkloadSeries[],
  starts: Starts,
  startMs: number,
): void {
  all.forEach(({ uptimeMs, processUptimeMs }, i) => {
    if (uptimeMs === undefined) return;
    const since = startMs - (starts === "process" ? processUptimeMs : uptimeMs);
    startTimestamps![i] = starts === "delta" ? timestamps[i] - SCRAPE_INTERVAL_MS : since;
  });
}

function fillBatch(
  batch: AppendBatch,
  all: readonly WorkloadSeries[],
  interval: number,
  startMs: number,
): void {
  for (let i = 0; i < all.length; i++) {
    batch.timestamps[i] = startMs + all[i].phaseMs;
    batch.values[i] = valueAt(all[i], interval);
  }
}
