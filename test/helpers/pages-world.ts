/**
 * The explorer over HTTP on a table in memory, with what its pages show: metrics of a week, rules in every state, a canary,
 * usage. Times end at the real now, which is the browser's.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { replaceState } from "../../lib/canary/canary-state.ts";
import { newRuleRunner } from "../../lib/http/compose-rules.ts";
import { addExplorerRoutes } from "../../lib/http/explorer-route.ts";
import { addUsageRoutes } from "../../lib/http/limits/usage-route.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import { DEFAULT_RULE_SETTINGS } from "../../lib/rules/settings.ts";
import { newRuleStore } from "../../lib/rules/table-rule-store.ts";
import { dayOf } from "../../lib/storage/layout/keys.ts";
import { storeStoredUsage } from "../../lib/storage/usage/stored-usage.ts";
import { UsageRecorder } from "../../lib/storage/usage/usage-recorder.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { buildExplorer } from "../../local/explorer-files.ts";
import { encodeMessage } from "../wire/prometheus-proto.ts";
import { basic, SECRET, TestGateway } from "./test-gateway.ts";
import { type SentSeries, series } from "./write-requests.ts";

export interface PagesWorld extends AsyncDisposable {
  readonly url: string;
  readonly gateway: TestGateway;
  readonly key: { readonly id: string; readonly secret: string };
}

/** Text that a page must show as text: it would set `window.hacked` otherwise. */
export const HOSTILE = '<img src=x onerror="window.hacked=1">';
export const HOSTILE_METRIC = `hostile_${HOSTILE}`;

const RULES = `
groups:
- name: availability
  interval: 30s
  rules:
  - {alert: TargetDown, expr: 'up == 0', labels: {severity: page}, annotations: {summary: '{{ $labels.instance }} is down'}}
  - {alert: QueueGrows, expr: 'queue_depth > 1', for: 3h}
  - {record: 'job:http_requests:rate5m', expr: 'sum by (job) (rate(http_requests_total[5m]))'}
- name: broken
  rules:
  - {alert: ${JSON.stringify(HOSTILE)}, expr: 'up + on () up', annotations: {summary: ${JSON.stringify(HOSTILE)}}}
`;

/** Serves until it is disposed of. */
export async function openPagesWorld(): Promise<PagesWorld> {
  const gateway = await TestGateway.open();
  const usage = new UsageRecorder(gateway.services.clock, randomBytes);
  Object.assign(gateway.services, { usage });
  const nowMs = Date.now();
  gateway.queryRoutes();
  addUsageRoutes(gateway.app, gateway.services);
  addExplorerRoutes(gateway.app, buildExplorer);
  await fill(gateway, nowMs);
  await ask(gateway, nowMs);
  await usage.flush(gateway.services.table);
  const stored = { tenant: "t", metric: "http_requests_total", samples: 1080, series: 18, bytes: 9000 };
  await storeStoredUsage(gateway.services.table, { measuredMs: nowMs - HOUR_MS, metrics: [stored] });
  const server = createServer(getRequestListener(gateway.app.fetch));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    gateway,
    key: { id: "HKA", secret: SECRET },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function fill(gateway: TestGateway, nowMs: number): Promise<void> {
  const send = async (sent: readonly SentSeries[]) => {
    const response = await gateway.write(sent);
    if (!response.ok) throw new Error(`write: status ${response.status}: ${await response.text()}`);
  };
  for (const daysBefore of [7, 1]) {
    gateway.nowMs = nowMs - daysBefore * DAY_MS;
    await send(everyMinute(gateway.nowMs, 5 * MINUTE_MS, ["legacy_queue_depth"], daysBefore === 7 ? 2 : 3));
  }
  gateway.nowMs = nowMs;
  await send(everyMinute(nowMs, HOUR_MS, [HOSTILE_METRIC], 6));
  await describe(gateway);
  await gateway.compact();
  await addRules(gateway, nowMs);
  const { table } = gateway.services;
  const state = { sequence: 412, startedMs: nowMs - 2 * DAY_MS, day: dayOf(nowMs), missing: {} };
  await replaceState(table, { state: undefined, bytes: undefined }, state);
  gateway.nowMs = nowMs;
}

/** Queries that are listed with what they cost. */
async function ask(gateway: TestGateway, nowMs: number): Promise<void> {
  const headers = { Authorization: basic("HKA") };
  const range = `start=${(nowMs - HOUR_MS) / 1000}&end=${nowMs / 1000}&step=60`;
  for (const query of [
    "sum by (path) (rate(http_requests_total[5m]))",
    `count({label=${JSON.stringify(HOSTILE)}})`,
  ]) {
    const response = await gateway.fetch(`/api/v1/query_range?query=${encodeURIComponent(query)}&${range}`, {
      headers,
    });
    if (!response.ok) throw new Error(`query: status ${response.status}: ${await response.text()}`);
  }
}

/** Series of a small shop, a sample a minute until `endMs`. */
function everyMinute(endMs: number, spanMs: number, more: readonly string[], paths: number): SentSeries[] {
  const times = Array.from({ length: spanMs / MINUTE_MS }, (_, i) => endMs - spanMs + (i + 1) * MINUTE_MS);
  const wave = (phase: number) => (_: number, i: number) => 40 + 30 * Math.sin((i + phase * 7) / 9);
  const of = (name: string, labels: Record<string, string>, value: (time: number, i: number) => number) =>
    series(name, labels, ...times.map((time, i): [number, number] => [time, value(time, i)]));
  const all: SentSeries[] = [];
  for (const instance of ["a:80", "b:80", "c:80"]) {
    const target = { instance, job: "api" };
    all.push(of("up", target, () => (instance === "c:80" ? 0 : 1)));
    all.push(of("process_resident_memory_bytes", target, (_, i) => 8e7 + 1e6 * Math.sin(i / 5) + 2e5 * i));
    for (let path = 0; path < paths; path++) {
      const labels = { ...target, path: `/v1/items/${path}` };
      all.push(of("http_requests_total", labels, (time, i) => Math.floor(time / 1e4) + wave(path)(time, i)));
      for (const le of ["0.1", "0.5", "+Inf"])
        all.push(
          of("http_request_duration_seconds_bucket", { ...labels, le }, (time) => Math.floor(time / 1e4)),
        );
    }
  }
  all.push(of("queue_depth", { job: "worker", queue: "mail" }, wave(3)));
  for (const name of more) all.push(of(name, { job: "legacy", label: `${HOSTILE}\n"` }, wave(1)));
  return all;
}

async function describe(gateway: TestGateway): Promise<void> {
  const metadata = [
    { type: "COUNTER", metricFamilyName: "http_requests_total", help: "Requests that were served, by path." },
    {
      type: "HISTOGRAM",
      metricFamilyName: "http_request_duration_seconds",
      help: "How long requests took.",
      unit: "seconds",
    },
    {
      type: "GAUGE",
      metricFamilyName: "process_resident_memory_bytes",
      help: "Resident memory size in bytes.",
      unit: "bytes",
    },
    { type: "GAUGE", metricFamilyName: "up", help: "Whether the last scrape succeeded." },
    { type: "GAUGE", metricFamilyName: "queue_depth", help: "Messages that wait." },
    { type: "GAUGE", metricFamilyName: HOSTILE_METRIC, help: HOSTILE },
  ];
  const response = await gateway.post(
    "/api/v1/write",
    compress(encodeMessage("WriteRequest", { timeseries: [], metadata })),
  );
  if (!response.ok) throw new Error(`metadata: status ${response.status}: ${await response.text()}`);
}

/** Evaluates them twice, so that alerts without `for` fire. */
async function addRules(gateway: TestGateway, nowMs: number): Promise<void> {
  const { file, problems } = parseRuleFile(RULES);
  if (file === undefined) throw new Error(JSON.stringify(problems));
  const store = newRuleStore(gateway.services.table);
  for (const group of file.groups) await store.put("t", "shop.yml", group);
  const settings = { promql: DEFAULT_PROMQL_SETTINGS, rules: DEFAULT_RULE_SETTINGS };
  const runner = newRuleRunner(gateway.services, settings);
  for (const minutesBefore of [4, 1]) {
    gateway.nowMs = nowMs - minutesBefore * MINUTE_MS;
    await runner.run({ deadlineMs: Number.POSITIVE_INFINITY });
  }
}
