/** Alertmanager's API, version 2. https://prometheus.io/docs/alerting/latest/clients/ */
import type { LabelSet } from "../../model/labels.ts";
import type { Notification } from "../notifier.ts";

/** Alerts of one request, as Prometheus' default. */
export const MAX_BATCH = 256;

/** The path under a receiver's URL, whose own path stays. */
export function alertmanagerUrl(url: URL): URL {
  const at = new URL(url);
  at.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v2/alerts`;
  return at;
}

export function alertmanagerBodies(notifications: readonly Notification[]): string[] {
  const bodies: string[] = [];
  for (let i = 0; i < notifications.length; i += MAX_BATCH)
    bodies.push(JSON.stringify(notifications.slice(i, i + MAX_BATCH).map(postableAlert)));
  return bodies;
}

function postableAlert({ labels, annotations, startsAtMs, endsAtMs, generatorUrl }: Notification) {
  return {
    labels: objectOf(labels),
    annotations: objectOf(annotations),
    startsAt: new Date(startsAtMs).toISOString(),
    endsAt: new Date(endsAtMs).toISOString(),
    generatorURL: generatorUrl,
  };
}

/** An object without a prototype: a label may be called `__proto__`. */
export function objectOf(labels: LabelSet): Record<string, string> {
  const object: Record<string, string> = Object.create(null);
  for (const [name, value] of labels) object[name] = value;
  return object;
}
