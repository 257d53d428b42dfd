/** Which alerts an evaluation hands to delivery: as Prometheus does, with its times. */
import { type Clock, MINUTE_MS } from "../../model/time.ts";
import type { Alert } from "../alert.ts";
import { withLabels } from "../label-builder.ts";
import type { Notification } from "../notifier.ts";
import type { AlertingRule, RuleGroup } from "../rule-file.ts";
import { expressionUrl, type RuleSettings } from "../settings.ts";

/** How often an alert is sent that has not changed. */
export const RESEND_MS = MINUTE_MS;
/** A firing alert is to be believed for so many intervals without another word. */
const VALID_INTERVALS = 4;

export interface SentAlerts {
  /** With the time at which they were sent. */
  readonly alerts: readonly Alert[];
  readonly notifications: readonly Notification[];
  /** Those of them that are no repetition. */
  readonly changes: readonly Notification[];
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
  const changes: Notification[] = [];
  const after = alerts.map((alert) => {
    if (!needsSending(alert, timeMs)) return alert;
    const validUntilMs = validUntil(Math.max(timeMs, startedMs), intervalMs);
    const notification = notificationOf(rule, alert, alert.resolvedAtMs, validUntilMs, settings);
    notifications.push(notification);
    if ((alert.sentAtMs ?? 0) < (alert.resolvedAtMs ?? alert.firedAtMs ?? timeMs)) changes.push(notification);
    return { ...alert, sentAtMs: timeMs };
  });
  return { alerts: after, notifications, changes };
}

/** `resolvedAtMs`: undefined for an alert that fires. */
function notificationOf(
  rule: AlertingRule,
  { labels, annotations, firedAtMs, activeAtMs }: Alert,
  resolvedAtMs: number | undefined,
  validUntilMs: number,
  { externalLabels, externalUrl }: RuleSettings,
): Notification {
  return {
    labels: withLabels(externalLabels, labels),
    annotations,
    startsAtMs: firedAtMs ?? activeAtMs,
    endsAtMs: resolvedAtMs ?? validUntilMs,
    isResolved: resolvedAtMs !== undefined,
    generatorUrl: expressionUrl(externalUrl, rule.expr),
  };
}

function validUntil(timeMs: number, intervalMs: number): number {
  return timeMs + VALID_INTERVALS * Math.max(intervalMs, RESEND_MS);
}

/** What perhaps was not sent when it should have been, as it is sent now. */
export function repeatNotifications(
  changes: readonly Notification[],
  group: RuleGroup,
  { settings, clock }: { readonly settings: RuleSettings; readonly clock: Clock },
): Notification[] {
  const endsAtMs = validUntil(clock(), group.intervalMs ?? settings.intervalMs);
  return changes.map((change) => (change.isResolved ? change : { ...change, endsAtMs }));
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
