/** One message about a rule's alerts: in Alertmanager's webhook form, and as a subject and a text for people. */
import type { LabelSet } from "../../model/labels.ts";
import { ALERT_NAME } from "../alert.ts";
import { objectOf } from "./alertmanager.ts";
import type { KnownAlert, NoticeReason } from "./told-alerts.ts";
import type { GroupPlace } from "./told-store.ts";

export interface RuleMessage extends GroupPlace {
  readonly alertName: string;
  readonly alerts: readonly KnownAlert[];
  /** Alerts that are not in the list. */
  readonly unlisted: number;
  readonly externalUrl: string;
  readonly reason: NoticeReason;
}

/** Go's zero time: an alert that fires has no end. */
const NO_END = "0001-01-01T00:00:00Z";
/** SNS takes up to 100 ASCII characters. */
const MAX_SUBJECT = 100;

export type Status = "firing" | "resolved";

export function statusOf({ alerts, unlisted }: RuleMessage): Status {
  return unlisted > 0 || alerts.some(({ isResolved }) => !isResolved) ? "firing" : "resolved";
}

/** https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
export function webhookPayload(message: RuleMessage, receiver: string) {
  const { namespace, group, alertName, alerts, unlisted, externalUrl } = message;
  return {
    version: "4",
    groupKey: `{}/{namespace=${JSON.stringify(namespace)},group=${JSON.stringify(group)}}:{alertname=${JSON.stringify(alertName)}}`,
    truncatedAlerts: unlisted,
    status: statusOf(message),
    receiver,
    notification_reason: message.reason,
    groupLabels: { [ALERT_NAME]: alertName },
    // Of routes, which there are none of.
    routeLabels: {},
    commonLabels: objectOf(common(alerts.map(({ labels }) => labels))),
    commonAnnotations: objectOf(common(alerts.map(({ annotations }) => annotations))),
    externalURL: externalUrl,
    alerts: alerts.map((alert) => ({
      status: alert.isResolved ? "resolved" : "firing",
      labels: objectOf(alert.labels),
      annotations: objectOf(alert.annotations),
      startsAt: new Date(alert.startsAtMs).toISOString(),
      endsAt: alert.isResolved ? new Date(alert.endsAtMs).toISOString() : NO_END,
      generatorURL: alert.generatorUrl,
      fingerprint: alert.fingerprint,
    })),
  };
}

/** What all label sets have. */
function common(all: readonly LabelSet[]): LabelSet {
  const [first = [], ...others] = all;
  return first.filter(([name, value]) =>
    others.every((labels) => labels.some(([n, v]) => n === name && v === value)),
  );
}

/** `[FIRING:2, RESOLVED:1] HighLoad severity=page`. */
export function subjectOf(message: RuleMessage): string {
  const { alertName, alerts, unlisted } = message;
  const resolved = alerts.filter(({ isResolved }) => isResolved).length;
  const firing = alerts.length - resolved + unlisted;
  const counts = [
    ...(firing > 0 ? [`FIRING:${firing}`] : []),
    ...(resolved > 0 ? [`RESOLVED:${resolved}`] : []),
  ];
  const labels = common(alerts.map((alert) => alert.labels))
    .filter(([name]) => name !== ALERT_NAME)
    .map(([name, value]) => `${name}=${value}`);
  const words = [`[${counts.join(", ")}]`, alertName, ...labels].join(" ");
  const ascii = words.replace(/[^\x20-\x7e]+/g, "?");
  return ascii.length <= MAX_SUBJECT ? ascii : `${ascii.slice(0, MAX_SUBJECT - 3)}...`;
}

/** What a person reads first comes first. At most `maxBytes` of UTF-8. */
export function textOf(message: RuleMessage, maxBytes: number): string {
  const { alerts, unlisted, tenant, namespace, group, alertName } = message;
  const shared = common(alerts.map(({ labels }) => labels)).filter(([name]) => name !== ALERT_NAME);
  const head = [
    alertName,
    ...shared.map(([name, value]) => `  ${name} = ${value}`),
    `  rule of group ${group}, namespace ${namespace}, tenant ${tenant}`,
  ];
  const sections = [
    section(
      "Firing",
      alerts.filter(({ isResolved }) => !isResolved),
      shared,
    ),
    section(
      "Resolved",
      alerts.filter(({ isResolved }) => isResolved),
      shared,
    ),
  ].filter((lines) => lines.length > 0);
  const more = unlisted > 0 ? [[`and ${unlisted} more that fire`]] : [];
  const text = [head, ...sections, ...more].map((lines) => lines.join("\n")).join("\n\n");
  return cutBytes(text, maxBytes);
}

function section(title: string, alerts: readonly KnownAlert[], shared: LabelSet): string[] {
  if (alerts.length === 0) return [];
  return [`${title}: ${alerts.length}`, ...alerts.flatMap((alert) => ["", ...alertLines(alert, shared)])];
}

function alertLines(alert: KnownAlert, shared: LabelSet): string[] {
  const own = alert.labels.filter(
    ([name]) => name !== ALERT_NAME && !shared.some(([sharedName]) => sharedName === name),
  );
  const since = new Date(alert.startsAtMs).toISOString().replace(/\.\d+Z$/, "Z");
  const until = alert.isResolved
    ? ` until ${new Date(alert.endsAtMs).toISOString().replace(/\.\d+Z$/, "Z")}`
    : "";
  return [
    `  ${own.map(([name, value]) => `${name}=${value}`).join(" ") || alert.labels.map(([, value]) => value).join(" ")}`,
    ...alert.annotations.map(([name, value]) => `    ${name}: ${value.replaceAll("\n", "\n      ")}`),
    `    since ${since}${until}`,
    ...(alert.generatorUrl === "" ? [] : [`    ${alert.generatorUrl}`]),
  ];
}

const utf8 = new TextEncoder();

export function sizeOf(text: string): number {
  return utf8.encode(text).length;
}

export function cutBytes(text: string, maxBytes: number): string {
  const bytes = utf8.encode(text);
  if (bytes.length <= maxBytes) return text;
  // A character that is cut becomes U+FFFD, at the end.
  return `${new TextDecoder().decode(bytes.subarray(0, maxBytes - 8)).replace(/\uFFFD+$/, "")}\n…`;
}
