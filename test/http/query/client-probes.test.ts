/** What clients ask before they ask for data, and what they do with the responses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { parseDuration } from "../../../lib/promql/syntax/duration-text.ts";
import { changeTenantSettings } from "../../../lib/storage/tenants/tenant-settings.ts";
import { QueryGateway } from "../../helpers/query-gateway.ts";

interface Probe {
  readonly client: string;
  readonly path: string;
  readonly init?: RequestInit;
  // biome-ignore lint/suspicious/noExplicitAny: JSON as the client sees it
  readonly check: (data: any) => void;
}

const PROBES: readonly Probe[] = [
  {
    // https://github.com/kiali/kiali/blob/master/prometheus/client.go: version, and the scrape interval and retention of its graphs
    client: "Kiali: version",
    path: "/api/v1/status/buildinfo",
    check: ({ version }) => assert.match(version, /^3\.\d+\.\d+$/),
  },
  {
    client: "Kiali: scrape interval, absent",
    path: "/api/v1/status/config",
    check: (data) => assert.equal(parse(data.yaml)?.global?.scrape_interval, undefined),
  },
  {
    client: "Kiali: retention",
    path: "/api/v1/status/flags",
    check: (data) =>
      assert.deepEqual(parseDuration(data["storage.tsdb.retention.time"]), { ok: true, ms: 30 * 86_400_000 }),
  },
  {
    client: "Kiali: runtime",
    path: "/api/v1/status/runtimeinfo",
    check: ({ storageRetention }) => assert.equal(storageRetention, "30d"),
  },
  {
    // https://github.com/headlamp-k8s/plugins/tree/main/prometheus: is it a Prometheus?
    client: "Headlamp: is it there",
    path: "/api/v1/query?query=up",
    check: ({ resultType }) => assert.equal(resultType, "scalar"),
  },
  {
    client: "prometheus-api-client (Python): connection",
    path: "/api/v1/query",
    init: { method: "POST", body: new URLSearchParams({ query: "1" }) },
    check: ({ result }) => assert.deepEqual(result, [0, "1"]),
  },
  {
    client: "prometheus-api-client (Python): all metrics",
    path: "/api/v1/label/__name__/values",
    check: (data) => assert.ok(Array.isArray(data)),
  },
  {
    client: "MCP servers: targets",
    path: "/api/v1/targets?state=active",
    check: ({ activeTargets }) => assert.deepEqual(activeTargets, []),
  },
  {
    client: "MCP servers: cardinality",
    path: "/api/v1/status/tsdb?limit=10",
    check: ({ headStats }) => assert.equal(headStats.numSeries, 0),
  },
];

for (const { client, path, init, check } of PROBES) {
  test(client, async () => {
    const api = await QueryGateway.open();
    await changeTenantSettings(api.gateway.services.table, "t", { retentionDays: 30 });
    const response = await api.fetch(path, init);
    assert.equal(response.status, 200);
    const { status, data } = (await response.json()) as { status: string; data: unknown };
    assert.equal(status, "success");
    check(data);
  });
}
