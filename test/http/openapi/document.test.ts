/** The OpenAPI document lists the routes that there are, and responses are what it says of them. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { addUsageRoutes } from "../../../lib/http/limits/usage-route.ts";
import { openApiDocument } from "../../../lib/http/openapi/document.ts";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { compressedBody, series } from "../../helpers/write-requests.ts";

interface Documented {
  readonly parameters?: readonly { readonly name: string; readonly required?: boolean }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

const document = openApiDocument() as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Documented>>>>;
};
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema(document, "api");

let gateway: TestGateway;
before(async () => {
  gateway = await TestGateway.open();
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  addUsageRoutes(gateway.app, gateway.services);
  await gateway.addKey({ id: "HKR", scopes: ["rules"] });
  const headers = { Authorization: basic("HKR") };
  const body = "name: none\nrules: [{record: a, expr: up}]";
  assert.equal((await gateway.fetch("/config/v1/rules/none", { method: "POST", headers, body })).status, 202);
  const all = ["a", "b"].map((job) => series("up", { job }, [MIDNIGHT_MS, 1], [MIDNIGHT_MS + 1000, 0]));
  assert.equal((await gateway.post("/api/v1/write", compressedBody(all))).status, 200);
});

test("it lists exactly the routes that are served", () => {
  const served = gateway.app.routes
    .filter(({ method, path }) => method !== "ALL" && path !== "/*")
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replace(/:(\w+)/g, "{$1}")}`);
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  assert.deepEqual(documented.toSorted(), [...new Set(served)].sort());
});

/** What is asked of each route; by default without parameters. */
const AT = String((MIDNIGHT_MS + 1000) / 1000);
const RANGE = { start: AT, end: AT, step: "15" };
const QUERIES: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = {
  query: [
    { query: "up", time: AT, stats: "all", cost: "true" },
    { query: "1" },
    { query: '"x"' },
    { query: "up[5m]", time: AT, cost: "1" },
    { query: "up(" },
  ],
  query_range: [
    { ...RANGE, query: "sum(up)", stats: "true" },
    { ...RANGE, query: "up[5m]" },
  ],
  query_cost: [{ query: "up", time: AT }],
  query_range_cost: [{ ...RANGE, query: "rate(up[5m])" }],
  query_exemplars: [{ query: "up" }],
  format_query: [{ query: "sum(up)" }],
  parse_query: [{ query: "sum(up)" }],
  explain: [
    { query: "up", time: AT },
    { query: "up", format: "text" },
  ],
  series: [{ "match[]": "up" }, {}],
  "search/label_values": [{ label: "job", start: AT, end: AT }],
  "cardinality/label_values": [{ "label_names[]": "job" }, {}],
  "cardinality/active_series": [{ selector: "up" }],
  "scrape_pools/config": [{ scrapePool: "x" }],
  "targets/relabel_steps": [{ scrapePool: "x", labels: "{}" }],
};

const validators = new Map<string, ValidateFunction>();

async function check(path: string, parameters: Readonly<Record<string, string>>): Promise<number> {
  const url = path.replace("{name}", "job").replace(/\{\w+\}/g, "none");
  const response = await gateway.fetch(`${url}?${new URLSearchParams(parameters)}`, {
    headers: {
      Authorization: basic(path.includes("{namespace}") || path.endsWith("config/v1/rules") ? "HKR" : "HKA"),
    },
  });
  const { responses } = document.paths[path].get;
  const name = responses[response.status] === undefined ? "default" : String(response.status);
  const what = `${path} ${JSON.stringify(parameters)} ${response.status}`;
  assert.ok(response.status < 500, what);
  const type = response.headers.get("Content-Type")?.split(";")[0] ?? "";
  const body = await response.text();
  const content = responses[name].content ?? {};
  if (body === "" && Object.keys(content).length === 0) return response.status;
  assert.ok(content[type] !== undefined, `${what}: ${type}, expected ${Object.keys(content)}`);
  if (type !== "application/json" && type !== "application/yaml") return response.status;
  const pointer = ["paths", path, "get", "responses", name, "content", type, "schema"].map((part) =>
    part.replaceAll("~", "~0").replaceAll("/", "~1"),
  );
  const reference = `api#/${pointer.map(encodeURIComponent).join("/")}`;
  const validate = validators.get(reference) ?? ajv.compile({ $ref: reference });
  validators.set(reference, validate);
  if (!validate(parse(body))) assert.fail(`${what}: ${ajv.errorsText(validate.errors)}`);
  return response.status;
}

test("responses to GET are what it says", async () => {
  const succeeded: string[] = [];
  const paths = Object.keys(document.paths).filter((path) => document.paths[path].get !== undefined);
  for (const path of paths) {
    const asked = QUERIES[path.replace(/^\/api\/v[13]\//, "")] ?? [{}];
    for (const parameters of asked) if ((await check(path, parameters)) < 300) succeeded.push(path);
  }
  const failed = paths.filter(
    (path) => !succeeded.includes(path) && !path.includes("rules") && path.startsWith("/api/v1/"),
  );
  assert.deepEqual(failed, ["/api/v1/targets/relabel_steps", "/api/v1/scrape_pools/config"]);
});

test("the served document is this one", async () => {
  const response = await gateway.fetch("/api/v1/openapi.yaml", { headers: { Authorization: basic("HKA") } });
  assert.equal(response.headers.get("Content-Type"), "application/yaml; charset=utf-8");
  assert.deepEqual(await response.json(), JSON.parse(JSON.stringify(document)));
});
