/** Which alerts an evaluation hands to delivery: as Prometheus does, with its times. */
import { MINUTE_MS } from "../../model/time.ts";
import type { Alert } from "../alert.ts";
import { withLabels } from "../label-builder.ts";
import type { Notification } from "../notifier.ts";
import type { AlertingRule } from "../rule-file.ts";
import { expressionUrl, type RuleSettings } from "../settings.ts";

/** How often an alert is sent that has not changed. */
export const RESEND_MS = MINUTE_MS;
/** A firing alert is to be believed for so many intervals without another word. */
const VALID_INTERVALS = 4;

export interface SentAlerts {
  /** With the time at which they were sent. */
  readonly alerts: readonly Alert[];
  readonly notifications: readonly Notification[];
}

/** `startedMs`: when the evaluation began by the clock; an evaluation that is late must not end its alerts early. */
export function takeNotifications(
  rule: AlertingRule,
  alerts: readonly Alert[],
  timeMs: number,
  startedMs: number,
  intervalMs: number,
  settings: RuleSettings,
): SentAlerts {
  const notifications: Notification[] = [];
  const after = alerts.map((alert) => {
    if (!needsSending(alert, timeMs)) return alert;
    const validUntilMs = Math.max(timeMs, startedMs) + VALID_INTERVALS * Math.max(intervalMs, RESEND_MS);
    notifications.push({
      labels: withLabels(settings.externalLabels, alert.labels),
      annotations: alert.annotations,
      startsAtMs: alert.firedAtMs ?? alert.activeAtMs,
      endsAtMs: alert.resolvedAtMs ?? validUntilMs,
      isResolved: alert.state === "inactive",
      generatorUrl: expressionUrl(settings.externalUrl, rule.expr),
    });
    return { ...alert, sentAtMs: timeMs };
  });
  return { alerts: after, notifications };
}

/**
 * Of a rule that is no more: its firing alerts as resolved. Prometheus lets receivers wait for their `endsAt`, which not all
 * receivers have.
 */
export function endedNotifications(
  alerts: readonly Alert[],
  timeMs: number,
  { externalLabels, externalUrl }: RuleSettings,
): Notification[] {
  return alerts
    .filter(({ state }) => state === "firing")
    .map((alert) => ({
      labels: withLabels(externalLabels, alert.labels),
      annotations: alert.annotations,
      startsAtMs: alert.firedAtMs ?? alert.activeAtMs,
      endsAtMs: timeMs,
      isResolved: true,
      generatorUrl: `${externalUrl}/`,
    }));
}

function needsSending({ state, resolvedAtMs, sentAtMs }: Alert, timeMs: number): boolean {
  if (state === "pending") return false;
  if (sentAtMs === undefined) return true;
  if (resolvedAtMs !== undefined && resolvedAtMs > sentAtMs) return true;
  return sentAtMs + RESEND_MS < timeMs;
}
