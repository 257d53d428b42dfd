/** Requests with a text, a number or a length where nobody expects it, to every kind of route: none is a 5xx or takes long. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { series } from "../helpers/write-requests.ts";

const form = (o: Record<string, string>) => new URLSearchParams(o).toString();
const NOW = String(MIDNIGHT_MS / 1000);
const long = (n: number, s = "x") => s.repeat(n);
const GETS: readonly string[] = [
  `/federate?${form({ "match[]": '{__name__=~".+"}' })}`,
  `/federate?match[]=${encodeURIComponent("up offset 1h")}`,
  `/federate?match[]=up&match[]=%FF`,
  "/federate?match[]=",
  `/api/v1/search/metric_names?${form({ "search[]": long(5000, "ß") })}`,
  `/api/v1/search/label_names?limit=-0`,
  `/api/v1/search/label_values?label=__proto__`,
  `/api/v1/search/label_values?label=${long(9000)}`,
  `/api/v1/search/metric_names?fuzz_threshold=NaN&search[]=u`,
  `/api/v1/search/metric_names?fuzz_threshold=1e309&search[]=u`,
  `/api/v1/search/metric_names?sort_by=constructor`,
  `/api/v1/search/metric_names?case_sensitive=toString`,
  `/api/v1/cardinality/label_names?limit=1e400`,
  `/api/v1/cardinality/label_values?label_names[]=__proto__`,
  `/api/v1/cardinality/label_values?${form({ "label_names[]": long(200000, "a") })}`,
  `/api/v1/cardinality/active_series?selector=${encodeURIComponent("{".repeat(3000))}`,
  `/api/v1/query_exemplars?${form({ query: "up[1m]", start: NOW, end: NOW })}`,
  `/api/v1/query_exemplars?${form({ query: "up".repeat(3000), start: NOW, end: NOW })}`,
  `/api/v1/query_exemplars?${form({ query: `${"a and ".repeat(900)}a`, start: "-1e300", end: "1e300" })}`,
  `/api/v1/metadata?limit=0x10&metric=__proto__`,
  `/api/v1/metadata?limit_per_metric=99999999999999999999`,
  `/api/v1/query?${form({ query: "up", time: "9".repeat(64) })}`,
  `/api/v1/query?${form({ query: "up", timeout: "1e-400s" })}`,
  `/api/v1/query?${form({ query: "up", lookback_delta: "-1ms" })}`,
  `/api/v1/query?${form({ query: 'up{ü=~"\\\\p{L}{900}"}' })}`,
  `/api/v1/query?${form({ query: 'label_replace(up, "\u0000", "$1", "a", "(.*)")' })}`,
  `/api/v1/query?${form({ query: `sort_by_label(up, ${'"a",'.repeat(2000)}"a")` })}`,
  `/api/v1/query?${form({ query: "histogram_quantile(0.9, up)" })}`,
  `/api/v1/query?${form({ query: 'info(up, {a=~".*"})' })}`,
  `/api/v1/query_range?${form({ query: "up", start: "0", end: "1e15", step: "1e12" })}`,
  `/api/v1/query_range?${form({ query: "up", start: NOW, end: NOW, step: "0.0000001" })}`,
  `/api/v1/query_range?${form({ query: "up[5m:1ms] offset -100y", start: NOW, end: NOW, step: "1" })}`,
  `/api/v1/query_cost?${form({ query: "up".padEnd(270000, " ") })}`,
  `/api/v1/query?${form({ query: "up", cost: "constructor" })}`,
  `/api/v1/query?${form({ query: "up", limit: "9".repeat(30) })}`,
  `/api/v1/label/U__/values`,
  `/api/v1/label/U__${"_10ffff_".repeat(500)}/values`,
  `/api/v1/label/%00/values`,
  `/api/v1/label/${long(70000)}/values`,
  `/api/v1/label/%E0%A4%A/values`,
  `/api/v1/series?${form({ "match[]": '{__name__="up",__name__!="up"}' })}`,
  `/api/v1/rules?type=__proto__`,
  `/api/v1/rules?file[]=${long(90000)}`,
  `/api/v1/alerts?x=${long(60000)}`,
  "/api/v1/usage?days=1e9",
  "/api/v1/user_limits?x=1",
  "/config/v1/rules/%2e%2e%2f",
  `/config/v1/rules/${long(3000)}/x`,
  "/config/v1/rules/a/b/c/d",
  "/api/v1/status/tsdb?limit=-1",
  `/api/v1/format_query?${form({ query: `${"-".repeat(200000)}1` })}`,
  `/api/v1/parse_query?${form({ query: `${"(".repeat(499)}1${")".repeat(499)}` })}`,
];
const TENANTS = ["t|t|t", "|", long(5000, "a|"), `t|${long(151)}`, "__proto__", "%74"];

const POSTS: readonly (readonly [
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string>,
])[] = [
  ["/api/v1/otlp/v1/metrics", "[".repeat(100000), { "Content-Type": "application/json" }],
  ["/api/v1/otlp/v1/metrics", '{"resourceMetrics":{"__proto__":[]}}', { "Content-Type": "application/json" }],
  [
    "/api/v1/otlp/v1/metrics",
    '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","gauge":{"dataPoints":[{"timeUnixNano":"1e999","asDouble":"NaN"}]}}]}]}]}',
    { "Content-Type": "application/json" },
  ],
  [
    "/api/v1/otlp/v1/metrics",
    '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"a","exponentialHistogram":{"dataPoints":[{"timeUnixNano":"1","scale":2147483647,"positive":{"offset":2147483647,"bucketCounts":["1","1"]}}]}}]}]}]}',
    { "Content-Type": "application/json" },
  ],
  ["/api/v1/otlp/v1/metrics", "\u0000", { "Content-Type": "application/json; charset=utf-16" }],
  ["/config/v1/rules/ns", "name: &a [*a, *a]\n", { "Content-Type": "application/yaml" }],
  ["/config/v1/rules/ns", "? ".repeat(20000), {}],
  ["/config/v1/rules/ns", "name: g\nrules: [{record: r, expr: '1', labels: {__proto__: x}}]", {}],
  ["/api/v1/admin/tsdb/delete_series?match[]=up&start=1e400", "", {}],
  [
    "/api/v1/admin/tsdb/delete_series",
    form({ "match[]": "up", start: "2", end: "1" }),
    { "Content-Type": "application/x-www-form-urlencoded" },
  ],
  ["/api/v1/query", "query=%", { "Content-Type": "application/x-www-form-urlencoded" }],
  ["/api/v1/query", "query=up", { "Content-Type": "multipart/form-data; boundary=" }],
  [
    "/api/v1/read",
    new Uint8Array([255, 255, 255, 255, 15]),
    { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" },
  ],
  [
    "/api/v1/write",
    new Uint8Array([0]),
    { "Content-Type": "application/x-protobuf;proto=io.prometheus.write.v2.Request;proto=x" },
  ],
];

/** Of CPU. */
const MAX_CPU_MS = 2000;

test("each is taken or refused in words", async () => {
  const gateway = (await TestGateway.open()).queryRoutes();
  await gateway.addKey({ id: "HKALL", tenant: "*", scopes: ["read", "write", "rules", "admin"] });
  await gateway.write([series("up", { a: "b", le: "0x1p3", ü: "\u202e" }, [gateway.nowMs - 1000, 1])]);
  const headers = { Authorization: basic("HKALL"), "X-Scope-OrgID": "t" };
  const ask = async (path: string, init: RequestInit) => {
    const before = process.cpuUsage();
    const response = await gateway.fetch(path, init);
    const { length } = await response.text();
    const { user, system } = process.cpuUsage(before);
    const what = `${path.slice(0, 100)} ${JSON.stringify(init).slice(0, 100)}: ${response.status}`;
    assert.ok(response.status < 500, what);
    assert.ok(response.status < 400 || length < 10_000, `${what}, ${length} characters`);
    assert.ok((user + system) / 1000 < MAX_CPU_MS, `${what}, ${(user + system) / 1000} ms`);
  };
  for (const path of GETS) await ask(path, { headers });
  for (const tenant of TENANTS)
    await ask("/api/v1/labels", { headers: { ...headers, "X-Scope-OrgID": tenant } });
  for (const [path, body, more] of POSTS)
    await ask(path, {
      method: "POST",
      body: body as NonNullable<RequestInit["body"]>,
      headers: { ...headers, ...more },
    });
});
