/**
 * Keys that are narrowed to label matchers: every route of the gateway is asked with one, and no response may hold anything
 * of the other team. A route that this test does not know fails it.
 */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { newRuleRunner } from "../../lib/http/compose-rules.ts";
import { addUsageRoutes } from "../../lib/http/limits/usage-route.ts";
import { addQueryRoutes } from "../../lib/http/query/routes.ts";
import { newQueryServices } from "../../lib/http/query/source.ts";
import { DAY_MS, HOUR_MS } from "../../lib/model/time.ts";
import { parseRuleFile } from "../../lib/rules/parse-rule-file.ts";
import { DEFAULT_RULE_SETTINGS } from "../../lib/rules/settings.ts";
import { newRuleStore } from "../../lib/rules/table-rule-store.ts";
import { compress, uncompress } from "../../lib/wire/snappy.ts";
import { MIDNIGHT_MS } from "../helpers/storage/engine.ts";
import { basic, query, TestGateway } from "../helpers/test-gateway.ts";
import { encodeMessage, type Fields } from "../wire/prometheus-proto.ts";

/** What is of team a has the one word in each of its texts, what is of team b the other. */
const OWN = "alpha";
const OTHER = "bravo";

const READ_MATCH = [{ type: "=", name: "team", value: OWN }] as const;

/** The widest requests of each route, by its path below the prefix; `:name` is filled in. */
const EVERY = encodeURIComponent('{__name__=~".+"}');
const TIMES = `start=${(MIDNIGHT_MS - DAY_MS) / 1000}&end=${(MIDNIGHT_MS + 2 * DAY_MS) / 1000}`;
const EXPRESSIONS = [
  '{__name__=~".+"}',
  `{team="${OTHER}"}`,
  `{team!="${OWN}",__name__!=""}`,
  'count by (__name__, team, host) ({__name__=~".+"})',
  `jobs_total or {__name__=~"${OTHER}.*"}`,
  'info({__name__=~".+_cpu"})',
  'rate({__name__=~".+_cpu"}[1h])',
  'last_over_time({__name__=~".+"}[1d])',
  'absent({__name__=~".+"})',
  'label_replace({__name__=~".+"}, "x", "$1", "team", "(.*)")',
].map(encodeURIComponent);

/** Routes whose response holds series, rules or what is said of either. */
const DATA: Readonly<Record<string, readonly string[]>> = {
  "/query": EXPRESSIONS.map((one) => `query=${one}`),
  "/query_range": ["samples", "rows"].flatMap((kind) =>
    EXPRESSIONS.map(
      (one) =>
        `query=${one}&step=1h&${TIMES}&stats=all&max_source_resolution=${kind === "rows" ? "1h" : "0s"}`,
    ),
  ),
  "/query_exemplars": [`query=${EVERY}&${TIMES}`],
  "/series": [`match[]=${EVERY}`, `match[]=${EVERY}&${TIMES}`, `match[]=${EVERY}&match[]=${EXPRESSIONS[1]}`],
  "/labels": ["", TIMES, `match[]=${EVERY}`, `match[]=${EXPRESSIONS[1]}`],
  "/label/:name/values": ["", TIMES, `match[]=${EVERY}`, `match[]=${EXPRESSIONS[2]}`],
  "/metadata": ["", `metric=${OTHER}_cpu`, "limit=100&limit_per_metric=5"],
  "/rules": ["", "type=alert", "type=record", `match[]=${EXPRESSIONS[1]}`],
  "/alerts": [""],
  "/status/tsdb": ["limit=1000"],
  "/search/metric_names": ["", "include_metadata=true", "search[]=cpu&fuzz_threshold=0", `match[]=${EVERY}`],
  "/search/label_names": ["", `match[]=${EVERY}&match[]=${EXPRESSIONS[1]}`],
  "/search/label_values": ["label=team", "label=host", `label=__name__&match[]=${EXPRESSIONS[2]}`],
  "/cardinality/label_names": ["limit=500", `selector=${EVERY}`],
  "/cardinality/label_values": ["label_names[]=team&label_names[]=host&limit=500"],
  "/cardinality/active_series": [`selector=${EVERY}`],
  "/federate": [`match[]=${EVERY}`],
};
/** Routes whose response depends on nothing stored: it may repeat what was asked. */
const CONSTANT = [
  "/format_query",
  "/parse_query",
  "/status/buildinfo",
  "/status/tsdb/blocks",
  "/status/config",
  "/status/flags",
  "/status/runtimeinfo",
  "/status/walreplay",
  "/features",
  "/targets",
  "/targets/metadata",
  "/scrape_pools",
  "/alertmanagers",
  "/notifications",
  "/openapi.yaml",
  "/version",
  "/status/self_metrics",
  "/targets/relabel_steps",
  "/scrape_pools/config",
  "/notifications/live",
];
/** What the plan of a query says: days, counts, key parts and costs. */
const PLANS: Readonly<Record<string, readonly string[]>> = {
  "/query_cost": [`query=${EVERY}`],
  "/query_range_cost": [`query=${EVERY}&step=1h&${TIMES}`],
  "/explain": [`query=${EVERY}`, `query=${EVERY}&format=text`],
};
const NAMES = ["__name__", "team", "host", `${OWN}_only`, `${OTHER}_only`];
const WRITES = /^\/api\/(v1\/write|prom_write|v3\/write|v1\/otlp\/v1\/metrics)$/;
const READS = /^\/api\/(v1\/read|prom_read|v3\/read)$/;
const REFUSED =
  /^\/api\/v1\/admin\/|\/config\/v1\/rules|^\/api\/prom\/rules|^\/api\/v1\/rules\/|\/user_limits$|\/usage(\/queries)?$|\/status\/store$/;

const RULES = [OWN, OTHER]
  .map(
    (team) => `
- name: ${team}-group
  labels: {team: ${team}}
  rules:
  - {record: "${team}:cpu", expr: "sum(${team}_cpu)"}
  - {alert: "${team}-down", expr: "${team}_cpu >= 0", annotations: {summary: "${team} is down"}}`,
  )
  .join("");
/** Rules of everybody: alerts get their team from the series, errors name what they met. */
const SHARED = `
- name: shared-group
  rules:
  - {alert: Hot, expr: "{__name__=~'.+_cpu'} >= 0", annotations: {summary: "{{ $labels.team }} is hot"}}
- name: failing-group
  labels: {team: ${OWN}}
  rules:
  - {record: "alpha:failing", expr: "jobs_total + on (job) jobs_total"}`;

function series(metric: string, team: string, timestamp: number): Fields {
  const labels = [
    { name: "__name__", value: metric },
    { name: `${team}_only`, value: `${team}-value` },
    { name: "host", value: `${team}-host` },
    { name: "instance", value: `${team}-i` },
    { name: "job", value: "j" },
    { name: "team", value: team },
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const exemplars = [{ labels: [{ name: "trace_id", value: `${team}-trace` }], value: 1, timestamp }];
  return { labels, samples: [{ value: 1, timestamp }], exemplars };
}

async function openGateway() {
  const gateway = await TestGateway.open();
  const { services } = gateway;
  const settings = { takesExperiments: true, useStartTimestamps: false };
  addQueryRoutes(gateway.app, services, newQueryServices(services, settings));
  addUsageRoutes(gateway.app, services);
  await gateway.addKey({ id: "HKN", scopes: ["read", "write"], readMatch: READ_MATCH });
  for (let at = 0; at <= 2 * HOUR_MS; at += HOUR_MS / 2) {
    gateway.nowMs = MIDNIGHT_MS + at;
    const timeseries = [OWN, OTHER].flatMap((team) =>
      ["_cpu", "target_info", "jobs_total"].map((name) =>
        series(name.startsWith("_") ? team + name : name, team, gateway.nowMs),
      ),
    );
    const metadata = [OWN, OTHER].map((team) => ({
      type: "GAUGE",
      metricFamilyName: `${team}_cpu`,
      help: `what ${team} uses`,
    }));
    const body = compress(encodeMessage("WriteRequest", { timeseries, metadata }));
    const written = await gateway.post("/api/v1/write", body);
    assert.equal(written.status, 200, await written.text());
  }
  const store = newRuleStore(services.table);
  const { file, problems } = parseRuleFile(`groups:${RULES}${SHARED}`);
  assert.ok(file, JSON.stringify(problems));
  for (const group of file.groups) await store.put("t", "rules.yml", group);
  const runner = newRuleRunner(services, { promql: settings, rules: DEFAULT_RULE_SETTINGS });
  // Nominal times are up to a minute and an offset of half a minute ago.
  gateway.nowMs += 120_000;
  await runner.run({ deadlineMs: Number.POSITIVE_INFINITY });
  return gateway;
}

/** The paths of the app, without those of middleware. Both prefixes of the query API have the same handlers. */
function pathsOf({ app }: TestGateway): string[] {
  const paths = app.routes.map(({ path }) => path).filter((path) => path !== "/*");
  return [...new Set(paths)];
}

const belowPrefix = (path: string) => path.replace(/^\/api\/v[13](?=\/)/, "");

async function textOf(response: Response): Promise<string> {
  const body = new Uint8Array(await response.arrayBuffer());
  const isSnappy = response.headers.get("Content-Encoding") === "snappy";
  return Buffer.from(isSnappy ? uncompress(body, 2 ** 26) : body).toString("latin1");
}

/** The URLs that a route of the query API is asked with. */
function urlsOf(path: string): string[] {
  const asked = DATA[belowPrefix(path)] ?? PLANS[belowPrefix(path)] ?? [];
  const paths = path.includes(":name") ? NAMES.map((name) => path.replace(":name", name)) : [path];
  return paths.flatMap((one) => asked.map((parameters) => `${one}?${parameters}`));
}

const ACCEPTED = [["SAMPLES"], ["STREAMED_XOR_CHUNKS"]];

/** Everything that a key gets to see of a path, joined. */
async function askAll(gateway: TestGateway, path: string, key: string): Promise<string> {
  const headers = { Authorization: basic(key) };
  const texts: string[] = [];
  if (READS.test(path)) {
    for (const acceptedResponseTypes of ACCEPTED) {
      const body = compress(encodeMessage("ReadRequest", { queries: [query()], acceptedResponseTypes }));
      const response = await gateway.post(path, body, headers);
      assert.equal(response.status, 200, path);
      texts.push(await textOf(response));
    }
  }
  for (const url of urlsOf(path)) {
    const response = await gateway.fetch(url, { headers });
    const text = await textOf(response);
    assert.equal(response.status, 200, `${decodeURIComponent(url)}: ${text}`);
    texts.push(text.replaceAll(decodeURIComponent(url), ""));
  }
  return texts.join("\n");
}

for (const form of ["log", "parts"] as const) {
  describe(`with samples in ${form}`, () => {
    let gateway: TestGateway;
    before(async () => {
      gateway = await openGateway();
      if (form === "parts") await gateway.compact();
    });

    test("no read route shows anything of the other team, and each shows the key's own", async () => {
      for (const path of pathsOf(gateway)) {
        if (path.startsWith("/api/v3/") && !READS.test(path)) continue;
        const isData = READS.test(path) || belowPrefix(path) in DATA;
        if (!isData && !(belowPrefix(path) in PLANS)) continue;
        const narrowed = await askAll(gateway, path, "HKN");
        const at = narrowed.indexOf(OTHER);
        assert.ok(at < 0, `${path} shows …${narrowed.slice(Math.max(0, at - 200), at + 100)}…`);
        if (!isData) continue;
        assert.ok(narrowed.includes(OWN), `${path} shows nothing of the key's own team`);
        assert.ok(
          (await askAll(gateway, path, "HKA")).includes(OTHER),
          `${path} shows a whole key too little`,
        );
      }
    });

    test("every route is read narrowed, or constant, or a write, or refused", async () => {
      for (const path of pathsOf(gateway)) {
        const isKnown =
          READS.test(path) ||
          WRITES.test(path) ||
          CONSTANT.includes(belowPrefix(path)) ||
          belowPrefix(path) in DATA ||
          belowPrefix(path) in PLANS;
        if (isKnown) continue;
        assert.match(path, REFUSED, `${path}: give it a request in this test`);
        const url = path.replaceAll(/:\w+/g, "x");
        const statuses: number[] = [];
        for (const method of ["GET", "POST", "DELETE"]) {
          const response = await gateway.fetch(url, { method, headers: { Authorization: basic("HKN") } });
          assert.ok([403, 404, 405].includes(response.status), `${method} ${url}: ${response.status}`);
          statuses.push(response.status);
        }
        assert.ok(statuses.includes(403), `${url}: ${statuses}`);
      }
    });

    test("what depends on nothing stored is the same for both keys", async () => {
      for (const path of pathsOf(gateway).filter((one) => CONSTANT.includes(belowPrefix(one)))) {
        const ask = async (key: string) => {
          const response = await gateway.fetch(`${path}?query=up`, {
            headers: { Authorization: basic(key) },
          });
          return `${response.status} ${await textOf(response)}`.replaceAll(
            /\d{4}-\d\d-\d\dT[\d:]+Z/g,
            "TIME",
          );
        };
        assert.equal(await ask("HKN"), await ask("HKA"), path);
      }
    });

    test("counts are those of the series that pass", async () => {
      const ask = async (path: string, key: string) => {
        const response = await gateway.fetch(path, { headers: { Authorization: basic(key) } });
        // biome-ignore lint/suspicious/noExplicitAny: an answer of the API
        return ((await response.json()) as any).data;
      };
      const own = await ask("/api/v1/status/tsdb", "HKN");
      const passing = await ask(`/api/v1/series?match[]=${encodeURIComponent(`{team="${OWN}"}`)}`, "HKA");
      assert.equal(own.headStats.numSeries, passing.length);
      const { estimate } = await ask(`/api/v1/query_cost?query=${EVERY}`, "HKN");
      assert.equal(estimate.seriesTouched, passing.length);
      const groups = (await ask("/api/v1/rules", "HKN")).groups;
      const [failing] = groups.filter(({ name }: { name: string }) => name === "failing-group");
      assert.equal(failing.rules[0].health, "err");
      assert.equal(failing.rules[0].lastError, undefined);
      const { alerts } = await ask("/api/v1/alerts", "HKN");
      const names = alerts.map(({ labels }: { labels: { alertname: string } }) => labels.alertname).sort();
      assert.deepEqual(names, ["Hot", "alpha-down"]);
    });
  });
}

test("a narrowed key writes what it likes, and reads of that what passes", async () => {
  const gateway = await openGateway();
  const one = series("bravo_written", OTHER, gateway.nowMs);
  const body = compress(encodeMessage("WriteRequest", { timeseries: [one] }));
  assert.equal((await gateway.post("/api/v1/write", body, { Authorization: basic("HKN") })).status, 200);
  const path = `/api/v1/series?match[]=bravo_written`;
  for (const [key, found] of [
    ["HKN", 0],
    ["HKA", 1],
  ] as const) {
    const response = await gateway.fetch(path, { headers: { Authorization: basic(key) } });
    assert.equal(((await response.json()) as { data: unknown[] }).data.length, found, key);
  }
});

test("a key of every tenant is narrowed in each", async () => {
  const gateway = await openGateway();
  await gateway.addKey({ id: "HK*", tenant: "*", scopes: ["read"], readMatch: READ_MATCH });
  for (const tenants of ["t", "t|other", "other|t"]) {
    const headers = { Authorization: basic("HK*"), "X-Scope-OrgID": tenants };
    const response = await gateway.fetch("/api/v1/label/team/values", { headers });
    assert.deepEqual(((await response.json()) as { data: unknown }).data, [OWN], tenants);
  }
});
