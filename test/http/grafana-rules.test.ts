/**
 * Grafana's rule editor, by the requests of its front end and its proxy, as Grafana's public sources of versions 9 to 12 make
 * them: `buildInfo.ts` and `ruler.ts` of unified alerting, `lotex_ruler.go`, `lotex_prom.go`, `util.go` and
 * `cortex-ruler.go` of ngalert's API. The data source has the URL of Hearth.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { newRuleRunner } from "../../lib/http/compose-rules.ts";
import { MINUTE_MS } from "../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../lib/promql/settings.ts";
import { DEFAULT_RULE_SETTINGS } from "../../lib/rules/settings.ts";
import { basic, TestGateway } from "../helpers/test-gateway.ts";

/** Its decoder refuses all other fields of a group, and with them the whole list. */
const GROUP_FIELDS = ["name", "interval", "source_tenants", "rules"];
const RULE_FIELDS = ["record", "alert", "expr", "for", "labels", "annotations"];

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Group {
  readonly name: string;
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

const ALERT: Rule = {
  alert: "TargetDown",
  expr: "up == 0",
  for: "5m",
  labels: { severity: "page" },
  annotations: { summary: "{{ $labels.job }} is down" },
};
const GROUP: Group = { name: "my group", interval: "1m", rules: [ALERT] };

/** Which API a rule source has, by its buildinfo. */
type Flavor = "mimir" | "prometheus";

interface Proxied {
  readonly status: number;
  readonly data: unknown;
}

class Grafana {
  readonly #gateway: TestGateway;

  constructor(gateway: TestGateway) {
    this.#gateway = gateway;
  }

  static async open(): Promise<{ gateway: TestGateway; grafana: Grafana }> {
    const gateway = (await TestGateway.open()).queryRoutes();
    await gateway.addKey({ id: "HKG", scopes: ["read", "rules"] });
    return { gateway, grafana: new Grafana(gateway) };
  }

  /** `discoverDataSourceFeatures`: without features it is a Prometheus, whose rules are shown only. */
  async discover(): Promise<{ readonly flavor: Flavor; readonly isEditable: boolean }> {
    const response = await this.#request("GET", "/api/v1/status/buildinfo");
    assert.equal(response.status, 200, "404 would make it a Cortex");
    const { application, features } = ((await response.json()) as BuildInfo).data;
    const flavor = features !== undefined && application === "Grafana Mimir" ? "mimir" : "prometheus";
    return { flavor, isEditable: features?.ruler_config_api === "true" };
  }

  /** A request of the ruler's routes; `subtype=mimir` has this prefix. */
  async ruler(method: string, path: string, group?: Group): Promise<Proxied> {
    const encoded = path
      .split("/")
      .map((part) => encodeURIComponent(part))
      .join("/");
    const body = group === undefined ? undefined : stringify(group);
    const response = await this.#request(method, `/config/v1/rules${encoded}`, body);
    const { status } = response;
    const type = response.headers.get("Content-Type") ?? "";
    const text = await response.text();
    if (status >= 400) return { status, data: messageOf(type, text) };
    if (method === "GET") {
      assert.match(type, /yaml/, "unexpected content type from upstream. expected YAML");
      return { status, data: parse(text) };
    }
    if (method === "DELETE") return { status, data: text };
    assert.match(type, /json/, "unexpected content type from upstream. expected JSON");
    return { status, data: JSON.parse(text) };
  }

  /** Rules with their state, as it shows them. */
  async prometheusRules(parameters = ""): Promise<PrometheusGroups> {
    const response = await this.#request("GET", `/api/v1/rules${parameters}`);
    assert.match(response.headers.get("Content-Type") ?? "", /json/);
    const { status, data } = (await response.json()) as { status: string; data: PrometheusGroups };
    assert.equal(status, "success");
    return data;
  }

  #request(method: string, path: string, body?: string): Promise<Response> {
    const headers = { Authorization: basic("HKG"), "User-Agent": "Grafana/12.0.0" };
    return this.#gateway.fetch(path, { method, headers, ...(body !== undefined && { body }) });
  }
}

interface BuildInfo {
  readonly data: { readonly application?: string; readonly features?: Readonly<Record<string, string>> };
}

interface PrometheusGroups {
  readonly groupNextToken?: string;
  readonly groups: readonly {
    readonly name: string;
    readonly file: string;
    readonly rules: readonly { readonly name: string; readonly type: string; readonly state?: string }[];
  }[];
}

/** `withReq`: of JSON its field `message`, of HTML nothing. */
function messageOf(type: string, text: string): string {
  if (type.startsWith("text/html")) return "redacted html";
  if (!type.startsWith("application/json")) return text;
  const { message } = JSON.parse(text) as { message?: unknown };
  return typeof message === "string" ? message : text;
}

function checkFields(group: object, known: readonly string[]): void {
  for (const name of Object.keys(group)) assert.ok(known.includes(name), `field ${name} not found in type`);
}

test("it takes Hearth for a Mimir whose rules it may edit", async () => {
  const { grafana } = await Grafana.open();
  assert.deepEqual(await grafana.discover(), { flavor: "mimir", isEditable: true });
});

test("a rule is added, shown, changed, moved to another group and removed", async () => {
  const { grafana } = await Grafana.open();
  // Without rules its list is empty, which is no error.
  assert.deepEqual(await grafana.ruler("GET", ""), { status: 200, data: {} });
  const missing = await grafana.ruler("GET", "/my namespace/my group");
  assert.equal(missing.status, 404);
  // A message with "page not found" would say that the ruler is off.
  assert.doesNotMatch(String(missing.data), /page not found/);

  const set = await grafana.ruler("POST", "/my namespace", GROUP);
  assert.equal(set.status, 202);
  assert.equal((set.data as { status: string }).status, "success");
  assert.deepEqual(await grafana.ruler("GET", "/my namespace/my group"), { status: 200, data: GROUP });

  const changed = {
    ...GROUP,
    rules: [
      { ...ALERT, expr: "up < 1" },
      { record: "a:b", expr: "vector(1)" },
    ],
  };
  assert.equal((await grafana.ruler("POST", "/my namespace", changed)).status, 202);
  const listed = { status: 200, data: { "my namespace": [changed] } };
  assert.deepEqual(await grafana.ruler("GET", ""), listed);
  assert.deepEqual(await grafana.ruler("GET", "/my namespace"), listed);

  const moved = { ...changed, name: "other" };
  assert.equal((await grafana.ruler("POST", "/my namespace", moved)).status, 202);
  assert.equal((await grafana.ruler("DELETE", "/my namespace/my group")).status, 202);
  assert.deepEqual(await grafana.ruler("GET", ""), { status: 200, data: { "my namespace": [moved] } });
  assert.equal((await grafana.ruler("DELETE", "/my namespace")).status, 202);
  assert.deepEqual(await grafana.ruler("GET", ""), { status: 200, data: {} });
});

test("its strict decoder knows every field of a group that it has made itself", async () => {
  const { grafana } = await Grafana.open();
  await grafana.ruler("POST", "/n", { ...GROUP, rules: [ALERT, { record: "a:b", expr: "vector(1)" }] });
  const { data } = await grafana.ruler("GET", "");
  for (const group of (data as Record<string, Group[]>).n) {
    checkFields(group, GROUP_FIELDS);
    for (const rule of group.rules) checkFields(rule, RULE_FIELDS);
  }
});

test("it shows what is wrong with a rule", async () => {
  const { grafana } = await Grafana.open();
  const wrong = await grafana.ruler("POST", "/n", { ...GROUP, rules: [{ ...ALERT, expr: "up ==" }] });
  assert.equal(wrong.status, 400);
  assert.match(String(wrong.data), /could not parse expression: 1:6: parse error/);
});

test("rules with their state come by name of namespace and group, in pages", async () => {
  const { gateway, grafana } = await Grafana.open();
  for (const name of ["a", "b"]) await grafana.ruler("POST", "/n", { ...GROUP, name });
  const runner = newRuleRunner(gateway.services, {
    promql: DEFAULT_PROMQL_SETTINGS,
    rules: DEFAULT_RULE_SETTINGS,
  });
  gateway.nowMs += 2 * MINUTE_MS;
  await runner.run({ deadlineMs: Number.POSITIVE_INFINITY });
  const { groups } = await grafana.prometheusRules();
  assert.deepEqual(
    groups.map(({ file, name, rules }) => [
      file,
      name,
      rules.map((rule) => [rule.type, rule.name, rule.state]),
    ]),
    ["a", "b"].map((name) => ["n", name, [["alerting", "TargetDown", "inactive"]]]),
  );
  const one = await grafana.prometheusRules("?group_limit=1");
  assert.deepEqual(
    one.groups.map(({ name }) => name),
    ["a"],
  );
  const token = encodeURIComponent(one.groupNextToken ?? "");
  const next = await grafana.prometheusRules(`?group_limit=1&group_next_token=${token}`);
  assert.deepEqual(
    next.groups.map(({ name }) => name),
    ["b"],
  );
});
