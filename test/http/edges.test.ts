/** What browsers, proxies and careless settings make of requests: each is answered as Prometheus does. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { QueryGateway } from "../helpers/query-gateway.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { compressedBody, series } from "../helpers/write-requests.ts";

describe("browsers of other origins", () => {
  const PATHS = [
    "/api/v1/query",
    "/api/v1/write",
    "/api/v1/read",
    "/api/v1/otlp/v1/metrics",
    "/api/v3/labels",
    "/api/v1/nothing",
  ];
  for (const path of PATHS) {
    test(`a preflight of ${path} needs no key`, async () => {
      const { gateway } = await QueryGateway.open();
      const headers = { Origin: "https://a.example", "Access-Control-Request-Method": "POST" };
      const response = await gateway.fetch(path, { method: "OPTIONS", headers });
      assert.deepEqual([response.status, await response.text()], [204, ""]);
      assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*");
      assert.match(response.headers.get("Access-Control-Allow-Headers") ?? "", /Authorization/);
      assert.match(response.headers.get("Access-Control-Allow-Methods") ?? "", /POST/);
      assert.equal(gateway.lastLine.fields.status, 204);
    });
  }

  test("a page may read responses and errors, and nothing is said to others", async () => {
    const api = await QueryGateway.open();
    const headers = { Origin: "https://a.example" };
    for (const path of ["/api/v1/query?query=1", "/api/v1/query?query=("]) {
      const response = await api.fetch(path, { headers });
      assert.equal(response.headers.get("Access-Control-Allow-Origin"), "*", path);
      assert.match(response.headers.get("Vary") ?? "", /Origin/);
    }
    const refused = await api.gateway.fetch("/api/v1/query?query=1", { headers });
    assert.deepEqual([refused.status, refused.headers.get("Access-Control-Allow-Origin")], [401, "*"]);
    assert.equal((await api.fetch("/api/v1/query?query=1")).headers.get("Access-Control-Allow-Origin"), null);
  });
});

describe("slashes too many", () => {
  test("in every route", async () => {
    const api = await QueryGateway.open();
    const { gateway } = api;
    const body = compressedBody([series("up", {}, [gateway.nowMs, 1])]);
    for (const path of ["//api/v1/write", "/api/v1//write", "/api/v1/write/"])
      assert.equal((await gateway.post(path, body)).status, 200, path);
    const json = { "Content-Type": "application/json", "Content-Encoding": undefined };
    assert.equal((await gateway.post("/api/v1/otlp//v1/metrics", "{}", json)).status, 200);
    for (const path of ["//api/v1/query?query=1", "/api/v1/query/?query=1", "/api/v1/label/a//values"])
      assert.equal((await api.fetch(path)).status, 200, path);
    assert.equal(gateway.lastLine.fields.path, "/api/v1/label/a/values");
  });
});

describe("empty headers are none", () => {
  test("content type and encoding of a write", async () => {
    const gateway = await TestGateway.open();
    const body = compressedBody([series("up", {}, [gateway.nowMs, 1])]);
    for (const headers of [{ "Content-Type": "" }, { "Content-Encoding": "" }, { "X-Scope-OrgID": "" }])
      assert.equal((await gateway.post("/api/v1/write", body, headers)).status, 200, JSON.stringify(headers));
  });

  test("content encoding of OTLP", async () => {
    const gateway = await TestGateway.open();
    const headers = { "Content-Type": "application/json", "Content-Encoding": "" };
    assert.equal((await gateway.post("/api/v1/otlp/v1/metrics", "{}", headers)).status, 200);
  });
});

describe("forms", () => {
  const URL_ENCODED = "application/x-www-form-urlencoded";
  const multipart = (name: string) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\nup\r\n--b--\r\n`;
  const TAKEN: readonly (readonly [type: string, body: string])[] = [
    [URL_ENCODED, "query=up"],
    [`${URL_ENCODED}; charset=UTF-8`, "query=up"],
    ["Application/X-WWW-Form-Urlencoded ; Charset=utf-8", "query=up"],
    ["multipart/form-data; boundary=b", multipart("query")],
  ];
  for (const [type, body] of TAKEN) {
    test(type, async () => {
      const api = await QueryGateway.open();
      const response = await api.fetch("/api/v1/query", {
        method: "POST",
        body,
        headers: { "Content-Type": type },
      });
      assert.equal(response.status, 200, await response.text());
      assert.equal(api.asked.at(-1)?.query, "up");
    });
  }

  const REFUSED: readonly (readonly [type: string, body: string, message: RegExp])[] = [
    [
      "application/json",
      '{"query":"up"}',
      /content type "application\/json" of a body of 14 bytes: expected application\/x-www-form-urlencoded/,
    ],
    ["multipart/form-data", multipart("query"), /form: expected multipart\/form-data with its boundary/],
    ["multipart/form-data; boundary=c", multipart("query"), /form: expected multipart\/form-data/],
  ];
  for (const [type, body, message] of REFUSED) {
    test(`400 for ${type}`, async () => {
      const api = await QueryGateway.open();
      const response = await api.fetch("/api/v1/query", {
        method: "POST",
        body,
        headers: { "Content-Type": type },
      });
      assert.equal(response.status, 400);
      assert.match(((await response.json()) as { error: string }).error, message);
    });
  }

  const MANY = "&".repeat(10_000);
  const TOO_MANY: readonly (readonly [type: string, body: string, inUrl: string])[] = [
    [URL_ENCODED, `query=up${MANY}`, ""],
    [URL_ENCODED, "query=up", `?a${MANY}`],
    ["multipart/form-data; boundary=b", multipart("query").slice(0, -5).repeat(10_001), ""],
  ];
  for (const [type, body, inUrl] of TOO_MANY) {
    test(`400 for more parameters than a request may have: ${type} ${inUrl.slice(0, 2)}`, async () => {
      const api = await QueryGateway.open();
      const init = { method: "POST", body, headers: { "Content-Type": type } };
      const response = await api.fetch(`/api/v1/query${inUrl}`, init);
      assert.equal(response.status, 400);
      assert.match(
        ((await response.json()) as { error: string }).error,
        /^parameters: more than 10000 in one/,
      );
    });
  }

  test("a body of any type beside parameters in the URL is passed over", async () => {
    const api = await QueryGateway.open();
    const init = {
      method: "POST",
      body: "{}",
      headers: { "Content-Type": "application/json", Authorization: basic("HKA") },
    };
    assert.equal((await api.fetch("/api/v1/query?query=up", init)).status, 200);
  });
});
