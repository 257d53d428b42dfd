/** The OpenTelemetry JavaScript SDK with its OTLP/HTTP exporters, straight to Hearth. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { OTLPMetricExporter as JsonExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { basicAuth, startPeerHearth } from "../peer-hearth.ts";
import { readBack } from "../read-back.ts";
import { assertProgramArrived, PROGRAM_METRICS, runInstrumentedProgram } from "./otel-program.ts";

type Settings = NonNullable<ConstructorParameters<typeof JsonExporter>[0]>;
type Compression = NonNullable<Settings["compression"]>;

const EXPORTERS = [
  { what: "protobuf", Exporter: ProtobufExporter, compression: "none" },
  { what: "protobuf, gzip", Exporter: ProtobufExporter, compression: "gzip" },
  { what: "JSON", Exporter: JsonExporter, compression: "none" },
  { what: "JSON, gzip", Exporter: JsonExporter, compression: "gzip" },
] as const;

it("keeps what the SDK exports, in each encoding", { timeout: 60_000 }, async (t) => {
  await using hearth = await startPeerHearth("opentelemetry-js", "*");
  for (const [i, { what, Exporter, compression }] of EXPORTERS.entries()) {
    const target = { ...hearth.target, tenant: `encoding-${i}` };
    const exporter = new Exporter({
      url: `${target.url}/api/v1/otlp/v1/metrics`,
      headers: { Authorization: basicAuth(target), "X-Scope-OrgID": target.tenant },
      compression: compression as Compression,
    });
    await runInstrumentedProgram(exporter);
    const found = await readBack(target, PROGRAM_METRICS);
    assertProgramArrived(found);
    t.diagnostic(`${what}: ${found.size} series came back`);
  }
  await hearth.stop();
});

it("adds up what short-lived programs count in deltas", { timeout: 60_000 }, async () => {
  const programs = 12;
  await using hearth = await startPeerHearth("opentelemetry-delta", "default", {
    HEARTH_OTLP_DELTA: "native",
  });
  const { url } = hearth.target;
  const headers = { Authorization: basicAuth(hearth.target) };
  let counted = 0;
  for (let program = 0; program < programs; program++) {
    const exporter = new ProtobufExporter({
      url: `${url}/api/v1/otlp/v1/metrics`,
      headers,
      temporalityPreference: AggregationTemporality.DELTA,
    });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ readers: [reader] });
    const meter = provider.getMeter("hearth.peers");
    const orders = meter.createCounter("orders");
    const seconds = meter.createHistogram("seconds");
    for (let i = 0; i <= program; i++) {
      orders.add(3);
      seconds.record(i / 10);
      counted++;
    }
    await provider.shutdown();
  }
  const ask = async (query: string): Promise<number> => {
    const response = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`, { headers });
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1]);
  };
  for (const aggregation of ["increase", "sum_over_time"]) {
    assert.equal(await ask(`sum(${aggregation}(orders_total[5m]))`), 3 * counted);
    assert.equal(await ask(`sum(${aggregation}(seconds_count[5m]))`), counted);
    assert.equal(await ask(`sum(${aggregation}(seconds_bucket{le="+Inf"}[5m]))`), counted);
  }
  await hearth.stop();
});
