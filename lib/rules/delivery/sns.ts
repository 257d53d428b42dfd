/** Amazon SNS: a subject and a text for people, the webhook's JSON for programs. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
import { createHash } from "node:crypto";
import { type RuleMessage, sizeOf, statusOf, subjectOf, textOf, webhookPayload } from "./message.ts";

/** Of a whole message SNS takes 256 KB; both forms are in it, escaped, one of them several times. */
const MAX_TEXT_BYTES = 16 * 1024;
const MAX_JSON_BYTES = 28 * 1024;
/** Protocols that programs subscribe with. */
const JSON_PROTOCOLS = ["lambda", "sqs", "http", "https", "firehose"];

/** The body of a Publish. */
export function publishBody(topicArn: string, message: RuleMessage): string {
  const text = textOf(message, MAX_TEXT_BYTES);
  const json = jsonOf(message);
  const byProtocol: Record<string, string> = {
    default: text,
    email: text,
    "email-json": json,
    sms: subjectOf(message),
  };
  for (const protocol of JSON_PROTOCOLS) byProtocol[protocol] = json;
  const fields = new URLSearchParams({
    Action: "Publish",
    Version: "2010-03-31",
    TopicArn: topicArn,
    Subject: subjectOf(message),
    MessageStructure: "json",
    Message: JSON.stringify(byProtocol),
  });
  // Subscriptions filter by them.
  const attributes = {
    status: statusOf(message),
    alertname: message.alertName,
    tenant: message.tenant,
    namespace: message.namespace,
  };
  let number = 0;
  for (const [name, value] of Object.entries(attributes)) {
    if (value === "") continue;
    const prefix = `MessageAttributes.entry.${++number}`;
    fields.set(`${prefix}.Name`, name);
    fields.set(`${prefix}.Value.DataType`, "String");
    fields.set(`${prefix}.Value.StringValue`, value);
  }
  if (topicArn.endsWith(".fifo")) {
    const rule = JSON.stringify([message.tenant, message.namespace, message.group, message.alertName]);
    fields.set("MessageGroupId", digest(rule));
    fields.set("MessageDeduplicationId", digest(json));
  }
  return fields.toString();
}

/** With as many alerts as there is room for. */
function jsonOf(message: RuleMessage): string {
  let kept = message;
  for (;;) {
    const json = JSON.stringify(webhookPayload(kept, "sns"));
    if (sizeOf(json) <= MAX_JSON_BYTES || kept.alerts.length === 0) return json;
    const half = Math.floor(kept.alerts.length / 2);
    const left = kept.alerts.length - half;
    kept = { ...kept, alerts: kept.alerts.slice(0, half), unlisted: kept.unlisted + left };
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** `arn:aws:sns:eu-west-1:…`. */
export function regionOfTopic(topicArn: string): string {
  return topicArn.split(":")[3];
}
