/**
 * A program that is instrumented with the OpenTelemetry JavaScript SDK, and what Prometheus' names and values are for what it
 * recorded. https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
import assert from "node:assert/strict";
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from "@opentelemetry/sdk-metrics";
import { meaningOf } from "../prometheus/native-histogram.ts";
import { lastHistogram, lastValues, printSeries, type ReadBack } from "../read-back.ts";

/** Exports happen when the program says so. */
const NEVER_MS = 3_600_000;

const RESOURCE = {
  "service.namespace": "shop",
  "service.name": "peer",
  "service.instance.id": "instance-1",
  "deployment.environment.name": "tést ☃",
};
const TARGET = { job: "shop/peer", instance: "instance-1" };

const BOUNDARIES = [0.05, 0.5, 5];
const DURATIONS = [0.01, 0.05, 0.3, 0.5, 0.7, 9];
/** Bytes; schema 20 at first, and so more than Prometheus can take, then scaled down as they spread. */
const SIZES = [0, 1, 1000, 1024, 1_000_000, 1_000_000, 3];
const ROUNDS = 3;

/** The names of its metrics, as a regular expression. */
export const PROGRAM_METRICS = "peer_.*|target_info";

/** Records some rounds and exports after each. Fails when an export does, or when the server took only a part. */
export async function runInstrumentedProgram(exporter: PushMetricExporter): Promise<void> {
  const complaints: string[] = [];
  const note = (...words: unknown[]) => void complaints.push(words.map(String).join(" "));
  const silent = () => {};
  diag.setLogger(
    { error: note, warn: note, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: NEVER_MS });
  const provider = new MeterProvider({
    resource: resourceFromAttributes(RESOURCE),
    readers: [reader],
    views: [
      { instrumentName: "peer.duration", aggregation: explicitBuckets() },
      { instrumentName: "peer.size", aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
    ],
  });
  const record = newRecorder(provider);
  for (let round = 0; round < ROUNDS; round++) {
    record(round);
    await provider.forceFlush();
  }
  await provider.shutdown();
  diag.disable();
  assert.deepEqual(complaints, []);
}

function explicitBuckets() {
  return { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: BOUNDARIES } } as const;
}

function newRecorder(provider: MeterProvider): (round: number) => void {
  const meter = provider.getMeter("hearth.peers", "1.0.0");
  const requests = meter.createCounter("peer.requests", { unit: "1", description: "Requests served." });
  const connections = meter.createUpDownCounter("peer.connections", { description: "Open ones." });
  const temperature = meter.createGauge("peer.temperature", { unit: "Cel" });
  const durations = meter.createHistogram("peer.duration", { unit: "s", description: "Of a request." });
  const sizes = meter.createHistogram("peer.size", { unit: "By" });
  return (round) => {
    requests.add(2, { "http.route": "/a" });
    requests.add(1, { "http.route": "/ü" });
    connections.add(round === 0 ? 5 : -2);
    temperature.record(-40.5 + round);
    for (const value of DURATIONS) durations.record(value);
    for (const value of SIZES) sizes.record(value);
  };
}

type Labels = Readonly<Record<string, string>>;

/** Whether all that the program recorded has arrived. */
export function hasLastRound(found: ReadBack): boolean {
  return [...found.values()].some(
    ({ labels, samples }) =>
      labels.__name__ === "peer_duration_seconds_count" && samples.at(-1)?.value === totalDurations(),
  );
}

const totalDurations = () => ROUNDS * DURATIONS.length;

/**
 * Fails unless the last values are those that the program recorded, in series of these names and no others. `more` are the
 * labels that a sender gives to each of them.
 */
export function assertProgramArrived(found: ReadBack, more: Labels = {}): void {
  const targets = [...found.keys()].filter((name) => name.startsWith("target_info"));
  assert.equal(targets.length, 1, `series of target_info: ${targets}`);
  const floats = new Map(
    [...found].filter(([name, { samples }]) => name !== targets[0] && samples.length > 0),
  );
  assert.deepEqual(lastValues(floats), expectedValues({ ...TARGET, ...more }));
  assert.deepEqual(found.get(targets[0])!.labels, {
    __name__: "target_info",
    deployment_environment_name: RESOURCE["deployment.environment.name"],
    ...TARGET,
  });
  assertSizes(found, printSeries({ __name__: "peer_size_bytes", ...TARGET, ...more }));
}

function expectedValues(shared: Labels): Record<string, number> {
  const sum = DURATIONS.reduce((total, value) => total + value, 0) * ROUNDS;
  const buckets = [...BOUNDARIES, Number.POSITIVE_INFINITY].map((bound): [Labels, number] => [
    {
      __name__: "peer_duration_seconds_bucket",
      le: bound === Number.POSITIVE_INFINITY ? "+Inf" : String(bound),
    },
    ROUNDS * DURATIONS.filter((value) => value <= bound).length,
  ]);
  const expected: [Labels, number][] = [
    [{ __name__: "peer_requests_total", http_route: "/a" }, 2 * ROUNDS],
    [{ __name__: "peer_requests_total", http_route: "/ü" }, ROUNDS],
    [{ __name__: "peer_connections" }, 1],
    [{ __name__: "peer_temperature_celsius" }, -38.5],
    [{ __name__: "peer_duration_seconds_count" }, totalDurations()],
    [{ __name__: "peer_duration_seconds_sum" }, sum],
    ...buckets,
  ];
  return Object.fromEntries(
    expected.map(([labels, value]) => [printSeries({ ...labels, ...shared }), value]),
  );
}

/** The exponential histogram as a native one: of Prometheus' resolutions, with each value in its bucket. */
function assertSizes(found: ReadBack, name: string): void {
  const last = meaningOf(lastHistogram(found, name));
  assert.ok(last.schema >= -4 && last.schema <= 8, `schema=${last.schema}`);
  assert.equal(last.count, SIZES.length * ROUNDS);
  assert.equal(last.zeroCount, SIZES.filter((size) => size === 0).length * ROUNDS);
  assert.equal(last.sum, SIZES.reduce((total, size) => total + size, 0) * ROUNDS);
  const counts = new Map<number, number>();
  for (const size of SIZES.filter((one) => one > 0)) {
    // The bucket's upper bound is 2 ** (index * 2 ** -schema), and belongs to it.
    const index = Math.ceil(Math.log2(size) * 2 ** last.schema);
    counts.set(index, (counts.get(index) ?? 0) + ROUNDS);
  }
  const expected = [...counts].sort(([a], [b]) => a - b);
  assert.deepEqual([last.positive, last.negative], [expected, []]);
}
