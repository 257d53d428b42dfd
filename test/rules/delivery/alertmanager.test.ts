import assert from "node:assert/strict";
import { test } from "node:test";
import { HearthError } from "../../../lib/model/errors.ts";
import { authorizationHeader } from "../../../lib/rules/delivery/secrets.ts";
import { parseDeliverySettings } from "../../../lib/rules/delivery/settings.ts";
import { batch, firing, Receivers, START_MS } from "./receivers.ts";

const SOON = { deadlineMs: START_MS + 30_000 };

test("each Alertmanager gets every alert, under its path", async () => {
  const receivers = new Receivers();
  const notifier = receivers.notifier({
    HEARTH_ALERTMANAGER_URLS: "http://am-1:9093, https://am.example/prefix/",
    HEARTH_ALERTMANAGER_AUTH: "bearer s3cret",
  });
  assert.deepEqual(await notifier.notify(batch(firing("a")), SOON), { delivered: 2, failed: 0 });
  const requests = receivers.take();
  assert.deepEqual(
    requests.map(({ url }) => url.href),
    ["http://am-1:9093/api/v2/alerts", "https://am.example/prefix/api/v2/alerts"],
  );
  assert.equal(requests[0].headers.authorization, "Bearer s3cret");
  assert.equal(requests[0].headers["x-scope-orgid"], "shop");
  assert.deepEqual(JSON.parse(requests[0].body), [
    {
      labels: { alertname: "Down", instance: "a", severity: "page" },
      annotations: { summary: "a is down" },
      startsAt: "2026-11-30T12:00:00.000Z",
      endsAt: "2026-11-30T12:04:00.000Z",
      generatorURL: "https://hearth.example/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    },
  ]);
});

test("batches have at most 256 alerts", async () => {
  const receivers = new Receivers();
  const notifier = receivers.notifier({ HEARTH_ALERTMANAGER_URLS: "http://am:9093" });
  const many = Array.from({ length: 600 }, (_, i) => firing(String(i)));
  assert.equal((await notifier.notify(batch(...many), SOON)).delivered, 600);
  assert.deepEqual(
    receivers.take().map(({ body }) => JSON.parse(body).length),
    [256, 256, 88],
  );
});

test("tenants go apart", async () => {
  const receivers = new Receivers();
  const notifier = receivers.notifier({ HEARTH_ALERTMANAGER_URLS: "http://am:9093" });
  await notifier.notify([...batch(firing("a")), { ...batch(firing("b"))[0], tenant: "other" }], SOON);
  assert.deepEqual(
    receivers.take().map(({ headers }) => headers["x-scope-orgid"]),
    ["shop", "other"],
  );
});

test("a receiver in trouble is tried three times; the others get theirs", async () => {
  const receivers = new Receivers();
  receivers.respond = ({ url }) =>
    url.host === "down:1"
      ? "no connection"
      : { status: url.host === "bad:1" ? 400 : 200, text: "x".repeat(500) };
  const notifier = receivers.notifier({
    HEARTH_ALERTMANAGER_URLS: "http://down:1,http://bad:1/secret,http://up:1",
  });
  assert.deepEqual(await notifier.notify(batch(firing("a")), SOON), { delivered: 1, failed: 2 });
  const hosts = receivers.take().map(({ url }) => url.host);
  assert.equal(hosts.filter((host) => host === "down:1").length, 3);
  assert.equal(hosts.filter((host) => host === "bad:1").length, 1, "a 400 does not pass by itself");
  assert.equal(receivers.log.length, 2);
  assert.match(receivers.log.join("\n"), /ECONNREFUSED/);
  assert.doesNotMatch(receivers.log.join("\n"), /secret|x{300}/);
});

test("a receiver that does not respond is left alone until the next evaluation", async () => {
  const receivers = new Receivers();
  receivers.respond = () => "no connection";
  const notifier = receivers.notifier({
    HEARTH_ALERTMANAGER_URLS: "http://am:9093",
    HEARTH_ALERT_WEBHOOK_URLS: "http://hook",
  });
  const many = Array.from({ length: 600 }, (_, i) => firing(String(i)));
  const groups = Array.from({ length: 30 }, (_, i) => ({ ...batch(firing("a"))[0], group: `g${i}` }));
  const report = await notifier.notify([...batch(...many), ...groups], SOON);
  assert.equal(report.delivered, 0);
  const hosts = receivers.take().map(({ url }) => url.host);
  assert.equal(hosts.filter((host) => host === "am:9093").length, 3);
  assert.ok(hosts.filter((host) => host === "hook").length <= 24, "those that were under way at once");
});

test("no attempt begins after the deadline", async () => {
  const receivers = new Receivers();
  const notifier = receivers.notifier({ HEARTH_ALERTMANAGER_URLS: "http://am:9093" });
  const report = await notifier.notify(batch(firing("a")), { deadlineMs: START_MS });
  assert.deepEqual(report, { delivered: 0, failed: 1 });
  assert.deepEqual(receivers.requests, []);
});

test("credentials come from SSM, are kept, and are read again when they are refused", async () => {
  const receivers = new Receivers();
  let password = "old";
  receivers.respond = ({ url, headers }) => {
    if (url.host === "ssm.eu-west-1.amazonaws.com")
      return { status: 200, text: JSON.stringify({ Parameter: { Value: `basic hearth:${password}` } }) };
    const expected = `Basic ${Buffer.from("hearth:new").toString("base64")}`;
    return { status: headers.authorization === expected ? 200 : 401, text: "" };
  };
  const credentials = async () => ({ accessKeyId: "AK", secretAccessKey: "SK" });
  const notifier = receivers.notifier(
    { HEARTH_ALERTMANAGER_URLS: "https://am", HEARTH_ALERTMANAGER_AUTH_SECRET: "/hearth/am" },
    { region: "eu-west-1", credentials },
  );
  assert.deepEqual(await notifier.notify(batch(firing("a")), SOON), { delivered: 0, failed: 1 });
  const [read] = receivers.take();
  assert.equal(read.headers["x-amz-target"], "AmazonSSM.GetParameter");
  assert.deepEqual(JSON.parse(read.body), { Name: "/hearth/am", WithDecryption: true });
  assert.match(
    read.headers.authorization,
    /^AWS4-HMAC-SHA256 Credential=AK\/20261130\/eu-west-1\/ssm\/aws4_request/,
  );
  password = "new";
  assert.equal((await notifier.notify(batch(firing("a")), SOON)).delivered, 1);
  receivers.take();
  assert.equal((await notifier.notify(batch(firing("a")), SOON)).delivered, 1);
  assert.equal(receivers.take().length, 1, "the secret is kept");
  assert.doesNotMatch(receivers.log.join("\n"), /basic|Basic|old|new/);
});

test("a secret that cannot be read fails the delivery and is named", async () => {
  const receivers = new Receivers();
  receivers.respond = () => ({ status: 400, text: '{"__type":"ParameterNotFound"}' });
  const notifier = receivers.notifier(
    { HEARTH_ALERTMANAGER_URLS: "https://am", HEARTH_ALERTMANAGER_AUTH_SECRET: "/hearth/am" },
    { region: "eu-west-1", credentials: async () => ({ accessKeyId: "AK", secretAccessKey: "SK" }) },
  );
  assert.deepEqual(await notifier.notify(batch(firing("a")), SOON), { delivered: 0, failed: 1 });
  assert.match(
    receivers.log[0],
    /secret \/hearth\/am of an alert receiver cannot be read: status 400.*ParameterNotFound/,
  );
});

test("credentials are basic, bearer or JSON", () => {
  assert.equal(authorizationHeader("bearer abc\n"), "Bearer abc");
  assert.equal(authorizationHeader("Basic u:p:q"), `Basic ${Buffer.from("u:p:q").toString("base64")}`);
  assert.equal(authorizationHeader('{"username":"u","password":"p"}'), "Basic dTpw");
  assert.equal(authorizationHeader('{"token":"t"}'), "Bearer t");
  assert.throws(
    () => authorizationHeader("hunter2"),
    (error) => {
      return error instanceof HearthError && !error.message.includes("hunter2");
    },
  );
});

test("settings: credentials of a URL, and errors without the URL", () => {
  const { alertmanagers } = parseDeliverySettings({ HEARTH_ALERTMANAGER_URLS: "https://u:p%40ss@am/x" });
  assert.equal(alertmanagers[0].url.href, "https://am/x");
  assert.equal(alertmanagers[0].auth.text, "basic u:p@ss");
  for (const bad of ["am:9093", "ftp://am", "file:///etc/passwd", "s3cret"])
    assert.throws(
      () => parseDeliverySettings({ HEARTH_ALERTMANAGER_URLS: `http://ok,${bad}` }),
      new HearthError(
        "invalid",
        "HEARTH_ALERTMANAGER_URLS: URL 2: expected http:// or https://, with commas between URLs",
      ),
    );
  assert.throws(
    () => parseDeliverySettings({ HEARTH_ALERTMANAGER_URLS: "https://u:50%s3cret@am" }),
    ({ message }: Error) =>
      /^HEARTH_ALERTMANAGER_URLS: URL 1: a % .* write %25$/.test(message) && !message.includes("s3cret"),
  );
  assert.throws(
    () => parseDeliverySettings({ HEARTH_ALERT_TOPIC_ARN: "topic" }),
    /expected the ARN of an SNS topic/,
  );
});
