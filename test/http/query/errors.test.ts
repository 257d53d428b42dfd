/** The query API: what it refuses, and how failures are reported. */
import assert from "node:assert/strict";
import test from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import { QueryGateway } from "../../helpers/query-gateway.ts";
import { basic } from "../../helpers/test-gateway.ts";

/** Bad requests, with the words of Prometheus. */
const BAD: readonly (readonly [path: string, error: string])[] = [
  ["/query", 'invalid parameter "query": unknown position: parse error: no expression found in input'],
  ["/query?query=1%2B", 'invalid parameter "query": 1:3: parse error: unexpected end of input'],
  [
    "/query?query=1&time=x",
    `invalid parameter "time": invalid time value for 'time': cannot parse "x" to a valid timestamp`,
  ],
  [
    "/query?query=1&time=NaN",
    `invalid parameter "time": invalid time value for 'time': cannot parse "NaN" to a valid timestamp`,
  ],
  [
    "/query?query=1&time=1e30",
    `invalid parameter "time": invalid time value for 'time': cannot parse "1e30" to a valid timestamp`,
  ],
  [
    "/query?query=1&time=2023-02-30T00:00:00Z",
    `invalid parameter "time": invalid time value for 'time': cannot parse "2023-02-30T00:00:00Z" to a valid timestamp`,
  ],
  ["/query?query=1&timeout=5q", 'invalid parameter "timeout": cannot parse "5q" to a valid duration'],
  ["/query?query=1&limit=-1", 'invalid parameter "limit": limit must be non-negative'],
  ["/query?query=1&limit=x", 'invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax'],
  [
    "/labels?limit=9223372036854775808",
    'invalid parameter "limit": strconv.Atoi: parsing "9223372036854775808": value out of range',
  ],
  ["/query?query=1&timeout=0", 'invalid parameter "timeout": timeout must be positive, got 0s'],
  ["/query?query=1&timeout=-5", 'invalid parameter "timeout": timeout must be positive, got -5s'],
  [
    "/query?query=1&timeout=inf",
    'invalid parameter "timeout": cannot parse "inf" to a valid duration. It overflows int64',
  ],
  [
    "/query?query=1&lookback_delta=5q",
    'error parsing lookback delta duration: cannot parse "5q" to a valid duration',
  ],
  ["/query_range?query=a", 'invalid parameter "start": cannot parse "" to a valid timestamp'],
  [
    "/query_range?query=a&start=0&end=1&step=0",
    'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
  ],
  [
    "/query_range?query=a&start=2&end=1&step=1",
    'invalid parameter "end": end timestamp must not be before start time',
  ],
  [
    "/query_range?query=a&start=0&end=9223372037&step=9223372037",
    'invalid parameter "step": cannot parse "9223372037" to a valid duration. It overflows int64',
  ],
  [
    "/query_range?query=a[5m]&start=0&end=1&step=1",
    'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  ],
  [
    "/query_range?query='a'&start=0&end=1&step=1",
    'invalid parameter "query": invalid expression type "string" for range query, must be Scalar or instant Vector',
  ],
  [
    "/query_range?query=a&start=0&end=11001&step=1",
    "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)",
  ],
  [
    "/format_query?query=",
    'invalid parameter "query": unknown position: parse error: no expression found in input',
  ],
  ["/series", "no match[] parameter provided"],
  [
    "/series?match[]={a=''}",
    'invalid parameter "match[]": match[] must contain at least one non-empty matcher',
  ],
  ["/labels?match[]={a=''}", "match[] must contain at least one non-empty matcher"],
  ["/labels?match[]={a=''}&match[]=rate(a[5m])", '1:5: parse error: unexpected "("'],
  ["/label/a/values?match[]={", "1:2: parse error: unexpected end of input inside braces"],
  ["/query_exemplars?query=", "unknown position: parse error: no expression found in input"],
  ["/series?match[]=rate(a[5m])", 'invalid parameter "match[]": 1:5: parse error: unexpected "("'],
  [
    "/labels?end=x",
    `invalid parameter "end": invalid time value for 'end': cannot parse "x" to a valid timestamp`,
  ],
  ["/metadata?limit=x", "limit must be a number"],
  ["/status/tsdb?limit=0", "limit must be a positive number"],
  ["/status/tsdb?limit=10001", "limit must not exceed 10000"],
];

for (const [path, error] of BAD) {
  test(`bad: ${path}`, async () => {
    const api = await QueryGateway.open();
    const response = await api.fetch(`/api/v1${path}`);
    assert.deepEqual(await response.json(), { status: "error", errorType: "bad_data", error });
    assert.equal(response.status, 400);
    assert.equal(api.asked.length, 0);
  });
}

const FAILURES: readonly (readonly [error: unknown, status: number, errorType: string, message: string])[] = [
  [new HearthError("invalid", "many-to-many"), 422, "execution", "many-to-many"],
  [new HearthError("too large", "too many"), 422, "execution", "too many"],
  [new HearthError("unavailable", "throttled"), 503, "unavailable", "throttled"],
  [
    new HearthError("timed out", "query timed out in evaluation"),
    503,
    "timeout",
    "query timed out in evaluation",
  ],
  [new HearthError("data", "broken chunk"), 500, "internal", "broken chunk"],
  [new TypeError("x is undefined"), 500, "internal", "internal error; see the log"],
];

for (const [error, status, errorType, message] of FAILURES) {
  test(`an engine or a store that fails: ${message}`, async () => {
    const api = await QueryGateway.open();
    api.error = error;
    for (const path of ["/query?query=a", "/labels"]) {
      const response = await api.fetch(`/api/v1${path}`);
      assert.deepEqual(await response.json(), { status: "error", errorType, error: message });
      assert.equal(response.status, status);
      assert.equal(response.headers.has("Retry-After"), status === 503);
    }
    assert.equal(
      api.gateway.lastLine.fields.errorKind,
      error instanceof HearthError ? error.kind : "internal",
    );
  });
}

test("a client that goes away is told so, should it still listen", async () => {
  const api = await QueryGateway.open();
  const controller = new AbortController();
  api.error = new HearthError("unavailable", "given up");
  const request = api.fetch("/api/v1/query?query=a", { signal: controller.signal });
  controller.abort();
  const response = await request;
  assert.equal(response.status, 499);
  assert.equal(((await response.json()) as { errorType: string }).errorType, "canceled");
});

test("a key that may read is needed", async () => {
  const api = await QueryGateway.open();
  await api.gateway.addKey({ id: "HKW", scopes: ["write"] });
  const nobody = await api.gateway.fetch("/api/v1/query?query=1");
  assert.equal(nobody.status, 401);
  assert.match(nobody.headers.get("WWW-Authenticate") ?? "", /^Basic/);
  assert.equal(((await nobody.json()) as { errorType: string }).errorType, "unauthorized");
  const writer = await api.fetch("/api/v1/query?query=1", { headers: { Authorization: basic("HKW") } });
  assert.equal(writer.status, 403);
  assert.equal(((await writer.json()) as { errorType: string }).errorType, "forbidden");
});

test("other methods are refused, with the ones that are not", async () => {
  const api = await QueryGateway.open();
  const put = await api.fetch("/api/v1/query", { method: "PUT" });
  assert.equal(put.status, 405);
  assert.equal(put.headers.get("Allow"), "GET, POST");
  const post = await api.post("/api/v1/label/job/values", {});
  assert.equal(post.headers.get("Allow"), "GET");
});

test("a form that is too long is refused", async () => {
  const api = await QueryGateway.open();
  const response = await api.post("/api/v1/query", { query: "x".repeat(5_000_000) });
  assert.equal(response.status, 422);
  assert.equal(api.asked.length, 0);
});
