/** Mimir's configuration API of rules, by the requests that mimirtool, cortextool and Grafana's editor make. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { basic, TestGateway } from "../helpers/test-gateway.ts";

const GROUP = `name: node
interval: 30s
query_offset: 1m
limit: 10
labels: { team: infra }
rules:
  - record: job:up:count
    expr: count by (job) (up)
  - alert: TargetDown
    expr: up == 0
    for: 5m
    keep_firing_for: 10m
    labels: { severity: page }
    annotations: { summary: "{{ $labels.job }} is down" }
`;

const PREFIXES = ["/config/v1/rules", "/prometheus/config/v1/rules", "/api/prom/rules"];

async function open() {
  const gateway = await TestGateway.open();
  await gateway.addKey({ id: "HKR", scopes: ["rules"] });
  await gateway.addKey({ id: "HKO", scopes: ["rules"], tenant: "other" });
  const send = (method: string, path: string, body?: string, key = "HKR") =>
    gateway.app.request(path, {
      method,
      headers: { Authorization: basic(key), "Content-Type": "application/yaml" },
      ...(body === undefined ? {} : { body }),
    });
  return { gateway, send };
}

for (const prefix of PREFIXES)
  test(`${prefix}: set, get, list, delete`, async () => {
    const { send } = await open();
    const set = await send("POST", `${prefix}/my%20rules`, GROUP);
    assert.equal(set.status, 202);
    assert.deepEqual(await set.json(), { status: "success", data: null, errorType: "", error: "" });
    const get = await send("GET", `${prefix}/my%20rules/node`);
    assert.equal(get.headers.get("Content-Type"), "application/yaml");
    assert.deepEqual(parse(await get.text()), parse(GROUP));
    const expected = { "my rules": [parse(GROUP)] };
    assert.deepEqual(parse(await (await send("GET", prefix)).text()), expected);
    assert.deepEqual(parse(await (await send("GET", `${prefix}/my%20rules`)).text()), expected);
    assert.equal((await send("DELETE", `${prefix}/my%20rules/node`)).status, 202);
    const gone = await send("GET", `${prefix}/my%20rules/node`);
    assert.equal(gone.status, 404);
    assert.equal(await gone.text(), "group does not exist\n");
    assert.equal((await send("DELETE", `${prefix}/my%20rules/node`)).status, 404);
    assert.deepEqual(parse(await (await send("GET", prefix)).text()), {});
  });

test("a namespace is deleted whole", async () => {
  const { send } = await open();
  for (const name of ["a", "b"]) await send("POST", "/config/v1/rules/ns", GROUP.replace("node", name));
  await send("POST", "/config/v1/rules/other", GROUP);
  assert.equal((await send("DELETE", "/config/v1/rules/ns")).status, 202);
  assert.deepEqual(Object.keys(parse(await (await send("GET", "/config/v1/rules")).text())), ["other"]);
  assert.equal((await send("DELETE", "/config/v1/rules/ns")).status, 404);
});

test("Cortex' paths set and get a group", async () => {
  const { send } = await open();
  assert.equal((await send("POST", "/api/v1/rules/ns", GROUP)).status, 202);
  assert.deepEqual(parse(await (await send("GET", "/api/v1/rules/ns/node")).text()), parse(GROUP));
});

test("tenants have their own rules", async () => {
  const { send } = await open();
  await send("POST", "/config/v1/rules/ns", GROUP);
  assert.deepEqual(parse(await (await send("GET", "/config/v1/rules", undefined, "HKO")).text()), {});
  assert.equal((await send("DELETE", "/config/v1/rules/ns", undefined, "HKO")).status, 404);
  assert.equal((await send("GET", "/config/v1/rules/ns/node")).status, 200);
});

test("a key needs the scope rules", async () => {
  const { send } = await open();
  for (const [method, path] of [
    ["GET", "/config/v1/rules"],
    ["POST", "/config/v1/rules/ns"],
    ["DELETE", "/config/v1/rules/ns/g"],
  ])
    assert.equal((await send(method, path, method === "POST" ? GROUP : undefined, "HKA")).status, 403, path);
});

const WRONG: readonly (readonly [name: string, body: string, error: RegExp])[] = [
  ["no YAML", "name: [", /yaml/],
  ["no name", "rules: []", /Groupname must not be empty/],
  ["an unknown field", `${GROUP}more: 1\n`, /15:1: field "more" is not known in a group/],
  ["a wrong expression", GROUP.replace("up == 0", "up =="), /could not parse expression: 1:6: parse error/],
  [
    "a wrong template",
    GROUP.replace("$labels.job", "$nope"),
    /annotation "summary": .*undefined variable "\$nope"/,
  ],
  ["an experimental function", GROUP.replace("up == 0", "mad_over_time(up[5m])"), /not enabled/],
  ["two groups", "groups: []", /field "groups" is not known in a group/],
];

for (const [name, body, error] of WRONG)
  test(`400 for ${name}`, async () => {
    const { send } = await open();
    const response = await send("POST", "/config/v1/rules/ns", body);
    assert.equal(response.status, 400);
    assert.match(await response.text(), error);
    assert.deepEqual(parse(await (await send("GET", "/config/v1/rules")).text()), {});
  });

test("413 or 422 for a group that is too large, 405 for other methods", async () => {
  const { send } = await open();
  const large = await send("POST", "/config/v1/rules/ns", `name: g\nrules: []\n#${"x".repeat(1024 * 1024)}`);
  assert.equal(large.status, 422);
  const put = await send("PUT", "/config/v1/rules/ns", GROUP);
  assert.equal(put.status, 405);
  assert.equal(put.headers.get("Allow"), "GET, POST, DELETE");
});

test("names too long for a key of the table: 400 for a change, nothing found otherwise", async () => {
  const { send } = await open();
  const long = "n".repeat(500_000);
  const set = await send("POST", `/config/v1/rules/${long}`, GROUP);
  assert.deepEqual(
    [set.status, await set.text()],
    [400, "rule group: namespace and name of a group: 500004 bytes together, at most 1023 are taken\n"],
  );
  assert.deepEqual(parse(await (await send("GET", `/config/v1/rules/${long}`)).text()), {});
  for (const [method, path] of [
    ["GET", `ns/${long}`],
    ["DELETE", `ns/${long}`],
    ["DELETE", long],
  ])
    assert.equal((await send(method, `/config/v1/rules/${path}`)).status, 404, method);
});
