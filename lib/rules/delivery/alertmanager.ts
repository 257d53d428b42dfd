/** Alertmanager's API, version 2. https://prometheus.io/docs/alerting/latest/clients/ */
import type { LabelSet } from "../../model/labels.ts";
import type { Notification } from "../notifier.ts";

/** Alerts of one request, as Prometheus' default. */
const MAX_BATCH = 256;
/** Characters of a request with more than one alert: labels and annotations of 256 may be many megabytes. */
const MAX_BODY_CHARACTERS = 4 * 1024 * 1024;

export interface AlertmanagerBody {
  readonly body: string;
  readonly count: number;
}

/** The path under a receiver's URL, whose own path stays. */
export function alertmanagerUrl(url: URL): URL {
  const at = new URL(url);
  at.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v2/alerts`;
  return at;
}

/** One at a time: all of them together may take more memory than there is. */
export function* alertmanagerBodies(notifications: readonly Notification[]): Generator<AlertmanagerBody> {
  let alerts: string[] = [];
  let length = 0;
  for (const notification of notifications) {
    const alert = JSON.stringify(postableAlert(notification));
    if (alerts.length === MAX_BATCH || (alerts.length > 0 && length + alert.length > MAX_BODY_CHARACTERS)) {
      yield bodyOf(alerts);
      alerts = [];
      length = 0;
    }
    alerts.push(alert);
    length += alert.length;
  }
  if (alerts.length > 0) yield bodyOf(alerts);
}

function bodyOf(alerts: readonly string[]): AlertmanagerBody {
  return { body: `[${alerts.join()}]`, count: alerts.length };
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
