/**
 * Evaluates an alerting rule: which alerts become active, fire, and are resolved. As Prometheus 3.16 does it
 * (https://github.com/prometheus/prometheus/blob/main/rules/alerting.go).
 */
import { errorMessage, HearthError } from "../../model/errors.ts";
import { type Label, type LabelSet, labelSetOf, METRIC_NAME } from "../../model/labels.ts";
import { MINUTE_MS, SECOND_MS } from "../../model/time.ts";
import {
  ALERT_NAME,
  ALERT_STATE_LABEL,
  ALERTS_FOR_STATE_METRIC,
  ALERTS_METRIC,
  type Alert,
} from "../alert.ts";
import { labelsKey, withLabels, withoutLabel } from "../label-builder.ts";
import type { RecordedSample } from "../recorded-samples.ts";
import type { AlertingRule } from "../rule-file.ts";
import { hasTemplate, type QuerySample } from "../templates.ts";

/** How long a resolved alert is kept, so that receivers learn of it although some deliveries fail. */
export const RESOLVED_RETENTION_MS = 15 * MINUTE_MS;

/** Expands a text of an alert for a sample. Throws "invalid". */
export type Expand = (text: string, alertName: string, sample: QuerySample) => Promise<string>;

export interface AlertingResult {
  readonly alerts: readonly Alert[];
  readonly samples: readonly RecordedSample[];
}

/** Alerts of a rule that produced more than its group's limit. They are forgotten, as in Prometheus. */
export class AlertLimitError extends HearthError {
  constructor(limit: number, count: number) {
    super("too large", `exceeded limit of ${limit} with ${count} alerts`);
  }
}

export interface AlertingInput {
  readonly rule: AlertingRule;
  /** The rule's and its group's, texts not expanded. */
  readonly labels: readonly Label[];
  readonly limit: number;
  readonly before: readonly Alert[];
  readonly result: readonly QuerySample[];
  /** The nominal time, and the time of samples, in ms. */
  readonly timeMs: number;
  readonly sampleTimeMs: number;
  readonly expand: Expand;
}

/** Throws "invalid" for two alerts with the same labels, `AlertLimitError`. */
export async function evaluateAlerts(input: AlertingInput): Promise<AlertingResult> {
  const { rule, labels, limit, before, timeMs, sampleTimeMs } = input;
  const returned = await returnedAlerts(input);
  const active = new Map(before.map((alert) => [labelsKey(alert.labels), alert]));
  for (const [key, alert] of returned) {
    const known = active.get(key);
    const { value, annotations } = alert;
    active.set(
      key,
      known === undefined || known.state === "inactive" ? alert : { ...known, value, annotations },
    );
  }
  const alerts: Alert[] = [];
  const samples: RecordedSample[] = [];
  let activeCount = 0;
  for (const [key, known] of active) {
    const alert = step(known, returned.has(key), rule, timeMs);
    if (alert === undefined) continue;
    alerts.push(alert);
    if (alert.state === "inactive") continue;
    activeCount++;
    samples.push(...alertSamples(rule.alert, labels, alert, sampleTimeMs));
  }
  if (limit > 0 && activeCount > limit) throw new AlertLimitError(limit, activeCount);
  return { alerts, samples };
}

/** The alerts of the expression's result, by their labels, all of them new. */
async function returnedAlerts({
  rule,
  labels,
  result,
  timeMs,
  expand,
}: AlertingInput): Promise<Map<string, Alert>> {
  const alerts = new Map<string, Alert>();
  for (const sample of result) {
    const expandOne = (text: string) => expand(text, rule.alert, sample);
    const expanded = await expandAll(labels, expandOne);
    const own = withLabels(withoutLabel(sample.labels, METRIC_NAME), [...expanded, [ALERT_NAME, rule.alert]]);
    const annotations = labelSetOf(await expandAll(rule.annotations, expandOne));
    const key = labelsKey(own);
    if (alerts.has(key))
      throw new HearthError(
        "invalid",
        "vector contains metrics with the same labelset after applying alert labels",
      );
    const value = typeof sample.value === "number" ? sample.value : 0;
    alerts.set(key, { labels: own, annotations, state: "pending", value, activeAtMs: timeMs });
  }
  return alerts;
}

type ExpandOne = (text: string) => Promise<string>;

async function expandAll(pairs: readonly Label[], expand: ExpandOne): Promise<Label[]> {
  const expanded: Label[] = [];
  for (const [name, text] of pairs)
    expanded.push([name, hasTemplate(text) ? await expandOrExplain(text, expand) : text]);
  return expanded;
}

/** A template that fails costs its own text alone. */
async function expandOrExplain(text: string, expand: ExpandOne): Promise<string> {
  try {
    return await expand(text);
  } catch (error) {
    return `<error expanding template: ${errorMessage(error)}>`;
  }
}

/** An alert after an evaluation that returned it or not; undefined once it is forgotten. */
function step(known: Alert, isReturned: boolean, rule: AlertingRule, timeMs: number): Alert | undefined {
  if (!isReturned) {
    if (known.state === "pending") return undefined;
    if (known.state === "inactive")
      return timeMs - (known.resolvedAtMs ?? 0) > RESOLVED_RETENTION_MS ? undefined : known;
    const keepFiringSinceMs = known.keepFiringSinceMs ?? timeMs;
    if (rule.keepFiringForMs === 0 || timeMs - keepFiringSinceMs >= rule.keepFiringForMs)
      return { ...known, state: "inactive", resolvedAtMs: timeMs };
    return heldBack({ ...known, keepFiringSinceMs }, rule, timeMs);
  }
  const alert: Alert = { ...known, keepFiringSinceMs: undefined };
  if (alert.state === "pending" && timeMs - alert.activeAtMs >= rule.forMs)
    return { ...alert, state: "firing", firedAtMs: timeMs };
  return heldBack(alert, rule, timeMs);
}

/** An alert that fires is pending again if the rule's `for` was lengthened. */
function heldBack(alert: Alert, { forMs }: AlertingRule, timeMs: number): Alert {
  if (alert.state !== "firing" || timeMs - alert.activeAtMs >= forMs) return alert;
  const { labels, annotations, value, activeAtMs } = alert;
  return { labels, annotations, value, activeAtMs, state: "pending" };
}

/** The samples of `ALERTS` and `ALERTS_FOR_STATE`. As in Prometheus, texts of labels count where an alert has no label of the name. */
function alertSamples(
  name: string,
  ruleLabels: readonly Label[],
  { labels, state, activeAtMs }: Alert,
  timestamp: number,
): RecordedSample[] {
  const all: LabelSet = withLabels(ruleLabels, [...labels, [ALERT_NAME, name]]);
  return [
    {
      labels: withLabels(all, [
        [METRIC_NAME, ALERTS_METRIC],
        [ALERT_STATE_LABEL, state],
      ]),
      timestamp,
      value: 1,
    },
    {
      labels: withLabels(all, [[METRIC_NAME, ALERTS_FOR_STATE_METRIC]]),
      timestamp,
      value: Math.floor(activeAtMs / SECOND_MS),
    },
  ];
}
