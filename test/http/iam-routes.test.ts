/** Routes below /iam: the identity comes from what API Gateway has verified, and from nothing that a client sends. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { handle, type LambdaContext, type LambdaEvent } from "hono/aws-lambda";
import { callerOf } from "../../functions/caller.ts";
import { listAudit } from "../../lib/auth/audit.ts";
import { createKey } from "../../lib/auth/key-store.ts";
import { newPrincipal } from "../../lib/auth/principal.ts";
import { addUsageRoutes } from "../../lib/http/limits/usage-route.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { eventOf, routeOf, templateRoutes } from "../helpers/aws/api-gateway.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { compressedBody, series } from "../helpers/write-requests.ts";

const ROLE = "arn:aws:iam::123456789012:role/prom";
const SESSION = "arn:aws:sts::123456789012:assumed-role/prom/eks-pod-1";
const PATTERN = "arn:aws:sts::123456789012:assumed-role/prom/*";
const STRANGER = "arn:aws:sts::123456789012:assumed-role/stranger/s";

interface Asked {
  readonly path: string;
  readonly resource?: string;
  readonly userArn: string | null;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

const WRITE_HEADERS = { "content-type": "application/x-protobuf", "content-encoding": "snappy" };
const NO_BODY = new Uint8Array(0);

async function open() {
  const gateway = await TestGateway.open();
  Object.assign(gateway.services, { callerOf });
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  addUsageRoutes(gateway.app, gateway.services);
  const { table } = gateway.services;
  const add = (id: string, fields: Partial<Parameters<typeof newPrincipal>[0]> = {}) =>
    createKey(
      table,
      newPrincipal(
        { id, tenant: "t", scopes: ["read", "write"], note: "", createdMs: 0, ...fields },
        randomBytes,
      ),
    );
  await add(ROLE);
  const handler = handle(gateway.app);
  const ask = async ({
    path,
    resource = path,
    userArn,
    method = "GET",
    headers = {},
    body = NO_BODY,
  }: Asked) => {
    const event = eventOf({ method, headers, body }, { path, resource, userArn });
    const result = await handler(event as unknown as LambdaEvent, {} as LambdaContext);
    return { status: result.statusCode, text: result.body };
  };
  const write = (asked: Partial<Asked> & Pick<Asked, "userArn">) =>
    ask({
      path: "/iam/api/v1/write",
      method: "POST",
      headers: WRITE_HEADERS,
      body: compressedBody([series("m", { team: "a" }, [gateway.nowMs, 1])]),
      ...asked,
    });
  return { gateway, add, ask, write };
}

test("a mapped principal writes and reads without a key", async () => {
  const { ask, write, gateway } = await open();
  assert.equal((await write({ userArn: SESSION })).status, 200);
  const { fields } = gateway.lastLine;
  assert.deepEqual([fields.accessKeyId, fields.principal, fields.tenant], [PATTERN, SESSION, "t"]);
  const { status, text } = await ask({ path: "/iam/api/v1/labels", userArn: SESSION });
  assert.deepEqual([status, JSON.parse(text).data], [200, ["__name__", "team"]]);
  assert.equal((await ask({ path: "/iam/api/v1/usage", userArn: SESSION })).status, 200);
  assert.equal((await ask({ path: "/iam/api/v1/usage", userArn: STRANGER })).status, 403);
});

test("scopes, matchers and X-Scope-OrgID count as those of a key", async () => {
  const { ask, write, add } = await open();
  const roleOf = (name: string) => `arn:aws:sts::123456789012:assumed-role/${name}/s1`;
  await add("arn:aws:iam::123456789012:role/writer", { scopes: ["write"] });
  await add("arn:aws:iam::123456789012:role/any", { tenant: "*", scopes: ["read"] });
  const readMatch = [{ type: "=", name: "team", value: "b" }] as const;
  await add("arn:aws:iam::123456789012:role/b", { scopes: ["read"], readMatch });
  assert.equal((await write({ userArn: roleOf("writer") })).status, 200);
  const labels = (name: string, headers = {}) =>
    ask({ path: "/iam/api/v1/label/team/values", userArn: roleOf(name), headers });
  assert.equal((await labels("writer")).status, 403);
  assert.equal((await write({ userArn: roleOf("any") })).status, 403);
  assert.deepEqual(JSON.parse((await labels("b")).text).data, []);
  assert.deepEqual(JSON.parse((await labels("prom", { "x-scope-orgid": "other" })).text).data, ["a"]);
  assert.deepEqual(JSON.parse((await labels("any", { "x-scope-orgid": "t" })).text).data, ["a"]);
  assert.deepEqual(JSON.parse((await labels("any", { "x-scope-orgid": "other" })).text).data, []);
});

test("a principal without a mapping is told how to get one, with 403", async () => {
  const { write } = await open();
  const { status, text } = await write({ userArn: STRANGER });
  assert.equal(status, 403);
  assert.match(
    text,
    /^IAM principal arn:\S+\/stranger\/s is mapped to no tenant.*hearthdb keys create --iam/,
  );
});

/** What a client may put into a request in order to pass for somebody. */
const FORGED: Readonly<Record<string, string>> = {
  "x-amzn-iam-user-arn": SESSION,
  "x-amz-user-arn": SESSION,
  "x-amzn-identity-userarn": SESSION,
  "x-apigateway-event": encodeURIComponent(
    JSON.stringify({ requestContext: { identity: { userArn: SESSION } } }),
  ),
  "x-apigateway-context": encodeURIComponent(JSON.stringify({ identity: { userArn: SESSION } })),
  "x-amzn-request-context": JSON.stringify({ identity: { userArn: SESSION } }),
  "x-forwarded-prefix": "/iam",
  "x-original-url": "/iam/api/v1/write",
  "x-rewrite-url": "/iam/api/v1/write",
};

describe("what a client sends makes nobody of it", () => {
  const AUTHORIZATIONS: Readonly<Record<string, string>> = {
    none: "",
    "a signature of its own": `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261130/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`,
    "the pattern as a key": basic(PATTERN, "x"),
    "the ARN as a bearer": `Bearer ${SESSION}:x`,
  };
  for (const [name, authorization] of Object.entries(AUTHORIZATIONS)) {
    const headers = { ...WRITE_HEADERS, ...FORGED, ...(authorization && { authorization }) };
    for (const [path, resource] of [
      ["/api/v1/write", "/api/v1/write"],
      ["/iam/api/v1/write", "/iam/api/v1/write"],
      ["/iam/api/v1/write", "/api/v1/write"],
      ["//iam//api/v1/write", "/api/v1/{proxy+}"],
    ])
      test(`${name}, ${path} as ${resource}`, async () => {
        const { write, gateway } = await open();
        const { status } = await write({ path, resource, userArn: null, headers });
        assert.equal(status, 401);
        assert.equal(gateway.lastLine.fields.tenant, undefined);
      });
  }
});

test("an identity counts on a route that API Gateway has verified, and on no other", async () => {
  const { write } = await open();
  assert.equal((await write({ path: "/api/v1/write", userArn: SESSION })).status, 401);
  assert.equal((await write({ resource: "/api/v1/write", userArn: SESSION })).status, 401);
  assert.equal((await write({ resource: "/api/v1/{proxy+}", userArn: SESSION })).status, 401);
});

test("an access key is none below /iam", async () => {
  const { write } = await open();
  const headers = { ...WRITE_HEADERS, authorization: basic("HKA") };
  assert.equal((await write({ path: "/api/v1/write", userArn: null, headers })).status, 200);
  assert.equal((await write({ userArn: null, headers })).status, 401);
  assert.equal((await write({ userArn: STRANGER, headers })).status, 403);
});

test("npm start, which verifies no signature, refuses these paths in words", async () => {
  const gateway = await TestGateway.open();
  const response = await gateway.post("/iam/api/v1/write", compressedBody([]));
  assert.equal(response.status, 401);
  assert.match(await response.text(), /^no IAM identity: .* use an access key without \/iam\n$/);
});

test("what a principal changes is on record under its mapping", async () => {
  const { ask, add, gateway } = await open();
  await add("arn:aws:iam::123456789012:role/ruler", { scopes: ["rules"] });
  const userArn = "arn:aws:sts::123456789012:assumed-role/ruler/s1";
  const body = Buffer.from("name: g\nrules: [{record: r, expr: '1'}]\n");
  const asked = { path: "/iam/config/v1/rules/ns", resource: "/iam/config/v1/{proxy+}", method: "POST" };
  assert.equal((await ask({ ...asked, userArn, body })).status, 202);
  const entries: unknown[] = [];
  for await (const { who, action } of listAudit(gateway.services.table, 0)) entries.push([who, action]);
  assert.deepEqual(entries, [["arn:aws:sts::123456789012:assumed-role/ruler/*", "rules set"]]);
});

test("the template verifies signatures below /iam, there alone, and sends what it verified to the same function", () => {
  const routes = templateRoutes();
  const signed = routes.filter(({ isSigned }) => isSigned);
  assert.equal(signed.length, 7);
  for (const { path, isSigned } of routes) assert.equal(isSigned, path.startsWith("/iam/"), path);
  for (const { path, functionName } of signed)
    assert.equal(routeOf(routes, path.slice("/iam".length))?.functionName, functionName, path);
});
