/**
 * What rules hand to delivery. An evaluation hands over what Prometheus would send to an Alertmanager: a firing alert
 * when it begins and then once a minute, a resolved one when it ends and then once a minute for 15 minutes.
 */
import type { LabelSet } from "../model/labels.ts";
import type { Clock } from "../model/time.ts";

export interface Notification {
  /** With the rule's labels and `alertname`, and with the external labels that it lacks. */
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  /** Since when it fires, in ms. */
  readonly startsAtMs: number;
  /** Of a resolved alert when it ended; of a firing one the time until which it is to be believed without another word. */
  readonly endsAtMs: number;
  readonly isResolved: boolean;
  /** A link to the page with the rule's expression. */
  readonly generatorUrl: string;
}

/** The notifications of one group. */
export interface NotificationBatch {
  readonly tenant: string;
  readonly namespace: string;
  readonly group: string;
  /** In the order of evaluation: an alert that came and went between two calls is in it twice, firing, then resolved. */
  readonly notifications: readonly Notification[];
}

export interface DeliveryOptions {
  /** No further attempt begins after this time, in ms since the epoch. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The run's, by which alerts end and messages repeat. Default: the process'. */
  readonly clock?: Clock | undefined;
}

/** Counts of notifications. A receiver that did not accept one counts for itself. */
export interface DeliveryReport {
  readonly delivered: number;
  readonly failed: number;
}

export interface Notifier {
  /** Never throws: what could not be delivered is logged and counted. Called at least once for each notification. */
  notify(batches: readonly NotificationBatch[], options: DeliveryOptions): Promise<DeliveryReport>;
}
