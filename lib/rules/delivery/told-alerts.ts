/**
 * What receivers without a memory of their own, SNS topics and webhooks, were told of a group's alerts. They get one
 * message per rule when its alerts change, and again every four hours while any fires.
 */
import { HOUR_MS } from "../../model/time.ts";
import { ALERT_NAME } from "../alert.ts";
import type { Notification } from "../notifier.ts";
import { fingerprintOf } from "./fingerprint.ts";

/** Alertmanager's default. */
export const REPEAT_MS = 4 * HOUR_MS;
/** Of a rule: what is beyond them is counted and not listed. */
export const MAX_LISTED = 200;

export interface KnownAlert extends Notification {
  readonly fingerprint: string;
  /** Receivers that know that it fires. */
  readonly toldTo: readonly string[];
}

export interface KnownRule {
  readonly alertName: string;
  /** In the order in which they came. Resolved ones until every receiver that knew them as firing knows. */
  readonly alerts: readonly KnownAlert[];
  /** Alerts beyond those that are listed, as of the newest evaluation. */
  readonly unlisted: number;
  /** When each receiver got its newest message, in ms. */
  readonly sentMs: Readonly<Record<string, number>>;
}

/** The rules of a group with alerts, by the alert's name. */
export type KnownGroup = ReadonlyMap<string, KnownRule>;

/** Takes up what an evaluation reported, and ends what it should have reported and did not. */
export function updateGroup(
  known: KnownGroup,
  notifications: readonly Notification[],
  nowMs: number,
): KnownGroup {
  const byRule = Map.groupBy(notifications, nameOf);
  const names = new Set([...known.keys(), ...byRule.keys()]);
  return new Map(
    Array.from(names, (name) => [
      name,
      updateRule(known.get(name) ?? newRule(name), byRule.get(name) ?? [], nowMs),
    ]),
  );
}

function newRule(alertName: string): KnownRule {
  return { alertName, alerts: [], unlisted: 0, sentMs: {} };
}

function nameOf({ labels }: Notification): string {
  return labels.find(([name]) => name === ALERT_NAME)?.[1] ?? "";
}

function updateRule(rule: KnownRule, notifications: readonly Notification[], nowMs: number): KnownRule {
  const alerts = new Map(rule.alerts.map((alert) => [alert.fingerprint, ended(alert, nowMs)]));
  let unlisted = 0;
  for (const notification of notifications) {
    const fingerprint = fingerprintOf(notification.labels);
    const before = alerts.get(fingerprint);
    // Nobody knows of it, and it is over.
    if (before === undefined && notification.isResolved) continue;
    if (before === undefined && alerts.size >= MAX_LISTED) {
      unlisted++;
      continue;
    }
    alerts.set(fingerprint, { ...notification, fingerprint, toldTo: before?.toldTo ?? [] });
  }
  const kept = [...alerts.values()].filter(({ isResolved, toldTo }) => !isResolved || toldTo.length > 0);
  return { ...rule, alerts: kept, unlisted };
}

/** An alert of which nothing was heard for too long. */
function ended(alert: KnownAlert, nowMs: number): KnownAlert {
  return alert.isResolved || alert.endsAtMs > nowMs ? alert : { ...alert, isResolved: true };
}

/** Whether a receiver is due a message about a rule. */
export function isDue({ alerts, sentMs }: KnownRule, receiver: string, nowMs: number): boolean {
  const isFiring = alerts.some(({ isResolved }) => !isResolved);
  const hasChanged = alerts.some(({ isResolved, toldTo }) => toldTo.includes(receiver) === isResolved);
  // A message from the future was dated by a clock that was wrong.
  const agoMs = Math.abs(nowMs - (sentMs[receiver] ?? 0));
  return hasChanged || (isFiring && agoMs >= REPEAT_MS);
}

/** Why a receiver is due a message, in Alertmanager's words. */
export type NoticeReason =
  | "first notification"
  | "new alerts added"
  | "some alerts resolved"
  | "all alerts resolved"
  | "repeat interval elapsed";

export function reasonFor({ alerts }: KnownRule, receiver: string): NoticeReason {
  const known = alerts.filter(({ toldTo }) => toldTo.includes(receiver));
  if (known.length === 0) return "first notification";
  if (alerts.some(({ isResolved, toldTo }) => !isResolved && !toldTo.includes(receiver)))
    return "new alerts added";
  if (known.every(({ isResolved }) => isResolved)) return "all alerts resolved";
  return known.some(({ isResolved }) => isResolved) ? "some alerts resolved" : "repeat interval elapsed";
}

/** What a message to a receiver lists: what fires, and what it knew as firing and is over. */
export function alertsFor({ alerts }: KnownRule, receiver: string): KnownAlert[] {
  return alerts.filter(({ isResolved, toldTo }) => !isResolved || toldTo.includes(receiver));
}

/** The rule after a receiver has got its message. */
export function markTold(rule: KnownRule, receiver: string, nowMs: number): KnownRule {
  const alerts = rule.alerts
    .map((alert) => {
      const others = alert.toldTo.filter((one) => one !== receiver);
      return { ...alert, toldTo: alert.isResolved ? others : [...others, receiver] };
    })
    .filter(({ isResolved, toldTo }) => !isResolved || toldTo.length > 0);
  return { ...rule, alerts, sentMs: { ...rule.sentMs, [receiver]: nowMs } };
}

/** Forgets receivers that are no longer set, and rules without alerts. */
export function tidyGroup(group: KnownGroup, receivers: readonly string[]): KnownGroup {
  const rules = Array.from(group.values(), (rule): KnownRule => {
    const alerts = rule.alerts
      .map((alert) => ({ ...alert, toldTo: alert.toldTo.filter((one) => receivers.includes(one)) }))
      .filter(({ isResolved, toldTo }) => !isResolved || toldTo.length > 0);
    const sentMs = Object.fromEntries(
      Object.entries(rule.sentMs).filter(([name]) => receivers.includes(name)),
    );
    return { ...rule, alerts, sentMs };
  });
  return new Map(rules.filter(({ alerts }) => alerts.length > 0).map((rule) => [rule.alertName, rule]));
}
