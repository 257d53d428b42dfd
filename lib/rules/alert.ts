/** Alerts: the instances of an alerting rule, one for each label set that its expression returned. */
import type { LabelSet } from "../model/labels.ts";

export const ALERT_NAME = "alertname";
/** The series that show active alerts, and since when each is active. */
export const ALERTS_METRIC = "ALERTS";
export const ALERTS_FOR_STATE_METRIC = "ALERTS_FOR_STATE";
export const ALERT_STATE_LABEL = "alertstate";

/** An inactive alert was firing and is resolved; it is kept a while so that receivers learn of it. */
export type AlertState = "pending" | "firing" | "inactive";

/** All times are nominal times in ms since the epoch. */
export interface Alert {
  /** With `alertname`, without a metric name. Identifies the alert within its rule. */
  readonly labels: LabelSet;
  /** Expanded at the last evaluation that returned the alert. */
  readonly annotations: LabelSet;
  readonly state: AlertState;
  /** At the last evaluation that returned the alert. NaN for a histogram. */
  readonly value: number;
  /** Since when the expression returns it. */
  readonly activeAtMs: number;
  /** Since when it fires; absent while it is pending. */
  readonly firedAtMs?: number | undefined;
  /** Only of inactive alerts. */
  readonly resolvedAtMs?: number | undefined;
  /** Since when it fires only because of `keep_firing_for`. */
  readonly keepFiringSinceMs?: number | undefined;
  /** When it was handed to delivery last. */
  readonly sentAtMs?: number | undefined;
}
