/** `/api/v1/explain` on stored samples: as text and as JSON. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { compressedBody, series } from "../../helpers/write-requests.ts";

const START_MS = Date.UTC(2026, 4, 1, 10);
const HOUR_MS = 3_600_000;

async function openGateway() {
  const gateway = await TestGateway.open();
  gateway.nowMs = START_MS + HOUR_MS;
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  const all = ["a", "b"].map((job) =>
    series("requests_total", { job }, [START_MS, 1], [START_MS + 60_000, 2]),
  );
  const written = await gateway.post("/api/v1/write", compressedBody(all));
  assert.equal(written.status, 200, await written.text());
  const ask = (parameters: Readonly<Record<string, string>>) =>
    gateway.fetch(`/api/v1/explain?${new URLSearchParams(parameters)}`, {
      headers: { Authorization: basic("HKA") },
    });
  return { ask };
}

const QUERY = "sum by (job) (rate(requests_total[5m])) / on () group_left () scalar_metric @ end()";

test("a range query as text", async () => {
  const { ask } = await openGateway();
  const response = await ask({
    query: QUERY,
    start: String(START_MS / 1000),
    end: String(START_MS / 1000 + 600),
    step: "1m",
    format: "text",
  });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("Content-Type") ?? "", /^text\/plain/);
  assert.deepEqual((await response.text()).split("\n"), [
    "sum by (job) (rate(requests_total[5m])) / on () group_left () scalar_metric @ end()",
    "from 2026-05-01T10:00:00Z to 2026-05-01T10:10:00Z, 11 steps of 1m",
    "",
    "plan",
    "  / on () group_left ()",
    "    sum by (job)",
    "      rate()",
    "        window [5m]",
    "          select requests_total",
    "    once for all steps",
    "      select scalar_metric @ 1777630200.000",
    "",
    "read 1",
    "  requests_total",
    "  from 2026-05-01T09:55:00.001Z to 2026-05-01T10:10:00Z",
    "  one series at a time into sum by (job) of rate()",
    "  reads samples: a step of 1m is shorter than an hour",
    "  2 series in 1 day; finding them took 3 read units",
    "  day 2026-05-01: 2 series of 1 metric",
    "    manifest  none: nothing is compacted",
    "    index     series records",
    "    log       1 of 1 shard, records received from 2026-05-01T09:45:00.001Z on",
    "",
    "read 2",
    "  scalar_metric",
    "  from 2026-05-01T10:05:00.001Z to 2026-05-01T10:10:00Z",
    "  one series at a time into newest samples",
    "  reads samples; hourly rows if samples have expired or would cost more than QueryReadUnits: window edges are moved to whole hours",
    "  0 series in 1 day; finding them took 3 read units",
    "  day 2026-05-01: 0 series of 0 metrics",
    "    manifest  none: nothing is compacted",
    "    index     series records",
    "",
  ]);
  assert.ok(Number(response.headers.get("X-Hearth-Read-Units")) >= 6);
});

test("an instant query as JSON, with its text", async () => {
  const { ask } = await openGateway();
  const response = await ask({
    query: "timestamp(requests_total{job='a'}) + 1",
    time: String(START_MS / 1000 + 60),
  });
  assert.equal(response.status, 200);
  const { data } = (await response.json()) as { data: { text: string; query: string } };
  const { text, ...rest } = data;
  const time = START_MS / 1000 + 60;
  assert.deepEqual(rest, {
    query: 'timestamp(requests_total{job="a"}) + 1',
    start: time,
    end: time,
    step: 0,
    steps: 1,
    plan: {
      kind: "binary",
      text: "+",
      children: [
        {
          kind: "call",
          text: "timestamp()",
          children: [
            { kind: "select", text: 'select requests_total{job="a"}, without buckets', children: [] },
          ],
        },
        { kind: "constant", text: "1", children: [] },
      ],
    },
    reads: [
      {
        selector: 'requests_total{job="a"}',
        start: time - 300 + 0.001,
        end: time,
        selectors: 1,
        streamsInto: [],
        source: "samples: its samples are needed together",
        skipsBuckets: true,
        storage: {
          days: [
            {
              day: 20_574,
              seriesCount: 1,
              metricCount: 1,
              manifest: { generation: 0, flushedToMs: 0 },
              index: { parts: 0, series: 0, blocks: 0 },
              log: { shards: 1, ofShards: 1, receivedFromMs: (time - 300 - 600) * 1000 + 1, readUnits: 1 },
              parts: [],
            },
          ],
          seriesCount: 1,
          intervalMs: 15_000,
          groups: 1,
          findReadUnits: 3,
          readUnits: 4,
          isTooExpensive: false,
        },
      },
    ],
  });
  assert.deepEqual(text.split("\n").slice(0, 2), [rest.query, "at 2026-05-01T10:01:00Z"]);
});

test("a query without selectors reads nothing", async () => {
  const { ask } = await openGateway();
  const text = await (await ask({ query: "1 + 1", time: "0", format: "text" })).text();
  assert.deepEqual(text.split("\n"), [
    "1 + 1",
    "at 1970-01-01T00:00:00Z",
    "",
    "plan",
    "  once for all steps",
    "    +",
    "      1",
    "      1",
    "",
    "reads nothing",
    "",
  ]);
});

for (const [parameters, error] of [
  [{ query: "rate(a" }, /^invalid parameter "query": 1:7: parse error/],
  [
    { query: "a[5m]", start: "0", end: "1", step: "1" },
    /^invalid parameter "query": invalid expression type/,
  ],
  [{ query: "a", start: "0", end: "x", step: "1" }, /^invalid parameter "end"/],
  [{ query: "a[step() - 1h:]", time: "0" }, /duration must be greater than 0/],
  [{ query: "limitk(1, a)", time: "0" }, /experimental and not enabled/],
] as const) {
  test(`refused: ${JSON.stringify(parameters)}`, async () => {
    const { ask } = await openGateway();
    const response = await ask(parameters);
    assert.equal(response.status, 400);
    assert.match(((await response.json()) as { error: string }).error, error);
  });
}
