/** `/api/v1/rules` and `/api/v1/alerts` over rules that were evaluated, and what Grafana asks beside them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { newRuleRunner } from "../../../lib/http/compose-rules.ts";
import { parseRuleFile } from "../../../lib/rules/parse-rule-file.ts";
import { recordedBatch } from "../../../lib/rules/run/recorded-batch.ts";
import { DEFAULT_RULE_SETTINGS } from "../../../lib/rules/settings.ts";
import { newRuleStore } from "../../../lib/rules/table-rule-store.ts";
import { QueryGateway } from "../../helpers/query-gateway.ts";
import { withoutUpstream } from "../../helpers/upstream.ts";
import { parseLabels } from "../../rules/rules-world.ts";
import { readOpenApi } from "../openapi/upstream-document.ts";

const RULES = `
groups:
- name: b
  interval: 30s
  limit: 5
  labels: {team: x}
  rules:
  - record: r
    expr: sum ( up )
    labels: {job: ""}
  - alert: Down
    expr: up==0
    keep_firing_for: 1h
    labels: {severity: page}
    annotations: {summary: "{{ $labels.job }}: {{ $value }}"}
  - alert: Slow
    expr: up == 0
    for: 5m
  - record: wrong
    expr: up[5m]
- name: a
  rules:
  - {record: other, expr: "1"}
`;

async function open() {
  const api = await QueryGateway.open();
  const { services } = api.gateway;
  const { table, clock } = services;
  const store = newRuleStore(table);
  for (const group of parseRuleFile(RULES).file!.groups) {
    await store.put("t", "rules.yml", group);
    await store.put("other", "rules.yml", { ...group, name: `other-${group.name}` });
  }
  const sample = { labels: parseLabels('up{job="j"}'), timestamp: clock() - 60_000, value: 0 };
  const appender = services.writers.appender({ tenant: "t", retentionMs: 0 }, table);
  await appender.append(recordedBatch([sample]));
  const runner = newRuleRunner(services, {
    promql: { takesExperiments: false, useStartTimestamps: false },
    rules: DEFAULT_RULE_SETTINGS,
  });
  const run = () => runner.run({ deadlineMs: Number.POSITIVE_INFINITY });
  return { api, run };
}

interface ApiGroup {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly Record<string, unknown>[];
  readonly [name: string]: unknown;
}

const groupsOf = async (api: QueryGateway, query = "") =>
  ((await api.json(`/api/v1/rules${query}`)) as { data: { groups: ApiGroup[]; groupNextToken?: string } })
    .data;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

test("rules that were not evaluated are unknown", async () => {
  const { api } = await open();
  const { groups } = await groupsOf(api);
  assert.deepEqual(
    groups.map(({ name, file, lastEvaluation }) => [name, file, lastEvaluation]),
    [
      ["a", "rules.yml", "0001-01-01T00:00:00Z"],
      ["b", "rules.yml", "0001-01-01T00:00:00Z"],
    ],
  );
  assert.deepEqual(
    groups[1].rules.map(({ health, state }) => [health, state]),
    [
      ["unknown", undefined],
      ["unknown", "unknown"],
      ["unknown", "unknown"],
      ["unknown", undefined],
    ],
  );
  assert.deepEqual(await api.json("/api/v1/alerts"), { status: "success", data: { alerts: [] } });
});

test("evaluated rules show state, health, last error and alerts, as Prometheus does", async () => {
  const { api, run } = await open();
  await run();
  const { groups } = await groupsOf(api);
  const [, group] = groups;
  const { rules, evaluationTime, lastEvaluation, ...rest } = group;
  assert.deepEqual(rest, { name: "b", file: "rules.yml", interval: 30, limit: 5 });
  assert.equal(typeof evaluationTime, "number");
  assert.match(String(lastEvaluation), TIME);
  const shown = rules.map(({ evaluationTime: duration, lastEvaluation: at, alerts, ...rule }) => {
    assert.equal(typeof duration, "number");
    assert.match(String(at), TIME);
    return rule;
  });
  assert.deepEqual(shown, [
    { name: "r", query: "sum(up)", labels: { job: "", team: "x" }, health: "ok", type: "recording" },
    {
      state: "firing",
      name: "Down",
      query: "up == 0",
      duration: 0,
      keepFiringFor: 3600,
      labels: { severity: "page", team: "x" },
      annotations: { summary: "{{ $labels.job }}: {{ $value }}" },
      health: "ok",
      type: "alerting",
    },
    {
      state: "pending",
      name: "Slow",
      query: "up == 0",
      duration: 300,
      keepFiringFor: 0,
      labels: { team: "x" },
      annotations: {},
      health: "ok",
      type: "alerting",
    },
    {
      name: "wrong",
      query: "up[5m]",
      labels: { team: "x" },
      health: "err",
      lastError: "rule result is not a vector or scalar",
      type: "recording",
    },
  ]);
  const { data } = (await api.json("/api/v1/alerts")) as { data: { alerts: Record<string, unknown>[] } };
  assert.deepEqual(
    data.alerts.map(({ activeAt, ...alert }) => {
      assert.match(String(activeAt), TIME);
      return alert;
    }),
    [
      {
        labels: { alertname: "Down", job: "j", severity: "page", team: "x" },
        annotations: { summary: "j: 0" },
        state: "firing",
        value: "0e+00",
      },
      {
        labels: { alertname: "Slow", job: "j", team: "x" },
        annotations: {},
        state: "pending",
        value: "0e+00",
      },
    ],
  );
  assert.deepEqual(rules[1].alerts, [data.alerts[0]]);
});

const FILTERS: readonly (readonly [query: string, names: readonly string[]])[] = [
  ["type=alert", ["Down", "Slow"]],
  ["type=RECORD", ["other", "r", "wrong"]],
  ["rule_name[]=r&rule_name[]=Slow", ["r", "Slow"]],
  ["rule_group[]=a", ["other"]],
  ["rule_group[]=c", []],
  ["file[]=rules.yml&rule_group[]=a", ["other"]],
  ["file[]=x", []],
  [`match[]={severity="page"}`, ["Down"]],
  [`match[]={severity="page"}&match[]={team="x",severity=""}`, ["r", "Down", "Slow", "wrong"]],
];

for (const [query, expected] of FILTERS)
  test(`rules?${query}`, async () => {
    const { api } = await open();
    const { groups } = await groupsOf(api, `?${encodeURI(query)}`);
    assert.deepEqual(
      groups.flatMap(({ rules }) => rules.map(({ name }) => name)),
      expected,
    );
  });

test("pages of groups", async () => {
  const { api } = await open();
  const first = await groupsOf(api, "?group_limit=1");
  assert.deepEqual(
    first.groups.map(({ name }) => name),
    ["a"],
  );
  const second = await groupsOf(api, `?group_limit=1&group_next_token=${first.groupNextToken}`);
  assert.deepEqual(
    second.groups.map(({ name }) => name),
    ["b"],
  );
  assert.equal(second.groupNextToken, undefined);
  assert.equal((await groupsOf(api, "?group_limit=2")).groupNextToken, undefined);
});

const REFUSED: readonly (readonly [query: string, error: string])[] = [
  ["type=x", `invalid parameter "type": not supported value "x"`],
  ["match[]={a=~'.*'}", "match[] must contain at least one non-empty matcher"],
  [
    "exclude_alerts=maybe",
    `invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "maybe": invalid syntax`,
  ],
  [
    "exclude_alerts=constructor",
    `invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "constructor": invalid syntax`,
  ],
  [`type=${"x".repeat(101)}`, `invalid parameter "type": not supported value "${"x".repeat(100)}…"`],
  [
    `group_limit=1&group_next_token=${"x".repeat(101)}`,
    `invalid parameter "group_next_token": invalid group_next_token '${"x".repeat(100)}…'. were rule groups changed?`,
  ],
  ["group_limit=0", `invalid parameter "group_limit": group_limit needs to be greater than 0`],
  [
    "group_limit=x",
    `invalid parameter "group_limit": group_limit needs to be a valid number: strconv.Atoi: parsing "x": invalid syntax`,
  ],
  [
    "group_next_token=x",
    `invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the groups`,
  ],
  [
    "group_limit=1&group_next_token=x",
    `invalid parameter "group_next_token": invalid group_next_token 'x'. were rule groups changed?`,
  ],
];

test("parameters that cannot be are refused in Prometheus' words", async () => {
  const { api } = await open();
  for (const [query, error] of REFUSED) {
    const response = await api.fetch(`/api/v1/rules?${encodeURI(query)}`);
    assert.deepEqual(await response.json(), { status: "error", errorType: "bad_data", error });
    assert.equal(response.status, 400);
  }
});

test("exclude_alerts leaves them out", async () => {
  const { api, run } = await open();
  await run();
  const { groups } = await groupsOf(api, "?exclude_alerts=true&rule_name[]=Down");
  assert.equal(groups[0].rules[0].alerts, null);
});

test("answers are as Prometheus' OpenAPI document has them", {
  skip: withoutUpstream("openApi"),
}, async () => {
  const openApi = readOpenApi();
  const { api, run } = await open();
  await run();
  for (const path of ["/rules", "/alerts"]) {
    const response = await api.fetch(`/api/v1${path}`);
    openApi.check(path, "get", response, await response.json());
  }
});
