/** Several tenants in one request: `X-Scope-OrgID: a|b`, as in Mimir. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { uncompress } from "../../lib/wire/snappy.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { basic, query, TestGateway } from "../helpers/test-gateway.ts";
import { compressedBody, series } from "../helpers/write-requests.ts";
import { decodeMessage } from "../wire/prometheus-proto.ts";

const AT = MIDNIGHT_MS / 1000;
let gateway: TestGateway;

before(async () => {
  gateway = await TestGateway.open({ maxQuerySeries: 4 });
  await gateway.addKey({ id: "HKANY", tenant: "*" });
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  const sent = (value: number, ...jobs: string[]) =>
    compressedBody(jobs.map((job) => series("up", { job, __tenant_id__: "own" }, [MIDNIGHT_MS, value])));
  for (const [tenant, body] of [
    ["a", sent(1, "x", "y")],
    ["b", sent(2, "x", "z")],
    ["many", sent(3, "1", "2", "3", "4", "5")],
  ] as const) {
    const written = await gateway.post("/api/v1/write", body, {
      Authorization: basic("HKANY"),
      "X-Scope-OrgID": tenant,
    });
    assert.equal(written.status, 200, await written.text());
  }
});

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: JSON of several routes
  readonly data?: any;
  readonly error?: string;
  readonly errorType?: string;
}

interface Result {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

async function ask(tenants: string, path: string, id = "HKANY"): Promise<readonly [number, Answer]> {
  const response = await gateway.fetch(path, {
    headers: { Authorization: basic(id), "X-Scope-OrgID": tenants },
  });
  return [response.status, (await response.json()) as Answer];
}

const instant = async (tenants: string, expression: string) => {
  const [status, { data, error }] = await ask(
    tenants,
    `/api/v1/query?time=${AT}&query=${encodeURIComponent(expression)}`,
  );
  assert.equal(status, 200, error);
  return Object.fromEntries(
    (data.result as Result[]).map(({ metric, value }) => [
      `${metric.__tenant_id__ ?? ""}/${metric.job ?? ""}`,
      value[1],
    ]),
  );
};

test("series have the label of their tenant, and matchers on it select tenants", async () => {
  assert.deepEqual(await instant("b|a", "up"), { "a/x": "1", "a/y": "1", "b/x": "2", "b/z": "2" });
  assert.deepEqual(await instant("a|b", 'up{__tenant_id__="b"}'), { "b/x": "2", "b/z": "2" });
  assert.deepEqual(await instant("a|b", 'up{__tenant_id__!~"b|c",job="x"}'), { "a/x": "1" });
  assert.deepEqual(await instant("a|b", "sum by (__tenant_id__) (up)"), { "a/": "2", "b/": "4" });
  assert.deepEqual(await instant("a|b", 'sum(up{original___tenant_id__="own"})'), { "/": "6" });
  assert.deepEqual(await instant("a|b", 'up{original___tenant_id__="other"}'), {});
  assert.deepEqual(await instant("a|a", "count(up)"), { "/": "2" });
  // One tenant is as ever.
  assert.deepEqual(await instant("a", "up"), { "own/x": "1", "own/y": "1" });
});

test("lookups, cardinality and search know the label", async () => {
  const dataOf = async (path: string) => (await ask("a|b", path))[1].data;
  assert.deepEqual(await dataOf("/api/v1/labels"), [
    "__name__",
    "__tenant_id__",
    "job",
    "original___tenant_id__",
  ]);
  assert.deepEqual(await dataOf("/api/v1/label/__tenant_id__/values"), ["a", "b"]);
  assert.deepEqual(await dataOf('/api/v1/label/__tenant_id__/values?match[]=up{job="z"}'), ["b"]);
  assert.deepEqual(await dataOf("/api/v1/label/original___tenant_id__/values"), ["own"]);
  assert.equal((await dataOf("/api/v1/series?match[]=up")).length, 4);
  assert.equal((await dataOf('/api/v1/series?match[]=up{__tenant_id__="a"}')).length, 2);
  assert.equal((await dataOf("/api/v1/status/tsdb")).headStats.numSeries, 4);
  const { estimate } = await dataOf(`/api/v1/query_cost?query=up&time=${AT}`);
  assert.deepEqual([estimate.seriesTouched, estimate.samplesRead], [4, 4]);
});

test("remote read has it too", async () => {
  const response = await gateway.read(
    { queries: [query("up", MIDNIGHT_MS, MIDNIGHT_MS)] },
    { Authorization: basic("HKANY"), "X-Scope-OrgID": "a|b" },
  );
  assert.equal(response.status, 200);
  const body = uncompress(new Uint8Array(await response.arrayBuffer()), 1e6);
  const [{ timeseries }] = decodeMessage("ReadResponse", body).results as {
    readonly timeseries: readonly { readonly labels: readonly { readonly value: string }[] }[];
  }[];
  const found = timeseries.map(({ labels }) => labels.map(({ value }) => value).join());
  assert.deepEqual(found, ["up,a,x,own", "up,a,y,own", "up,b,x,own", "up,b,z,own"]);
});

test("errors and limits are those of a tenant, and name it", async () => {
  const [status, { error }] = await ask("a|many", `/api/v1/query?query=up&time=${AT}`);
  assert.equal(status, 422);
  assert.match(error!, /^tenant many: query: more than 4 series match/);
});

test("only a key of every tenant asks about several, and not where one is meant", async () => {
  assert.equal((await ask("x|y", `/api/v1/labels`, "HKA"))[0], 200);
  for (const [tenants, path, message] of [
    ["a|", "/api/v1/labels", /^tenant "": expected/],
    ["a|b/c", "/api/v1/labels", /^tenant "b\/c": expected/],
    [
      Array.from({ length: 17 }, (_, i) => `t${i}`).join("|"),
      "/api/v1/labels",
      /17 tenants, the limit is 16/,
    ],
    ["a|b", "/api/v1/rules", /^X-Scope-OrgID: 2 tenants, expected one/],
    ["a|b", "/api/v1/user_limits", /^X-Scope-OrgID: 2 tenants, expected one/],
  ] as const) {
    const [status, { error, errorType }] = await ask(tenants, path);
    assert.deepEqual([status, errorType], [400, "bad_data"], `${tenants} ${path}: ${error}`);
    assert.match(error!, message);
  }
  const written = await gateway.post("/api/v1/write", compressedBody([]), {
    Authorization: basic("HKANY"),
    "X-Scope-OrgID": "a|b",
  });
  assert.equal(written.status, 400);
});
