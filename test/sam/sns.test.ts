/** An SNS topic, and secrets of SSM Parameter Store and Secrets Manager, as moto has them. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { AwsCalls } from "../../lib/rules/delivery/aws-call.ts";
import { newNotifier } from "../../lib/rules/delivery/new-notifier.ts";
import { newPost } from "../../lib/rules/delivery/post.ts";
import { parseDeliverySettings } from "../../lib/rules/delivery/settings.ts";
import { MemoryTable } from "../../lib/storage/table/memory-table.ts";
import { startWebhookReceiver } from "../peers/alerts/webhook-receiver.ts";
import { batch, firing } from "../rules/delivery/receivers.ts";
import { startMoto } from "./stand-ins/moto.ts";

const REGION = "us-east-1";
const credentials = async () => ({ accessKeyId: "test", secretAccessKey: "test" });

/** A call of a service of moto's. */
async function call(
  endpoint: string,
  name: string,
  headers: Record<string, string>,
  body: string,
): Promise<string> {
  const calls = new AwsCalls(credentials, Date.now);
  const request = await calls.request({ name, region: REGION, endpoint }, headers, body, false);
  const response = await fetch(request.url, { method: "POST", headers: request.headers, body });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

const query = (endpoint: string, name: string, fields: Record<string, string>) =>
  call(
    endpoint,
    name,
    { "content-type": "application/x-www-form-urlencoded" },
    new URLSearchParams(fields).toString(),
  );
const json = (endpoint: string, name: string, target: string, body: object) =>
  call(
    endpoint,
    name,
    { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
    JSON.stringify(body),
  );

it("sends alerts to a topic, with secrets from both stores", { timeout: 120_000 }, async () => {
  await using moto = await startMoto();
  const { endpoint } = moto;
  const created = await query(endpoint, "sns", {
    Action: "CreateTopic",
    Version: "2010-03-31",
    Name: "alerts",
  });
  const topicArn = /<TopicArn>(.+?)<\/TopicArn>/.exec(created)![1];
  const queue = await query(endpoint, "sqs", {
    Action: "CreateQueue",
    Version: "2012-11-05",
    QueueName: "seen",
  });
  const queueUrl = /<QueueUrl>(.+?)<\/QueueUrl>/.exec(queue)![1];
  await query(endpoint, "sns", {
    Action: "Subscribe",
    Version: "2010-03-31",
    TopicArn: topicArn,
    Protocol: "sqs",
    Endpoint: `arn:aws:sqs:${REGION}:123456789012:seen`,
  });
  await json(endpoint, "ssm", "AmazonSSM.PutParameter", {
    Name: "/hearth/alertmanager",
    Type: "SecureString",
    Value: "basic hearth:s3cret",
  });
  const stored = await json(endpoint, "secretsmanager", "secretsmanager.CreateSecret", {
    Name: "hook",
    SecretString: '{"token":"t0ken"}',
  });
  const { ARN } = JSON.parse(stored) as { ARN: string };

  await using receiver = await startWebhookReceiver();
  const notifier = newNotifier(
    parseDeliverySettings({
      HEARTH_ALERT_TOPIC_ARN: topicArn,
      HEARTH_ALERTMANAGER_URLS: receiver.url,
      HEARTH_ALERTMANAGER_AUTH_SECRET: "/hearth/alertmanager",
      HEARTH_ALERT_WEBHOOK_URLS: receiver.url,
      HEARTH_ALERT_WEBHOOK_AUTH_SECRET: ARN,
    }),
    {
      post: newPost(fetch),
      clock: Date.now,
      table: new MemoryTable(),
      log: (_, message, fields) => assert.fail(`${message} ${JSON.stringify(fields)}`),
      externalUrl: "https://hearth.example",
      aws: {
        region: REGION,
        credentials,
        endpoints: { sns: endpoint, ssm: endpoint, secretsmanager: endpoint },
      },
    },
  );
  const nowMs = Date.now();
  const fresh = { startsAtMs: nowMs, endsAtMs: nowMs + 240_000 };
  const report = await notifier.notify(batch(firing("a", fresh), firing("bé", fresh)), {
    deadlineMs: nowMs + 30_000,
  });
  assert.deepEqual(report, { delivered: 6, failed: 0 });
  assert.deepEqual(receiver.authorizations.toSorted(), [
    `Basic ${Buffer.from("hearth:s3cret").toString("base64")}`,
    "Bearer t0ken",
  ]);

  const received = await query(endpoint, "sqs", {
    Action: "ReceiveMessage",
    Version: "2012-11-05",
    QueueUrl: queueUrl,
  });
  const envelope = JSON.parse(unescapeXml(/<Body>(.*?)<\/Body>/s.exec(received)![1])) as {
    Subject: string;
    Message: string;
    MessageAttributes: Record<string, { Value: string }>;
  };
  assert.equal(envelope.Subject, "[FIRING:2] Down severity=page");
  assert.equal(envelope.MessageAttributes.status.Value, "firing");
  const message = JSON.parse(envelope.Message) as {
    version: string;
    alerts: { labels: { instance: string } }[];
  };
  assert.equal(message.version, "4");
  assert.deepEqual(
    message.alerts.map(({ labels }) => labels.instance),
    ["a", "bé"],
  );
});

function unescapeXml(text: string): string {
  const named: Record<string, string> = { quot: '"', lt: "<", gt: ">", apos: "'", amp: "&" };
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_, code, name) =>
    code ? String.fromCodePoint(Number(code)) : named[name],
  );
}
