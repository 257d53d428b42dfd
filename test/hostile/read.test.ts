/** Limits of reads hold for the request, however many queries and selectors it has. */
import assert from "node:assert/strict";
import test from "node:test";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import type { Limits } from "../../lib/model/limits.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { QUERY_PAGE_BYTES, READ_UNIT_BYTES } from "../../lib/storage/table/table.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { basic, query, TestGateway } from "../helpers/test-gateway.ts";
import { series } from "../helpers/write-requests.ts";

const MAX_READ_UNITS = 40;
/** What calls under way may add, once the limit is passed. */
const PAGE_UNITS = QUERY_PAGE_BYTES / READ_UNIT_BYTES;
const STREAMED = { acceptedResponseTypes: [1] };

/** Some metrics, `m0` to `m63`, of one series each. */
async function openGateway(limits: Partial<Limits>): Promise<TestGateway> {
  const gateway = await TestGateway.open(limits);
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  const samples = Array.from({ length: 64 }, (_, i) =>
    series(`m${i}`, { job: "j" }, [MIDNIGHT_MS - 1000, i], [MIDNIGHT_MS, i]),
  );
  assert.equal((await gateway.write(samples)).status, 200);
  return gateway;
}

async function ask(gateway: TestGateway, path: string, form: URLSearchParams) {
  const headers = { Authorization: basic("HKA"), "Content-Type": "application/x-www-form-urlencoded" };
  return gateway.fetch(path, { method: "POST", headers, body: form.toString() });
}

const many = Array.from({ length: 64 }, (_, i) => `m${i}`);
const RANGE = { start: String(MIDNIGHT_MS / 1000 - 3600), end: String(MIDNIGHT_MS / 1000) };
const matches = new URLSearchParams([
  ...many.map((name): [string, string] => ["match[]", name]),
  ...Object.entries(RANGE),
]);

/** Each request that may ask the table many times, and what it asks. */
const REQUESTS: readonly (readonly [what: string, send: (gateway: TestGateway) => Promise<Response>])[] = [
  ["remote read of 64 queries, samples", (g) => g.read({ queries: many.map((name) => query(name)) })],
  [
    "remote read of 64 queries, chunks",
    (g) => g.read({ queries: many.map((name) => query(name)), ...STREAMED }),
  ],
  ["series of 64 selectors", (g) => ask(g, "/api/v1/series", matches)],
  ["labels of 64 selectors", (g) => ask(g, "/api/v1/labels", matches)],
  [
    "values of 64 selectors",
    (g) => g.fetch(`/api/v1/label/job/values?${matches}`, { headers: { Authorization: basic("HKA") } }),
  ],
  [
    "an expression of 64 selectors",
    (g) => ask(g, "/api/v1/query", new URLSearchParams({ query: many.join(" or "), time: RANGE.end })),
  ],
];

for (const [what, send] of REQUESTS) {
  test(`${what}: read units are limited for the request`, async () => {
    const gateway = await openGateway({ maxQueryReadUnits: MAX_READ_UNITS });
    const before = gateway.meter.readUnits;
    const response = await send(gateway);
    const text = await response.text().catch(() => "broken");
    const isRefused = response.status === 422 || text === "broken";
    assert.ok(isRefused, `${response.status} ${text.slice(0, 200)}`);
    if (response.status === 422) assert.match(text, /more than 40 read units .*limit=maxQueryReadUnits/);
    const units = gateway.meter.readUnits - before;
    assert.ok(units < MAX_READ_UNITS + PAGE_UNITS, `${units} units`);
    // The limit is what ends it: with more units it comes to an end.
    const rich = await openGateway({});
    const before2 = rich.meter.readUnits;
    const whole = await send(rich);
    assert.equal(whole.status, 200);
    await whole.arrayBuffer();
    assert.ok(rich.meter.readUnits - before2 > MAX_READ_UNITS, `${rich.meter.readUnits - before2} units`);
  });
}

test("the labels that a query keeps are limited in bytes", async () => {
  const gateway = await openGateway({ maxQueryLabelBytes: 3_000_000 });
  const value = "x".repeat(16_000);
  for (let i = 0; i < 4; i++) {
    const labelled = Array.from({ length: 16 }, (_, j) =>
      series("large", { a: value, b: value, c: value, id: `${i}-${j}` }, [MIDNIGHT_MS, 1]),
    );
    assert.equal((await gateway.write(labelled)).status, 200);
  }
  for (const [path, form] of [
    ["/api/v1/query", { query: "large", time: RANGE.end }],
    ["/api/v1/series", { "match[]": "large", ...RANGE }],
  ] as const) {
    const response = await ask(gateway, path, new URLSearchParams(form));
    assert.equal(response.status, 422, path);
    assert.match(
      await response.text(),
      /labels that match take more than 3000000 bytes.*limit=maxQueryLabelBytes/,
    );
  }
});
