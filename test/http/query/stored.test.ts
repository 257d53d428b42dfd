/** The query API on what the write routes have stored. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { DAY_MS } from "../../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { compress } from "../../../lib/wire/snappy.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { encodeMessage } from "../../wire/prometheus-proto.ts";

/** A scrape of Prometheus 3: histograms, exemplars, metadata (test/fixtures/rw2/README.md). */
const SCRAPE = readFileSync(new URL("../../fixtures/rw2/prom3.16-scrape.snappy", import.meta.url));
const V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

async function openGateway() {
  const gateway = await TestGateway.open();
  gateway.nowMs += DAY_MS;
  const settings = { ...DEFAULT_PROMQL_SETTINGS, takesExperiments: true };
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, settings));
  const written = await gateway.post("/api/v1/write", SCRAPE, {
    "Content-Type": V2,
    "X-Prometheus-Remote-Write-Version": "2.0.0",
  });
  assert.equal(written.status, 204, await written.text());
  const ask = async (path: string) => {
    const response = await gateway.fetch(path, { headers: { Authorization: basic("HKA") } });
    assert.equal(response.status, 200, path);
    // biome-ignore lint/suspicious/noExplicitAny: an answer of the API
    return ((await response.json()) as any).data;
  };
  return { gateway, written, ask };
}

test("histograms, exemplars and metadata of one scrape are answered for", async () => {
  const { written, ask } = await openGateway();
  const exemplarsWritten = Number(written.headers.get("X-Prometheus-Remote-Write-Exemplars-Written"));
  const all = await ask(
    `/api/v1/series?match[]=${encodeURIComponent('{__name__!=""}')}&start=0&end=99999999999`,
  );
  const names = new Set<string>(all.map(({ __name__ }: Record<string, string>) => __name__));
  const query = encodeURIComponent(`{__name__=~"${[...names].join("|")}"}`);
  const exemplars = await ask(`/api/v1/query_exemplars?query=${query}&start=0&end=99999999999`);
  const counted = exemplars.flatMap(({ exemplars }: { exemplars: unknown[] }) => exemplars).length;
  assert.ok(exemplarsWritten > 0);
  assert.equal(counted, exemplarsWritten);
  const metadata = await ask("/api/v1/metadata");
  assert.ok(Object.keys(metadata).length > 0);
  for (const [{ type }] of Object.values<[{ type: string }]>(metadata)) assert.equal(typeof type, "string");
});

test("a label of an exemplar that is empty is none", async () => {
  const { gateway, ask } = await openGateway();
  const exemplar = {
    labels: [
      { name: "trace_id", value: "a1" },
      { name: "span_id", value: "" },
    ],
    value: 0.5,
    timestamp: gateway.nowMs,
  };
  const labels = [{ name: "__name__", value: "odd_exemplars" }];
  const body = compress(encodeMessage("WriteRequest", { timeseries: [{ labels, exemplars: [exemplar] }] }));
  assert.equal((await gateway.post("/api/v1/write", body)).status, 200);
  const [{ exemplars }] = await ask("/api/v1/query_exemplars?query=odd_exemplars");
  assert.deepEqual(exemplars, [
    { labels: { trace_id: "a1" }, value: "0.5", timestamp: exemplar.timestamp / 1000 },
  ]);
});

test("labels of an exemplar are answered in order, and in another order are the same exemplar", async () => {
  const { gateway, ask } = await openGateway();
  const labels = [{ name: "__name__", value: "odd_exemplars" }];
  const names = ["trace_id", "😀", "span", "Span", "｡"];
  const timestamp = gateway.nowMs;
  for (const order of [names, names.toReversed()]) {
    const exemplar = { labels: order.map((name) => ({ name, value: "a" })), value: 0.5, timestamp };
    const request = { timeseries: [{ labels, exemplars: [exemplar] }] };
    const body = compress(encodeMessage("WriteRequest", request));
    assert.equal((await gateway.post("/api/v1/write", body)).status, 200);
  }
  const [{ exemplars }] = await ask("/api/v1/query_exemplars?query=odd_exemplars");
  const answered = exemplars.map((one: { labels: object }) => Object.keys(one.labels));
  assert.deepEqual(answered, [["Span", "span", "trace_id", "｡", "😀"]]);
});

test("a calculated duration that is none makes the query a bad one", async () => {
  const { gateway } = await openGateway();
  for (const [path, error] of [
    ["query?query=a offset (5m*1e9)", "10:16: duration is out of range"],
    ["query?query=rate(a[step()])", "7:13: duration must be greater than 0"],
    [
      "query_range?query=rate(a[5m:step()-1m])&start=0&end=60&step=60",
      "10:19: duration must be greater than 0",
    ],
    ["query?query=a offset (1/step())", "10:18: division by zero"],
  ]) {
    const headers = { Authorization: basic("HKA") };
    const response = await gateway.fetch(`/api/v1/${path.replaceAll(" ", "%20")}`, { headers });
    const body = { status: "error", errorType: "bad_data", error: `invalid parameter "query": ${error}` };
    assert.deepEqual(await response.json(), body);
    assert.equal(response.status, 400);
  }
});
