/** `query_cost`, `query_range_cost`, and what a request says of its own cost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { compressedBody, series } from "../../helpers/write-requests.ts";

const START_MS = Date.UTC(2026, 4, 1, 10);
const SAMPLES = 40;
const INTERVAL_MS = 15_000;
const END = START_MS / 1000 + ((SAMPLES - 1) * INTERVAL_MS) / 1000;

/** Ten series, `SAMPLES` each. */
async function openGateway() {
  const gateway = await TestGateway.open();
  gateway.nowMs = END * 1000;
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  const samples = Array.from({ length: SAMPLES }, (_, i): [number, number] => [
    START_MS + i * INTERVAL_MS,
    i,
  ]);
  const all = Array.from({ length: 10 }, (_, i) => series("requests_total", { job: `j${i}` }, ...samples));
  assert.equal((await gateway.post("/api/v1/write", compressedBody(all))).status, 200);
  return async (route: string, parameters: Readonly<Record<string, string>>): Promise<Answer> => {
    const response = await gateway.fetch(`/api/v1/${route}?${new URLSearchParams(parameters)}`, {
      headers: { Authorization: basic("HKA") },
    });
    const units = Number(response.headers.get("X-Hearth-Read-Units"));
    return { ...((await response.json()) as Omit<Answer, "code" | "units">), code: response.status, units };
  };
}

type Cost = Readonly<Record<"seriesTouched" | "samplesRead" | "readUnits" | "dollars", number>>;

interface Answer {
  readonly code: number;
  readonly units: number;
  readonly data: {
    readonly estimate: Cost;
    readonly cost?: { readonly estimated: Cost; readonly actual: Cost };
  };
  readonly warnings?: readonly string[];
  readonly errorType?: string;
  readonly error?: string;
}

const RANGE = { start: String(START_MS / 1000), end: String(END), step: "60" };

test("the estimate counts as Prometheus' evaluation does, and adds what Hearth is billed", async () => {
  const ask = await openGateway();
  for (const [query, seriesTouched, samplesRead] of [
    ["requests_total", 10, 10],
    ['requests_total{job="j3"}', 1, 1],
    ["sum(rate(requests_total[5m]))", 10, 200],
    ["requests_total + requests_total", 20, 20],
    ["1 + 1", 0, 0],
  ] as const) {
    const { code, data, units } = await ask("query_cost", { query, time: String(END) });
    assert.equal(code, 200, query);
    const { estimate } = data;
    assert.equal(estimate.seriesTouched, seriesTouched, query);
    assert.ok(
      Math.abs(estimate.samplesRead - samplesRead) <= samplesRead * 0.1,
      `${query}: ${estimate.samplesRead}`,
    );
    const billed = (await ask("query", { query, time: String(END) })).units;
    assert.ok(
      estimate.readUnits <= 2 * billed && billed <= 2 * estimate.readUnits,
      `${query}: ${estimate.readUnits}, ${billed}`,
    );
    assert.ok(Math.abs(estimate.dollars - estimate.readUnits * 0.125e-6) < 1e-12);
    assert.ok(units <= billed, "an estimate costs no more than the query");
  }
});

test("cost=true compares both", async () => {
  const ask = await openGateway();
  const query = "rate(requests_total[1m])";
  const { data, warnings } = await ask("query_range", { ...RANGE, query, cost: "true" });
  const { estimated, actual } = data.cost!;
  assert.equal(warnings, undefined);
  assert.deepEqual(Object.keys(actual), [
    "seriesTouched",
    "samplesRead",
    "peakSamples",
    "readUnits",
    "dollars",
  ]);
  assert.equal(estimated.seriesTouched, actual.seriesTouched);
  assert.ok(Math.abs(estimated.samplesRead / actual.samplesRead - 1) < 0.2, JSON.stringify(data.cost));
  const estimate = await ask("query_range_cost", { ...RANGE, query });
  assert.deepEqual(estimate.data.estimate, estimated);
  assert.equal((await ask("query_range", { ...RANGE, query, cost: "0" })).data.cost, undefined);
});

test("a request lowers its limits: what is read past them is refused, and so are limits above the server's", async () => {
  const ask = await openGateway();
  const query = "requests_total";
  const time = String(END);
  for (const [parameters, status, errorType, error] of [
    [{ max_series: "10", max_samples_read: "10" }, 200, undefined, undefined],
    [{ max_series: "0", max_samples_read: "0", max_query_duration: "0" }, 200, undefined, undefined],
    [{ max_series: "9" }, 422, "cost_limit", /^query would load too many series .*max_series/],
    [{ max_samples_read: "9" }, 422, "cost_limit", /^query would read too many samples .*max_samples_read/],
    [
      { max_series: "100001" },
      400,
      "bad_data",
      /^requested max_series of 100001 exceeds the server limit of 100000$/,
    ],
    [
      { max_query_duration: "1h" },
      400,
      "bad_data",
      /^requested max_query_duration of 1h exceeds the server limit of 25s$/,
    ],
    [
      { max_query_duration: "-1" },
      400,
      "bad_data",
      /^error parsing max_query_duration: must not be negative/,
    ],
    [
      { max_series: "x" },
      400,
      "bad_data",
      /^error parsing max_series: strconv.ParseUint: parsing "x": invalid syntax$/,
    ],
    [{ max_samples_read: "18446744073709551616" }, 400, "bad_data", /value out of range$/],
    [{ cost: "maybe" }, 400, "bad_data", /^invalid parameter "cost": must be a boolean$/],
  ] as const) {
    const answer = await ask("query", { query, time, ...parameters });
    assert.equal(answer.code, status, JSON.stringify([parameters, answer]));
    assert.equal(answer.errorType, errorType);
    if (error !== undefined) assert.match(answer.error!, error);
    if (status === 400)
      assert.equal((await ask("query_cost", { query, time, ...parameters })).error, answer.error);
  }
});

test("bad queries are refused as the query's own route refuses them", async () => {
  const ask = await openGateway();
  for (const [route, parameters] of [
    ["query", { query: "sum(" }],
    ["query", { query: "up", time: "x" }],
    ["query", { query: "up", limit: "-1" }],
    ["query_range", { ...RANGE, query: "up[5m]" }],
    ["query_range", { ...RANGE, query: "up", step: "0" }],
  ] as const) {
    const [theirs, ours] = [await ask(route, parameters), await ask(`${route}_cost`, parameters)];
    assert.deepEqual([ours.code, ours.error], [400, theirs.error]);
  }
});
