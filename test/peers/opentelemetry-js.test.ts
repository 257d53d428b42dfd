/** The OpenTelemetry JavaScript SDK with its OTLP/HTTP exporters, straight to Hearth. */
import { it } from "node:test";
import { OTLPMetricExporter as JsonExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { assertProgramArrived, PROGRAM_METRICS, runInstrumentedProgram } from "./otel-program.ts";
import { basicAuth, startPeerHearth } from "./peer-hearth.ts";
import { readBack } from "./read-back.ts";

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
