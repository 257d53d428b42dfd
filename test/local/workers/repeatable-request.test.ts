/** Requests that a thread may get more than once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hasMoreParameters, MAX_PARAMETERS } from "../../../lib/http/parameter-count.ts";
import { cutText } from "../../../local/refused-parameters.ts";
import { readRepeatable } from "../../../local/workers/repeatable-request.ts";

const URL_RANGE = "http://localhost/api/v1/query_range";

function form(parameters: Record<string, string>): Request {
  const body = new URLSearchParams(parameters).toString();
  const headers = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Content-Length": String(body.length),
    Authorization: "Basic a",
  };
  return new Request(URL_RANGE, { method: "POST", headers, body });
}

test("a form is made as often as it is needed, with its headers", async () => {
  const repeatable = await readRepeatable(form({ query: "up", start: "1" }));
  for (let i = 0; i < 2; i++) {
    const request = repeatable!.make();
    assert.equal(request.method, "POST");
    assert.equal(request.headers.get("Authorization"), "Basic a");
    assert.equal(await request.text(), "query=up&start=1");
  }
});

test("the same panel of another time has the same key; another expression, path or selector has not", async () => {
  const keyOf = async (request: Request) => (await readRepeatable(request))!.key;
  const key = await keyOf(form({ query: "up", start: "1" }));
  assert.equal(await keyOf(form({ query: "up", start: "2" })), key);
  assert.equal(await keyOf(new Request(`${URL_RANGE}?query=up&start=3`)), key);
  for (const other of [
    form({ query: "down" }),
    new Request("http://localhost/api/v1/query?query=up"),
    new Request(`${URL_RANGE}?query=up&match[]=up`),
  ])
    assert.notEqual(await keyOf(other), key);
});

test("a URL without parameters, path or name of a server is taken apart as it is", async () => {
  const isBulk = async (url: string) => (await readRepeatable(new Request(url)))!.isBulk;
  assert.equal(await isBulk("http://[::1]:9090/api/v1/series"), true);
  assert.equal(await isBulk("http://localhost"), false);
  assert.equal(await isBulk("http://localhost?match[]=/series"), false);
});

test("a body that is long, or of unknown length, is left to be read once", async () => {
  for (const length of [undefined, "1048577"]) {
    const headers = length === undefined ? {} : { "Content-Length": length };
    const request = new Request(URL_RANGE, { method: "POST", headers, body: "query=up" });
    assert.equal(await readRepeatable(request), undefined);
    assert.equal(await request.text(), "query=up");
  }
});

test("parameters by the thousand are not looked at in the thread that passes requests on", async () => {
  const many = form({ query: "up", start: "1" });
  const text = `${await many.clone().text()}${"&a".repeat(1000)}`;
  const asked = (body: string) => {
    const headers = { ...Object.fromEntries(many.headers), "Content-Length": String(body.length) };
    return new Request(URL_RANGE, { method: "POST", headers, body });
  };
  const repeatable = await readRepeatable(asked(text));
  assert.equal(repeatable!.looksLong, true);
  assert.equal(await repeatable!.make().text(), text);
  assert.equal((await readRepeatable(asked(text)))!.key, repeatable!.key);
  assert.notEqual((await readRepeatable(asked(`${text}&b`)))!.key, repeatable!.key);
  assert.equal(
    (await readRepeatable(new Request(`${URL_RANGE}?query=up${"&a".repeat(1000)}`)))!.looksLong,
    true,
  );
});

test("parameters past those that are refused are left out, and it stays refused", async () => {
  const isRefused = (text: string) => hasMoreParameters(text, MAX_PARAMETERS);
  const most = "a&".repeat(MAX_PARAMETERS - 1);
  for (const [text, isCut] of [
    [`${most}a`, false],
    [`${most}a&a`, false],
    [`${most}a&a&a`, true],
    ["a&".repeat(500_000), true],
  ] as const) {
    const headers = {
      "Content-Type": "application/x-www-form-urlencoded",
      "Content-Length": String(text.length),
    };
    const posted = (await readRepeatable(
      new Request(URL_RANGE, { method: "POST", headers, body: text }),
    ))!.make();
    const body = await posted.text();
    assert.equal(posted.headers.get("Content-Length"), String(body.length));
    for (const sent of [body, cutText(text)]) {
      assert.equal(isRefused(sent), isRefused(text));
      assert.equal(sent.length < text.length, isCut);
      assert.ok(text.startsWith(sent));
    }
  }
});

test("exports, look-ups and searches are bulk below every prefix; queries and texts are not", async () => {
  const isBulk = async (path: string) =>
    (await readRepeatable(new Request(`http://localhost${path}`)))!.isBulk;
  const bulk = ["/federate", "/api/v1/read", "/api/v3/read", "/api/prom_read", "/api/v1/series"];
  bulk.push("/prometheus/api/v1/series/", "/api/v1/search/label_values", "/api/v1/explain");
  bulk.push("/api/v1/status/tsdb", "/api/v1/cardinality/active_series");
  for (const path of bulk) assert.equal(await isBulk(`${path}?match[]=up`), true, path);
  const others = ["/api/v1/query", "/api/v1/query_range", "/api/v1/labels", "/api/v1/format_query"];
  others.push("/api/v1/label/series/values", "/api/v1/status/tsdb/blocks", "/api/v1/metadata");
  for (const path of others) assert.equal(await isBulk(`${path}?query=/series`), false, path);
});
