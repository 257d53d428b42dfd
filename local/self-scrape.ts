/**
 * `npm start` stores metrics of its own process and requests, through the write route as any sender.
 * So a newcomer sees a curve before there is a Prometheus.
 */
import { randomBytes } from "node:crypto";
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValueWithName,
  Registry,
} from "prom-client";
import { newAccessKey, newSecret } from "../lib/auth/access-key.ts";
import { createKey, deleteKey, findKey } from "../lib/auth/key-store.ts";
import type { Services } from "../lib/http/gateway.ts";
import { errorMessage } from "../lib/model/errors.ts";
import type { Log } from "../lib/model/log.ts";
import { METRIC_TYPES } from "../lib/model/metric-metadata.ts";
import type { Metrics } from "../lib/model/metrics.ts";
import { DEFAULT_TENANT } from "../lib/model/tenant.ts";
import { SECOND_MS } from "../lib/model/time.ts";
import { ProtobufWriter } from "../lib/wire/protobuf-writer.ts";
import { compress } from "../lib/wire/snappy.ts";
import { directoryBytes } from "./data-size.ts";
import type { Fetch } from "./workers/serve-port.ts";

/** The labels of a request's metrics. */
const LABELS = ["source", "route", "status", "tenant", "error"];
/** In seconds. A query may take 25 s, a run of the compactor minutes. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

const INTERVAL_MS = 15 * SECOND_MS;
/** The first two samples make a curve, after five seconds. */
const FIRST_INTERVAL_MS = 5 * SECOND_MS;
/** Every start creates it again; `hearthdb keys list` shows it. */
const KEY_ID = "HKSELFSCRAPE";

/**
 * prometheus.WriteRequest.timeseries and .metadata, TimeSeries.labels and .samples, Label.name and .value, Sample.value and
 * .timestamp, MetricMetadata.type, .metric_family_name and .help.
 */
const FIELD = {
  series: 1,
  metadata: 3,
  labels: 1,
  samples: 2,
  name: 1,
  text: 2,
  value: 1,
  timestamp: 2,
  type: 1,
  family: 2,
  help: 4,
} as const;

export interface SelfScrape {
  /** Receives the metrics of a request or of a run of the compactor. */
  observe(source: "request" | "compaction" | "canary" | "rules"): Metrics;
  /** Stores from now on; `instance` is the host and port of this server. */
  start(fetch: Fetch, services: Services, instance: string): Promise<void>;
  stop(): void;
}

/** @param dataDirectory Of the embedded DynamoDB; undefined: the table is elsewhere. */
export function newSelfScrape(log: Log, dataDirectory?: string): SelfScrape {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  if (dataDirectory !== undefined) addDataSize(registry, dataDirectory);
  const counters = new Map<string, Counter>();
  const gauges = newGauges(registry);
  const seriesGauge = new Gauge({
    name: "hearth_series_today",
    help: "Series with a sample in this UTC day, about, at the latest write of the tenant.",
    labelNames: ["tenant"],
    registers: [registry],
  });
  const durations = new Histogram({
    name: "hearth_duration_seconds",
    help: "How long requests and runs of the compactor took.",
    labelNames: ["source", "route"],
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  return {
    observe:
      (source) =>
      (values, { labels, durationMs, seriesToday }) => {
        const { route, tenant } = labels;
        if (seriesToday !== undefined && tenant !== undefined) seriesGauge.set({ tenant }, seriesToday);
        durations.observe({ source, ...(route === undefined ? {} : { route }) }, durationMs / SECOND_MS);
        if (source === "request") gauges.ClockOffsetMs(values.ClockOffsetMs ?? 0);
        for (const [name, value] of Object.entries(values)) {
          const gauge = gauges[name];
          if (gauge !== undefined) gauge(value);
          else counterOf(counters, registry, name).inc({ source, ...labels }, value);
        }
      },
    async start(fetch, services, instance) {
      const authorization = await makeKey(services);
      const scrape = async () => {
        try {
          const body = encode(await registry.getMetricsAsJSON(), instance, services.clock());
          await push(fetch, authorization, body);
        } catch (error) {
          log("warn", "self-scrape", { error: errorMessage(error) });
        }
        if (!isStopped) timer = setTimeout(scrape, isFirst ? FIRST_INTERVAL_MS : INTERVAL_MS);
        isFirst = false;
      };
      let isFirst = true;
      await scrape();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** Metrics that are not counters, by their names in the deployed functions. */
function newGauges(registry: Registry): Readonly<Record<string, (value: number) => void>> {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const lag = gauge(
    "hearth_compaction_lag_seconds",
    "For how long, at most, samples have been in the log only.",
  );
  const deletion = gauge(
    "hearth_deletion_age_seconds",
    "How long ago the oldest deletion was made that is not carried out in all stored data.",
  );
  const missing = gauge(
    "hearth_canary_missing_samples",
    "Acknowledged samples of the canary that are not found.",
  );
  const clockOffset = gauge(
    "hearth_clock_offset_seconds",
    "How far this process' clock is off DynamoDB's, if by more than 5 s.",
  );
  const gap = gauge("hearth_canary_gap_seconds", "The longest hole in the canary's series.");
  return {
    LagMs: (value) => {
      lag.set(value / SECOND_MS);
      // Comes after it, if any deletion waits.
      deletion.set(0);
    },
    DeletionAgeMs: (value) => deletion.set(value / SECOND_MS),
    CanaryMissing: (value) => missing.set(value),
    ClockOffsetMs: (value) => clockOffset.set(value / SECOND_MS),
    CanaryGapMs: (value) => gap.set(value / SECOND_MS),
  };
}

function addDataSize(registry: Registry, directory: string): void {
  new Gauge({
    name: "hearth_data_bytes",
    help: "Size of the data directory of npm start on disk.",
    registers: [registry],
    async collect() {
      this.set(await directoryBytes(directory));
    },
  });
}

/** `hearth_write_units_total` for WriteUnits. */
function counterOf(counters: Map<string, Counter>, registry: Registry, name: string): Counter {
  let counter = counters.get(name);
  if (counter === undefined) {
    const words = name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
    const help = `${name}, as the deployed functions count them.`;
    counter = new Counter({
      name: `hearth_${words}_total`,
      help,
      labelNames: LABELS,
      registers: [registry],
    });
    counters.set(name, counter);
  }
  return counter;
}

async function makeKey({ table, clock }: Services): Promise<string> {
  const secret = newSecret(randomBytes);
  if ((await findKey(table, KEY_ID)) !== undefined) await deleteKey(table, KEY_ID);
  const note = "npm start, for its own metrics";
  const key = { id: KEY_ID, secret, tenant: DEFAULT_TENANT, scopes: ["write"], note } as const;
  await createKey(table, newAccessKey({ ...key, createdMs: clock() }, randomBytes));
  return `Bearer ${KEY_ID}:${secret}`;
}

async function push(fetch: Fetch, authorization: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const headers = {
    Authorization: authorization,
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
  };
  const request = new Request("http://hearth/api/v1/write", { method: "POST", headers, body });
  const response = await fetch(request);
  if (!response.ok) throw new Error(`status ${response.status}: ${(await response.text()).trim()}`);
}

/**
 * A compressed prometheus.WriteRequest of the whole registry and of `up`, as a scrape would return
 * them.
 */
function encode(
  metrics: readonly MetricObjectWithValues<MetricValueWithName<string>>[],
  instance: string,
  timestamp: number,
): Uint8Array<ArrayBuffer> {
  const writer = new ProtobufWriter();
  const target = { job: "hearth", instance };
  writeSeries(writer, Object.entries({ __name__: "up", ...target }), 1, timestamp);
  for (const { name, help, type, values } of metrics) {
    // Declared as a number, but a word.
    writeMetadata(writer, name, String(type), help);
    for (const { metricName = name, labels, value } of values) {
      writeSeries(writer, Object.entries({ __name__: metricName, ...target, ...labels }), value, timestamp);
    }
  }
  return new Uint8Array(compress(writer.view()));
}

function writeMetadata(writer: ProtobufWriter, name: string, type: string, help: string): void {
  const metadata = writer.begin(FIELD.metadata);
  writer.writeInt64Field(FIELD.type, (METRIC_TYPES as readonly string[]).indexOf(type));
  writer.writeStringField(FIELD.family, name);
  writer.writeStringField(FIELD.help, help);
  writer.end(metadata);
}

function writeSeries(
  writer: ProtobufWriter,
  labels: readonly (readonly [string, unknown])[],
  value: number,
  timestamp: number,
): void {
  const series = writer.begin(FIELD.series);
  for (const [name, text] of labels) {
    const label = writer.begin(FIELD.labels);
    writer.writeStringField(FIELD.name, name);
    writer.writeStringField(FIELD.text, String(text));
    writer.end(label);
  }
  const sample = writer.begin(FIELD.samples);
  writer.writeDoubleField(FIELD.value, Float64Array.of(value), 0);
  writer.writeInt64Field(FIELD.timestamp, timestamp);
  writer.end(sample);
  writer.end(series);
}
