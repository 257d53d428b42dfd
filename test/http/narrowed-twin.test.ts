/**
 * Noninterference of narrowed keys: what a key narrowed to one team is told in a tenant of two teams is, to the letter, what a
 * key that may read everything is told in a tenant where that team is alone. Nothing of the other team, be it a name, a count, a
 * limit that it fills, an error or a warning, can then be in any response. Some expressions are meant to fail.
 */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { compress } from "../../lib/wire/snappy.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";
import { encodeMessage, type Fields } from "../wire/prometheus-proto.ts";

const TEAMS = ["alpha", "bravo"] as const;
const TIMES = `start=${(MIDNIGHT_MS - HOUR_MS) / 1000}&end=${(MIDNIGHT_MS + 3 * HOUR_MS) / 1000}`;
const AT = `time=${(MIDNIGHT_MS + 2 * HOUR_MS) / 1000}`;
const EVERY = encodeURIComponent('{__name__=~".+"}');

const EXPRESSIONS = [
  '{__name__=~".+"}',
  'count({__name__=~".+"})',
  "jobs_total + on (job) group_left () jobs_total",
  'jobs_total + on (job) sum by (job) ({__name__=~".+_cpu"})',
  "jobs_total and on () vector(1)",
  'info({__name__=~".+_cpu"})',
  'info({__name__=~".+_cpu"}, {data=~".+"})',
  'label_replace(jobs_total, "team", "bravo", "team", ".*")',
  'label_replace({__name__=~".+"}, "__name__", "same", "", "")',
  'label_join(jobs_total, "x", "-", "team", "host")',
  'absent(jobs_total{team="bravo"})',
  'absent_over_time({team="bravo"}[1h])',
  'count_values("v", {__name__=~".+"})',
  "topk(3, jobs_total)",
  "limitk(1, jobs_total)",
  "limit_ratio(0.5, jobs_total)",
  'quantile(0.5, {__name__=~".+"})',
  'histogram_quantile(0.9, {__name__=~".+_bucket"})',
  'rate(jobs_total[1h]) or increase({__name__=~".+_cpu"}[2h])',
  'sum by (team) ({__name__!="",team!="alpha"})',
  '{team=~"alpha|bravo"}',
  '{__name__!="",team=""}',
  '{__name__=~"(alpha|bravo)_cpu"} == bool on (job) group_right () sum by (job) (jobs_total)',
  'timestamp({__name__=~".+"})',
  "max_over_time(count(jobs_total)[2h:30m])",
  '{__name__=~".+"} offset 1h',
  'scalar({__name__=~".+_cpu"})',
  'sort_by_label({__name__=~".+"}, "host")',
].map(encodeURIComponent);

const ROUTES: Readonly<Record<string, readonly string[]>> = {
  query: EXPRESSIONS.flatMap((one) => [`query=${one}&${AT}&limit=3`]),
  query_range: EXPRESSIONS.flatMap((one) =>
    ["0s", "1h"].map((resolution) => `query=${one}&${TIMES}&step=1h&max_source_resolution=${resolution}`),
  ),
  query_exemplars: [`query=${EVERY}&${TIMES}`],
  series: ["", "&limit=1", "&limit=3"].map((more) => `match[]=${EVERY}&${TIMES}${more}`),
  labels: ["", "limit=1", "limit=6", `match[]=${encodeURIComponent('{__name__!="",team!="alpha"}')}`].map(
    (one) => `${TIMES}&${one}`,
  ),
  ...Object.fromEntries(
    ["__name__", "team", "host", "data"].map((name) => [
      `label/${name}/values`,
      ["", "limit=1", "limit=2", `match[]=${EVERY}`].map((one) => `${TIMES}&${one}`),
    ]),
  ),
  metadata: ["", "limit=1", "limit_per_metric=1", "metric=bravo_cpu", "metric=alpha_cpu"],
  "status/tsdb": ["", "limit=1"],
  "search/metric_names": [
    "",
    "limit=1",
    "search[]=cpu&fuzz_threshold=0&limit=1",
    "search[]=brav&fuzz_threshold=1",
  ],
  "search/label_names": ["", "limit=1"],
  "search/label_values": ["label=team", "label=host&limit=1"],
  "cardinality/label_names": ["", "limit=1"],
  "cardinality/label_values": ["label_names[]=team&label_names[]=host&limit=1"],
  "cardinality/active_series": [`selector=${EVERY}`],
  federate: [`match[]=${EVERY}`],
};

function series(metric: string, team: string, host: number, timestamp: number): Fields {
  const labels = [
    { name: "__name__", value: metric },
    { name: "data", value: `${team}-data` },
    { name: "host", value: `${team}-${host}` },
    { name: "instance", value: `${team}-i${host}` },
    { name: "job", value: "j" },
    { name: "team", value: team },
  ];
  const exemplars = [{ labels: [{ name: "trace_id", value: `${team}-trace` }], value: 1, timestamp }];
  return { labels, samples: [{ value: host + timestamp / 1e6, timestamp }], exemplars };
}

/** A tenant with the series of some teams. */
async function open(teams: readonly (typeof TEAMS)[number][]): Promise<TestGateway> {
  const gateway = await TestGateway.open();
  const settings = { takesExperiments: true, useStartTimestamps: false };
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, settings));
  for (let at = 0; at <= 2 * HOUR_MS; at += HOUR_MS / 2) {
    gateway.nowMs = MIDNIGHT_MS + at;
    const timeseries = teams.flatMap((team) =>
      [`${team}_cpu`, "target_info", "jobs_total", `${team}_bucket`].flatMap((name) =>
        [0, 1].map((host) => series(name, team, host, MIDNIGHT_MS + at)),
      ),
    );
    const metadata = teams.map((team) => ({
      type: "GAUGE",
      metric_family_name: `${team}_cpu`,
      help: `of ${team}`,
      unit: "",
    }));
    const body = compress(encodeMessage("WriteRequest", { timeseries, metadata }));
    const headers = { "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy" };
    const response = await gateway.post("/api/v1/write", body, { ...headers, Authorization: basic("HKA") });
    assert.equal(response.status, 200, await response.text());
  }
  return gateway;
}

/** What is told, but for what reading cost, and the present, which a look at the clock moves on. */
async function told(gateway: TestGateway, key: string, path: string): Promise<string> {
  gateway.nowMs = MIDNIGHT_MS + 2 * HOUR_MS + 60_000;
  const response = await gateway.fetch(path, { headers: { Authorization: basic(key) } });
  const text = await response.text();
  const costs = /"(?:readUnits|samplesRead|rowsRead|headChunks|chunkCount|startTime|endTime)":[^,}]*/g;
  const present = path.includes("/status/tsdb") ? /"maxTime":\d+/ : /(?!)/;
  return `${response.status} ${text.replace(costs, "").replace(present, "").replaceAll(key, "KEY")}`;
}

describe("a narrowed key is told what it would be told if the others were not there", () => {
  let shared: TestGateway;
  let alone: TestGateway;

  before(async () => {
    [shared, alone] = [await open(TEAMS), await open(["alpha"])];
    await shared.addKey({
      id: "HKN",
      scopes: ["read"],
      readMatch: [{ type: "=", name: "team", value: "alpha" }],
    });
    await shared.addKey({
      id: "HKM",
      scopes: ["read"],
      readMatch: [
        { type: "!~", name: "team", value: "b.*" },
        { type: "=~", name: "host", value: ".+" },
      ],
    });
  });

  for (const [state, key] of [
    ["in the log", "HKN"],
    ["in parts", "HKM"],
    ["in parts", "HKN"],
  ] as const)
    test(`${state}, with the key ${key}`, async () => {
      if (state === "in parts" && key === "HKM")
        for (const gateway of [shared, alone]) {
          gateway.nowMs = MIDNIGHT_MS + DAY_MS / 2;
          await gateway.compact();
        }
      let [compared, good] = [0, 0];
      for (const [route, queries] of Object.entries(ROUTES))
        for (const query of queries) {
          const path = `${route === "federate" ? "/" : "/api/v1/"}${route}?${query}`;
          const [narrowed, expected] = [await told(shared, key, path), await told(alone, "HKA", path)];
          assert.equal(narrowed, expected, path);
          if (narrowed.startsWith("200 ")) good++;
          compared++;
        }
      assert.ok(compared > 120 && good > 0.8 * compared, `${good} of ${compared}`);
      assert.match(await told(shared, "HKA", `/api/v1/query?query=${EVERY}&${AT}`), /bravo/, "it is there");
    });
});
