/** Webhooks and topics hear of changes, once, and again every four hours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { batch, firing, MINUTE, Receivers, START_MS } from "./receivers.ts";

const WEBHOOK = { HEARTH_ALERT_WEBHOOK_URLS: "https://hook.example/T0/secret" };
const TOPIC = { HEARTH_ALERT_TOPIC_ARN: "arn:aws:sns:eu-west-1:123456789012:alerts" };
const AWS = { region: "us-east-1", credentials: async () => ({ accessKeyId: "AK", secretAccessKey: "SK" }) };

/** At each minute the alerts that the evaluation hands over. */
async function run(receivers: Receivers, env: Record<string, string>, minutes: ReturnType<typeof batch>[]) {
  const notifier = receivers.notifier(env, AWS);
  for (const batches of minutes) {
    const deadlineMs = receivers.nowMs + 30_000;
    await notifier.notify(batches, { deadlineMs });
    receivers.nowMs += MINUTE;
  }
}

const at = (receivers: Receivers, instance: string) =>
  firing(instance, { endsAtMs: receivers.nowMs + 5 * MINUTE });
const bodies = (receivers: Receivers) => receivers.take().map(({ body }) => JSON.parse(body));
interface Message {
  readonly alerts: readonly { readonly status: string; readonly labels: { readonly instance: string } }[];
}

const statusOf = ({ alerts }: Message) => alerts.map(({ status, labels }) => `${labels.instance} ${status}`);
const statuses = (receivers: Receivers) => bodies(receivers).map(statusOf);

test("a webhook hears of each change once", async () => {
  const receivers = new Receivers();
  const resolved = (instance: string) =>
    firing(instance, { isResolved: true, endsAtMs: START_MS + 3 * MINUTE });
  await run(receivers, WEBHOOK, [
    batch(at(receivers, "a")),
    batch(at(receivers, "a")),
    batch(at(receivers, "a"), at(receivers, "b")),
    batch(resolved("a")),
    batch(resolved("a"), at(receivers, "b")),
    batch(resolved("a"), resolved("b")),
    batch(resolved("a"), resolved("b")),
  ]);
  const messages = bodies(receivers);
  assert.deepEqual(
    messages.map(({ notification_reason }) => notification_reason),
    ["first notification", "new alerts added", "some alerts resolved", "all alerts resolved"],
  );
  assert.deepEqual(messages.map(statusOf), [
    ["a firing"],
    ["a firing", "b firing"],
    ["a resolved", "b firing"],
    ["b resolved"],
  ]);
  for await (const page of receivers.table.scan()) assert.deepEqual(page, [], "nothing is left to know");
});

test("the form is Alertmanager's, version 4", async () => {
  const receivers = new Receivers();
  await run(receivers, WEBHOOK, [batch(at(receivers, "a"), at(receivers, "b"))]);
  const [{ alerts, ...message }] = bodies(receivers);
  assert.deepEqual(message, {
    version: "4",
    groupKey: '{}/{namespace="rules.yml",group="node"}:{alertname="Down"}',
    truncatedAlerts: 0,
    status: "firing",
    receiver: "webhook",
    notification_reason: "first notification",
    routeLabels: {},
    groupLabels: { alertname: "Down" },
    commonLabels: { alertname: "Down", severity: "page" },
    commonAnnotations: {},
    externalURL: "https://hearth.example",
  });
  assert.deepEqual(alerts[0], {
    status: "firing",
    labels: { alertname: "Down", instance: "a", severity: "page" },
    annotations: { summary: "a is down" },
    startsAt: "2026-11-30T12:00:00.000Z",
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "https://hearth.example/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    // As Alertmanager 0.35 prints it for these labels.
    fingerprint: alerts[0].fingerprint,
  });
});

test("what fires is repeated every four hours", async () => {
  const receivers = new Receivers();
  const notifier = receivers.notifier(WEBHOOK);
  for (let minute = 0; minute < 500; minute++) {
    await notifier.notify(batch(at(receivers, "a")), { deadlineMs: receivers.nowMs + 30_000 });
    receivers.nowMs += MINUTE;
  }
  assert.equal(receivers.take().length, 3, "at 0, 240 and 480 minutes");
});

test("a message dated by a clock that was a day ahead does not delay the next", async () => {
  const receivers = new Receivers();
  const notifier = receivers.notifier(WEBHOOK);
  receivers.nowMs += 24 * 60 * MINUTE;
  const day = () => receivers.nowMs + 2 * 24 * 60 * MINUTE;
  await notifier.notify(batch(firing("a", { endsAtMs: day() })), { deadlineMs: day() });
  receivers.nowMs -= 24 * 60 * MINUTE;
  await notifier.notify(batch(firing("a", { endsAtMs: day() })), { deadlineMs: day() });
  assert.equal(receivers.take().length, 2);
});

test("a run's own clock ends alerts, not the process'", async () => {
  const receivers = new Receivers();
  const notifier = receivers.notifier(WEBHOOK);
  const clock = () => START_MS;
  const options = { deadlineMs: Number.POSITIVE_INFINITY, clock };
  await notifier.notify(batch(at(receivers, "a")), options);
  // A step of the process' clock in the middle of a run.
  receivers.nowMs += 24 * 60 * MINUTE;
  await notifier.notify(batch(firing("b", { endsAtMs: START_MS + 5 * MINUTE })), options);
  assert.deepEqual(statuses(receivers), [["a firing"], ["a firing", "b firing"]]);
});

test("a message that did not arrive comes again", async () => {
  const receivers = new Receivers();
  receivers.respond = () => ({ status: 404, text: "" });
  await run(receivers, WEBHOOK, [batch(at(receivers, "a"))]);
  receivers.respond = () => ({ status: 200, text: "" });
  receivers.take();
  await run(receivers, WEBHOOK, [batch(at(receivers, "a")), batch(at(receivers, "a"))]);
  assert.deepEqual(statuses(receivers), [["a firing"]]);
  assert.doesNotMatch(receivers.log.join(), /T0|secret/);
});

test("an alert of which nothing is heard ends", async () => {
  const receivers = new Receivers();
  await run(receivers, WEBHOOK, [batch(at(receivers, "a"), at(receivers, "b"))]);
  receivers.nowMs += 10 * MINUTE;
  await run(receivers, WEBHOOK, [batch(at(receivers, "b"))]);
  assert.deepEqual(statuses(receivers), [
    ["a firing", "b firing"],
    ["a resolved", "b firing"],
  ]);
});

test("a damaged item is replaced", async () => {
  const receivers = new Receivers();
  await run(receivers, WEBHOOK, [batch(at(receivers, "a"))]);
  for await (const page of receivers.table.scan())
    for (const item of page) await receivers.table.put({ ...item, value: Uint8Array.of(1, 2, 3) });
  await run(receivers, WEBHOOK, [batch(at(receivers, "a")), batch(at(receivers, "a"))]);
  assert.deepEqual(statuses(receivers), [["a firing"], ["a firing"]]);
});

test("two rules of a group are two messages", async () => {
  const receivers = new Receivers();
  const labels = [["alertname", "Slow"]] as const;
  await run(receivers, WEBHOOK, [batch(at(receivers, "a"), firing("x", { labels }))]);
  assert.deepEqual(
    bodies(receivers).map(({ groupLabels }) => groupLabels.alertname),
    ["Down", "Slow"],
  );
});

test("beyond 200 alerts of a rule they are counted", async () => {
  const receivers = new Receivers();
  const many = Array.from({ length: 1000 }, (_, i) => at(receivers, String(i)));
  await run(receivers, WEBHOOK, [batch(...many), batch(...many)]);
  const messages = bodies(receivers);
  assert.equal(messages.length, 1);
  assert.equal(messages[0].alerts.length, 200);
  assert.equal(messages[0].truncatedAlerts, 800);
});

test("large annotations fit into the table's item", async () => {
  const receivers = new Receivers();
  const noise = (i: number) =>
    Array.from({ length: 4000 }, (_, j) =>
      String.fromCodePoint(0x4e00 + ((i * 7919 + j * j * 104_729) % 20_000)),
    ).join("");
  const many = Array.from({ length: 150 }, (_, i) =>
    firing(String(i), { annotations: [["text", noise(i)]], endsAtMs: START_MS + 60 * MINUTE }),
  );
  await run(receivers, WEBHOOK, [batch(...many), batch(...many)]);
  assert.equal(receivers.take().length, 1, "what was told is remembered");
});

test("a topic gets a subject, a text and JSON", async () => {
  const receivers = new Receivers();
  await run(receivers, TOPIC, [batch(at(receivers, "a"), at(receivers, "bé"))]);
  const [{ url, headers, body }] = receivers.take();
  assert.equal(url.href, "https://sns.eu-west-1.amazonaws.com/");
  assert.match(headers.authorization, /Credential=AK\/20261130\/eu-west-1\/sns\/aws4_request/);
  const fields = new URLSearchParams(body);
  assert.equal(fields.get("Action"), "Publish");
  assert.equal(fields.get("Subject"), "[FIRING:2] Down severity=page");
  const message = JSON.parse(fields.get("Message")!);
  assert.equal(
    message.default,
    [
      "Down",
      "  severity = page",
      "  rule of group node, namespace rules.yml, tenant shop",
      "",
      "Firing: 2",
      "",
      "  instance=a",
      "    summary: a is down",
      "    since 2026-11-30T12:00:00Z",
      "    https://hearth.example/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
      "",
      "  instance=bé",
      "    summary: bé is down",
      "    since 2026-11-30T12:00:00Z",
      "    https://hearth.example/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    ].join("\n"),
  );
  assert.equal(JSON.parse(message.sqs).alerts.length, 2);
});

test("a message to a topic stays below SNS' limits", async () => {
  const receivers = new Receivers();
  const long = Array.from({ length: 200 }, (_, i) =>
    firing(`${"ü".repeat(300)}${i}`, {
      annotations: [["summary", `"\\${"é".repeat(2000)}`]],
      endsAtMs: START_MS + 9 * MINUTE,
    }),
  );
  await run(receivers, TOPIC, [batch(...long)]);
  const fields = new URLSearchParams(receivers.take()[0].body);
  assert.ok(
    Buffer.byteLength(fields.get("Message")!) <= 256 * 1024,
    String(Buffer.byteLength(fields.get("Message")!)),
  );
  assert.match(fields.get("Subject")!, /^[\x20-\x7e]{1,100}$/);
  const json = JSON.parse(JSON.parse(fields.get("Message")!).sqs);
  assert.equal(json.alerts.length + json.truncatedAlerts, 200);
});

test("a FIFO topic gets a group and an id", async () => {
  const receivers = new Receivers();
  await run(receivers, { HEARTH_ALERT_TOPIC_ARN: `${TOPIC.HEARTH_ALERT_TOPIC_ARN}.fifo` }, [
    batch(at(receivers, "a")),
  ]);
  const fields = new URLSearchParams(receivers.take()[0].body);
  assert.match(fields.get("MessageGroupId")!, /^[0-9a-f]{64}$/);
  assert.match(fields.get("MessageDeduplicationId")!, /^[0-9a-f]{64}$/);
});

test("a webhook and a topic each have their own memory", async () => {
  const receivers = new Receivers();
  receivers.respond = ({ url }) => ({ status: url.host.startsWith("sns") ? 400 : 200, text: "" });
  await run(receivers, { ...WEBHOOK, ...TOPIC }, [batch(at(receivers, "a"))]);
  receivers.respond = () => ({ status: 200, text: "" });
  receivers.take();
  await run(receivers, { ...WEBHOOK, ...TOPIC }, [batch(at(receivers, "a"))]);
  assert.deepEqual(
    receivers.take().map(({ url }) => url.host),
    ["sns.eu-west-1.amazonaws.com"],
  );
});
