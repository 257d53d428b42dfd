/** Responses as browsers see them: nothing is stored or guessed, and no site can use the key of another. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCorsOrigin } from "../../lib/http/browsers/cors-origin.ts";
import { newGateway } from "../../lib/http/gateway.ts";
import { QueryGateway } from "../helpers/query-gateway.ts";
import { TestGateway } from "../helpers/test-gateway.ts";
import { compressedBody, series } from "../helpers/write-requests.ts";

const BROWSER = { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0" };
const BODY = compressedBody([series("m", {}, [1_795_392_000_000, 1])]);

test("every response forbids guessing its type and storing it", async () => {
  const api = await QueryGateway.open();
  const paths = [
    "/api/v1/query?query=up",
    "/api/v1/query?query=up(",
    "/api/v1/labels",
    "/api/v1/status/buildinfo",
    "/x",
  ];
  const responses = await Promise.all(paths.map((path) => api.fetch(path)));
  responses.push(await api.gateway.write([]), await api.gateway.write([], { Authorization: undefined }));
  for (const { headers, status } of responses) {
    assert.equal(headers.get("X-Content-Type-Options"), "nosniff", `${status}`);
    assert.equal(headers.get("Cache-Control"), "no-store", `${status}`);
  }
});

test("a browser is not asked for a login of its own; anyone else is told the scheme", async () => {
  const gateway = await TestGateway.open();
  const schemeFor = async (headers: Record<string, string>) =>
    (await gateway.post("/api/v1/write", BODY, { Authorization: undefined, ...headers })).headers.get(
      "WWW-Authenticate",
    );
  assert.match((await schemeFor({})) ?? "", /^Basic/);
  assert.match((await schemeFor({ "User-Agent": "Prometheus/3.14.0" })) ?? "", /^Basic/);
  assert.equal(await schemeFor(BROWSER), null);
  assert.equal(await schemeFor({ Origin: "http://a.example" }), null);
  assert.equal(await schemeFor({ "Sec-Fetch-Mode": "no-cors" }), null);
});

test("a page cannot write by a request that needs no permission of this server", async () => {
  const gateway = await TestGateway.open();
  for (const type of [
    undefined,
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
  ]) {
    const headers = { "Content-Type": type, "Content-Encoding": undefined, Origin: "http://a.example" };
    const response = await gateway.post("/api/v1/write", BODY, headers);
    assert.equal(response.status, 415, type);
    assert.equal((await gateway.post("/api/v1/otlp/v1/metrics", BODY, headers)).status, 415, type);
  }
  const typed = { Origin: "http://a.example", "Content-Type": "application/x-protobuf" };
  assert.equal((await gateway.post("/api/v1/write", BODY, typed)).status, 200);
  assert.equal((await gateway.post("/api/v1/write", BODY, { "Content-Type": undefined })).status, 200);
});

test("pages of the origins of the setting may call the API, as with Prometheus' --web.cors.origin", async () => {
  const allowed = async (setting: string | undefined, origin: string, method = "OPTIONS") => {
    const corsOrigin = parseCorsOrigin({ HEARTH_CORS_ORIGIN: setting });
    const app = newGateway({ log: () => {}, clock: () => 0, corsOrigin });
    const { headers } = await app.request("http://hearth.test/api/v1/query", {
      method,
      headers: { Origin: origin },
    });
    return headers.get("Access-Control-Allow-Origin");
  };
  for (const setting of [undefined, "", ".*"])
    assert.equal(await allowed(setting, "https://any.example"), "*");
  const two = "https?://(a|b)\\.example";
  assert.equal(await allowed(two, "http://b.example"), "http://b.example");
  assert.equal(await allowed(two, "http://b.example", "GET"), "http://b.example");
  for (const origin of [
    "http://b.example.org",
    "xhttp://b.example",
    "http://bxexample",
    `http://${"b".repeat(9999)}`,
  ])
    assert.equal(await allowed(two, origin), null, origin.slice(0, 40));
  assert.throws(() => parseCorsOrigin({ HEARTH_CORS_ORIGIN: "(" }), /^HearthError: HEARTH_CORS_ORIGIN=\(: /);
});
