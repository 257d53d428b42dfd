/** What a request about several tenants reads is usage of the tenants that are read, and counts for their limits. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, test } from "node:test";
import { newAccessKey } from "../../../lib/auth/access-key.ts";
import { createKey } from "../../../lib/auth/key-store.ts";
import { composeServices } from "../../../lib/http/compose-services.ts";
import { type Gateway, newGateway, type WriteServices } from "../../../lib/http/gateway.ts";
import { collectUsageAndLog } from "../../../lib/http/limits/usage-collector.ts";
import { addUsageRoutes } from "../../../lib/http/limits/usage-route.ts";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { addReadRoutes } from "../../../lib/http/read-route.ts";
import { addWriteRoutes } from "../../../lib/http/write-route.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { MemoryTable } from "../../../lib/storage/table/memory-table.ts";
import { newMeter } from "../../../lib/storage/table/table.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { basic, SECRET } from "../../helpers/test-gateway.ts";
import { compressedBody, series } from "../../helpers/write-requests.ts";

const START_MS = MIDNIGHT_MS + 3_600_000;
const LARGE = 3000;
const billed = newMeter();
let [services, app] = [] as unknown as [WriteServices, Gateway];
const nowMs = START_MS;

interface Rows {
  readonly groups: readonly { tenant: string; requests: number; readUnits: number }[];
  readonly total: { readUnits: number };
}

async function ask(tenants: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { Authorization: basic("HKALL"), "X-Scope-OrgID": tenants, ...init.headers };
  const response = await app.fetch(new Request(`http://h.test${path}`, { ...init, headers }));
  assert.ok(response.ok, await response.clone().text());
  return response;
}

before(async () => {
  const table = new MemoryTable().metered(billed);
  services = composeServices({ table, clock: () => nowMs, randomBytes, retentionMs: 0, log: () => {} });
  const key = { id: "HKALL", tenant: "*", secret: SECRET, note: "", createdMs: 0 } as const;
  await createKey(table, newAccessKey({ ...key, scopes: ["read", "write"] }, randomBytes));
  app = newGateway(services);
  addWriteRoutes(app, services);
  addReadRoutes(app, services);
  addQueryRoutes(app, services, newQueryServices(services, DEFAULT_PROMQL_SETTINGS));
  addUsageRoutes(app, services);
  for (const [tenant, count] of [
    ["small", 1],
    ["large", LARGE],
  ] as const) {
    const all = Array.from({ length: count }, (_, i) => series("m", { i: String(i) }, [nowMs, i]));
    const headers = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };
    const body = compressedBody(all) as Uint8Array<ArrayBuffer>;
    await ask(tenant, "/api/v1/write", { method: "POST", headers, body });
  }
});

async function usageOf(route: string): Promise<Map<string, { requests: number; readUnits: number }>> {
  await services.usage!.flush(services.table);
  await collectUsageAndLog(services);
  const response = await ask("", "/api/v1/usage?by=tenant,route");
  const { data } = (await response.json()) as { data: Rows & { groups: { route: string }[] } };
  const rows = (data.groups as (Rows["groups"][number] & { route: string })[]).filter(
    (group) => group.route === route,
  );
  return new Map(rows.map(({ tenant, requests, readUnits }) => [tenant, { requests, readUnits }]));
}

test("units are those of the tenants that were read, whichever is named first", async () => {
  const before = billed.readUnits;
  const response = await ask("small|large", `/api/v1/query?query=count(m)&time=${START_MS / 1000}`);
  const told = Number(response.headers.get("X-Hearth-Read-Units"));
  assert.equal(told, billed.readUnits - before);
  const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
  assert.equal(data.result[0].value[1], String(LARGE + 1));

  const usage = await usageOf("/api/v1/query");
  const [small, large] = [usage.get("small")!, usage.get("large")!];
  assert.equal(small.readUnits + large.readUnits, told);
  assert.ok(large.readUnits > 2 * small.readUnits, JSON.stringify([small, large]));
  assert.deepEqual([small.requests, large.requests], [1, 0]);
});

test("a tenant whose samples no matcher selects pays for being named at most", async () => {
  await ask("small|large", `/api/v1/query_range?query=m{__tenant_id__="large"}&start=0&end=60&step=60`);
  const usage = await usageOf("/api/v1/query_range");
  assert.ok((usage.get("small")?.readUnits ?? 0) <= 5, JSON.stringify([...usage]));
});

test("the queries that cost the most are listed for each tenant with its own units", async () => {
  const response = await ask("", "/api/v1/usage/queries");
  const { data } = (await response.json()) as {
    data: { queries: { tenant: string; query: string; readUnits: number }[] };
  };
  const unitsOf = (tenant: string) =>
    data.queries.find((one) => one.tenant === tenant && one.query === "count(m)")!.readUnits;
  assert.ok(unitsOf("large") > unitsOf("small"));
});
