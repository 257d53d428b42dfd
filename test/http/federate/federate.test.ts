/** `/federate` and `/version`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeName } from "../../../lib/http/federate/escape-name.ts";
import { contentTypeOf, negotiateFormat } from "../../../lib/http/federate/format.ts";
import { addQueryRoutes } from "../../../lib/http/query/routes.ts";
import { newQueryServices } from "../../../lib/http/query/source.ts";
import { MINUTE_MS } from "../../../lib/model/time.ts";
import { DEFAULT_PROMQL_SETTINGS } from "../../../lib/promql/settings.ts";
import { MIDNIGHT_MS } from "../../helpers/storage/engine.ts";
import { basic, TestGateway } from "../../helpers/test-gateway.ts";
import { compressedBody, STALE_BITS, series } from "../../helpers/write-requests.ts";

async function openGateway() {
  const gateway = await TestGateway.open();
  gateway.nowMs = MIDNIGHT_MS + 10 * MINUTE_MS;
  addQueryRoutes(gateway.app, gateway.services, newQueryServices(gateway.services, DEFAULT_PROMQL_SETTINGS));
  const at = (minutes: number) => MIDNIGHT_MS + minutes * MINUTE_MS;
  const ended = {
    labels: [
      ["__name__", "up"],
      ["job", "ended"],
    ] as const,
    samples: [[at(9), STALE_BITS]] as const,
  };
  const all = [
    series("up", { job: "a", instance: "x" }, [at(7), 1], [at(9), 0]),
    series("up", { job: "b", path: 'C:\\"\n' }, [at(8), Infinity]),
    series("up", { job: "old" }, [at(2), 1]),
    series("my.metric", { "label.dot": "ü" }, [at(9), 0.1]),
    ended,
  ];
  assert.equal((await gateway.post("/api/v1/write", compressedBody(all))).status, 200);
  return (path: string, headers: Readonly<Record<string, string>> = {}) =>
    gateway.fetch(path, { headers: { Authorization: basic("HKA"), ...headers } });
}

const NAMES = '/federate?match[]={__name__=~"up|my.metric"}&match[]=up';

test("the newest samples as text, ended and old series left out", async () => {
  const fetch = await openGateway();
  const response = await fetch(NAMES);
  assert.equal(
    response.headers.get("Content-Type"),
    "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
  );
  assert.deepEqual((await response.text()).split("\n"), [
    "# TYPE my_metric untyped",
    `my_metric{label_dot="ü",instance=""} 0.1 ${MIDNIGHT_MS + 9 * MINUTE_MS}`,
    "# TYPE up untyped",
    `up{instance="x",job="a"} 0 ${MIDNIGHT_MS + 9 * MINUTE_MS}`,
    `up{job="b",path="C:\\\\\\"\\n",instance=""} +Inf ${MIDNIGHT_MS + 8 * MINUTE_MS}`,
    "",
  ]);
  const utf8 = await (await fetch(NAMES, { Accept: "text/plain;version=0.0.4;escaping=allow-utf-8" })).text();
  assert.match(utf8, /^# TYPE "my.metric" untyped\n\{"my.metric","label.dot"="ü",instance=""\} 0.1 /);
});

test("of the clauses of a header the preferred one counts, with the escaping of those before it", () => {
  const chosen = (accept: string) => Object.values(negotiateFormat(accept)).join();
  assert.equal(chosen(`${MESSAGE};encoding=text`), "text,underscores");
  assert.equal(chosen(`${MESSAGE};encoding=other, text/plain`), "plain,underscores");
  assert.equal(chosen("text/plain;version=1.0.0;escaping=dots"), "plain,dots");
  assert.equal(chosen("application/openmetrics-text;version=1.0.0;escaping=values,*/*"), "plain,values");
  assert.equal(chosen(`*/*;escaping=dots, ${MESSAGE};encoding=delimited;q=0.1`), "delimited,underscores");
  assert.equal(
    chosen("application/*;proto=io.prometheus.client.MetricFamily;encoding=compact-text"),
    "compact-text,underscores",
  );
});

test("without match[] there is nothing; errors have Prometheus' statuses", async () => {
  const fetch = await openGateway();
  assert.equal(await (await fetch("/federate")).text(), "");
  assert.equal(await (await fetch("/federate?match[]={}")).text(), "");
  assert.notEqual(await (await fetch("/federate?match[]={none=''}")).text(), "");
  assert.equal((await fetch("/federate?match[]={")).status, 400);
  assert.equal(
    (await fetch("/federate?match[]=up", { Authorization: basic("HKA", "another secret") })).status,
    401,
  );
});

test("a client that takes protobuf gets it", () => {
  const prometheus =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
  assert.deepEqual(negotiateFormat(prometheus), { kind: "delimited", escaping: "underscores" });
  assert.deepEqual(negotiateFormat(prometheus.replace("q=0.6", "q=0.1")), {
    kind: "plain",
    escaping: "allow-utf-8",
  });
  for (const accept of [undefined, "", "*/*", ";;,", "text/plain;version=2"]) {
    assert.deepEqual(negotiateFormat(accept), { kind: "plain", escaping: "underscores" });
  }
  assert.match(
    contentTypeOf({ kind: "delimited", escaping: "values" }),
    /encoding=delimited; escaping=values$/,
  );
});

const MESSAGE = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily";

test("messages as text, on lines of their own and on one", async () => {
  const fetch = await openGateway();
  const textOf = async (encoding: string) => {
    const headers = { Accept: `${MESSAGE};encoding=${encoding};escaping=values` };
    return (await fetch("/federate?match[]={__name__=~%22my.*%22}&match[]=up{job='b'}", headers)).text();
  };
  assert.equal(
    await textOf("compact-text"),
    [
      'name:"U__my_2e_metric" type:UNTYPED metric:{label:{name:"U__label_2e_dot" value:"ü"} label:{name:"instance" value:""} ' +
        `untyped:{value:0.1} timestamp_ms:${MIDNIGHT_MS + 9 * MINUTE_MS}}`,
      'name:"up" type:UNTYPED metric:{label:{name:"job" value:"b"} label:{name:"path" value:"C:\\\\\\"\\n"} ' +
        `label:{name:"instance" value:""} untyped:{value:inf} timestamp_ms:${MIDNIGHT_MS + 8 * MINUTE_MS}}`,
      "",
    ].join("\n"),
  );
  assert.ok(
    (await textOf("text")).startsWith(
      'name: "U__my_2e_metric"\ntype: UNTYPED\nmetric: {\n  label: {\n    name: "U__label_2e_dot"\n    value: "ü"\n  }\n',
    ),
  );
});

test("a selector may select every series", async () => {
  const fetch = await openGateway();
  const text = await (await fetch("/federate?match[]={none=%27%27}")).text();
  assert.equal(text.match(/^[^#\n]+$/gm)?.length, 3);
});

test("names are escaped in each of the schemes", () => {
  const names = ["plain_1", "a.b_c", "1ü", ""];
  const escaped = (escaping: Parameters<typeof escapeName>[1]) =>
    names.map((name) => escapeName(name, escaping));
  assert.deepEqual(escaped("underscores"), ["plain_1", "a_b_c", "__", ""]);
  assert.deepEqual(escaped("dots"), ["plain_1", "a_dot_b__c", "____", ""]);
  assert.deepEqual(escaped("values"), ["plain_1", "U__a_2e_b__c", "U___31__fc_", ""]);
  assert.deepEqual(escaped("allow-utf-8"), names);
});

test("/version has no envelope", async () => {
  const fetch = await openGateway();
  const response = await fetch("/version");
  assert.equal(response.status, 200);
  const version = (await response.json()) as Record<string, string>;
  assert.deepEqual(Object.keys(version), [
    "version",
    "revision",
    "branch",
    "buildUser",
    "buildDate",
    "goVersion",
  ]);
  assert.equal(version.version, "3.16.0");
});
