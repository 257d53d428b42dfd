/** Routes about a Prometheus that scrapes, held against Prometheus' own documents. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ALL_EXPERIMENTS } from "../../../lib/promql/parse/options.ts";
import { changeTenantSettings } from "../../../lib/storage/tenants/tenant-settings.ts";
import { QueryGateway } from "../../helpers/query-gateway.ts";
import { upstreamPath, withoutUpstream } from "../../helpers/upstream.ts";
import { readOpenApi } from "../openapi/upstream-document.ts";

const PATHS = [
  "/alertmanagers",
  "/features",
  "/notifications",
  "/scrape_pools",
  "/status/config",
  "/status/flags",
  "/status/runtimeinfo",
  "/status/tsdb/blocks",
  "/status/walreplay",
  "/targets",
  "/targets/metadata",
];

test("responses are as Prometheus' OpenAPI document describes them", {
  skip: withoutUpstream("openApi"),
}, async () => {
  const openApi = readOpenApi();
  const api = await QueryGateway.open();
  for (const path of PATHS) {
    const response = await api.fetch(`/api/v1${path}`);
    assert.equal(response.status, 200, path);
    openApi.check(path, "get", response, await response.json());
  }
});

test("every GET route of the document exists, but for those that Hearth lacks", {
  skip: withoutUpstream("openApi"),
}, async () => {
  const api = await QueryGateway.open();
  const lacking: string[] = [];
  for (const path of readOpenApi().paths) {
    const response = await api.fetch(`/api/v1${path.replace("{name}", "job")}`);
    if (response.status === 404) lacking.push(path);
  }
  assert.deepEqual(lacking.filter((path) => !path.startsWith("/admin/")).sort(), LACKING);
});

const LACKING: readonly string[] = [];

test("features have Prometheus' names, and PromQL's are all there with experiments", {
  skip: withoutUpstream("features"),
}, async () => {
  type Features = Readonly<Record<string, Readonly<Record<string, boolean>>>>;
  const known = JSON.parse(readFileSync(upstreamPath("features"), "utf8")) as Features;
  const api = await QueryGateway.open();
  const { data } = (await api.json("/api/v1/features")) as { data: Features };
  for (const [category, features] of Object.entries(data))
    for (const name of Object.keys(features))
      assert.ok(known[category]?.[name] !== undefined || category === "tsdb", `${category}: ${name}`);
  for (const category of ["promql_functions", "promql_operators"])
    assert.deepEqual(Object.keys(data[category]), Object.keys(known[category]).sort());
  assert.deepEqual(data.promql_functions, known.promql_functions);
  const experimental = await QueryGateway.open({ parse: ALL_EXPERIMENTS });
  const { data: all } = (await experimental.json("/api/v1/features")) as { data: Features };
  assert.ok(Object.values(all.promql_functions).every(Boolean));
  assert.ok(all.promql.fill && all.promql.unquoted_utf8_names);
});

test("flags and runtime information tell the tenant's retention", async () => {
  const api = await QueryGateway.open();
  await changeTenantSettings(api.gateway.services.table, "t", { retentionDays: 30 });
  const ask = async (path: string) => ((await api.json(path)) as { data: Record<string, string> }).data;
  const flags = await ask("/api/v1/status/flags");
  assert.equal(flags["storage.tsdb.retention.time"], "30d");
  assert.equal(flags["query.lookback-delta"], "5m");
  const info = await ask("/api/v1/status/runtimeinfo");
  assert.equal(info.storageRetention, "30d");
  assert.match(info.serverTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});
