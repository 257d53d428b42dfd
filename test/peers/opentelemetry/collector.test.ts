/**
 * The OpenTelemetry Collector: a program exports to it by OTLP, and it to Hearth by remote write 1.0, by 2.0 and by OTLP, to
 * a tenant each. All three say the same of the same program.
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { Child } from "../../helpers/child.ts";
import { freePort } from "../../helpers/free-port.ts";
import type { Target } from "../../helpers/remote-client.ts";
import { goProgram } from "../go-programs.ts";
import { basicAuth, startPeerHearth } from "../peer-hearth.ts";
import { readBack } from "../read-back.ts";
import {
  assertProgramArrived,
  hasLastRound,
  PROGRAM_METRICS,
  runInstrumentedProgram,
} from "./otel-program.ts";

const program = await goProgram("collector");

/** What the exporters of remote write add to each series. */
const SCOPE = { otel_scope_name: "hearth.peers", otel_scope_version: "1.0.0" };

/** The exporter's name in the Collector's configuration, its tenant, and the labels that it adds. */
const EXPORTERS = [
  { name: "prometheus_remote_write/v1", tenant: "rw1", labels: SCOPE },
  { name: "prometheus_remote_write/v2", tenant: "rw2", labels: SCOPE },
  { name: "otlp_http", tenant: "otlp", labels: {} },
] as const;

/** Without it, the exporter sends nothing but 1.0. */
const V2_GATE = "exporter.prometheusremotewritexporter.enableSendingRW2";

/** As in its YAML, of which JSON is a part. */
function configOf(target: Target, receiverPort: number) {
  const headers = (tenant: string) => ({ Authorization: basicAuth(target), "X-Scope-OrgID": tenant });
  const endpoint = `${target.url}/api/v1/write`;
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${receiverPort}` } } } },
    exporters: {
      "prometheus_remote_write/v1": { endpoint, headers: headers("rw1") },
      "prometheus_remote_write/v2": {
        endpoint,
        headers: headers("rw2"),
        protobuf_message: "io.prometheus.write.v2.Request",
      },
      otlp_http: { endpoint: `${target.url}/api/v1/otlp`, headers: headers("otlp") },
    },
    service: {
      pipelines: { metrics: { receivers: ["otlp"], exporters: EXPORTERS.map(({ name }) => name) } },
    },
  };
}

it("keeps what each of its exporters sends", { timeout: 90_000, skip: program.missing }, async (t) => {
  await using hearth = await startPeerHearth("collector", "*");
  const port = await freePort();
  const configFile = join(hearth.directory, "collector.yml");
  await writeFile(configFile, JSON.stringify(configOf(hearth.target, port)));
  await using collector = new Child(program.path!, [
    `--config=file:${configFile}`,
    `--feature-gates=${V2_GATE}`,
  ]);
  await collector.until("ready", async () => collector.output.includes("Everything is ready."));
  await runInstrumentedProgram(new OTLPMetricExporter({ url: `http://127.0.0.1:${port}/v1/metrics` }));
  for (const { name, tenant, labels } of EXPORTERS) {
    const target = { ...hearth.target, tenant };
    await collector.until(`sent by ${name}`, async () =>
      hasLastRound(await readBack(target, PROGRAM_METRICS)),
    );
    await t.test(name, async (t) => {
      const found = await readBack(target, PROGRAM_METRICS);
      assertProgramArrived(found, labels);
      t.diagnostic(`${found.size} series came back`);
    });
  }
  await collector.stop();
  const complaints = collector.output.split("\n").filter((line) => /"level":"(warn|error)"/.test(line));
  assert.deepEqual(complaints, []);
  await hearth.stop();
});
