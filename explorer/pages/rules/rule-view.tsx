/** A rule: its state, its expression, what went wrong, its alerts and its cost. */
import type { ApiAlert, ApiRule, CostEstimate } from "../../api/hearth.ts";
import { printMetric } from "../../api/metric-text.ts";
import { Link, queryParameters } from "../../app/link.tsx";
import { zone } from "../../app/preferences.ts";
import { Badge, type Tone } from "../../design/badge.tsx";
import { Icon } from "../../design/icon.tsx";
import { printNumber, printValue } from "../../number/units.ts";
import { printDuration } from "../../time/durations.ts";
import { printTime } from "../../time/time-text.ts";
import { printDollars } from "../cost/money.ts";
import { type RuleState, stateOf } from "./rule-list.ts";

const TONES: Readonly<Record<RuleState, Tone>> = {
  error: "bad",
  firing: "bad",
  pending: "warn",
  ok: "good",
  unknown: "neutral",
};
/** Alerts of a rule that are shown. */
const SHOWN_ALERTS = 50;

interface RuleViewProps {
  readonly rule: ApiRule;
  readonly estimate: CostEstimate | undefined;
  /** In a month; undefined while that is not known. */
  readonly dollars: number | undefined;
}

export function RuleView({ rule, estimate, dollars }: RuleViewProps) {
  const {
    name,
    query,
    type,
    health,
    lastError = "",
    labels = {},
    annotations = {},
    alerts = [],
    duration = 0,
  } = rule;
  const state = stateOf(rule);
  const summary = annotations.summary ?? annotations.description;
  return (
    <li class="rule">
      <div class="row rule-head">
        <Badge tone={TONES[state]}>{state === "unknown" ? "not evaluated yet" : state}</Badge>
        <h3 class="mono rule-name">{name}</h3>
        <span class="small quiet">{type === "alerting" ? "alert" : "recording rule"}</span>
        {duration > 0 && <span class="small quiet">for {printDuration(duration)}</span>}
        <span class="end small quiet number">
          {health !== "unknown" && (
            <>
              {printValue(rule.evaluationTime, "seconds")} · {printGoTime(rule.lastEvaluation)}
            </>
          )}
        </span>
      </div>
      <Link page="query" parameters={queryParameters(query)} class="mono rule-query">
        {query}
      </Link>
      {lastError !== "" && (
        <p class="note note-warn rule-error">
          <Icon name="warning" />
          {lastError}
        </p>
      )}
      {summary !== undefined && alerts.length === 0 && <p class="small rule-text">{summary}</p>}
      <div class="row small quiet">
        {Object.keys(labels).length > 0 && <span class="mono rule-text">{printMetric(labels)}</span>}
        {estimate !== undefined && <Cost estimate={estimate} dollars={dollars} />}
      </div>
      {alerts.length > 0 && (
        <details class="alerts" open={state === "firing"}>
          <summary class="small">
            {alerts.length === 1 ? "1 alert" : `${printNumber(alerts.length)} alerts`}
          </summary>
          <ul>
            {alerts.slice(0, SHOWN_ALERTS).map((alert) => (
              <Alert key={JSON.stringify(alert.labels)} alert={alert} />
            ))}
            {alerts.length > SHOWN_ALERTS && (
              <li class="small quiet">and {alerts.length - SHOWN_ALERTS} more</li>
            )}
          </ul>
        </details>
      )}
    </li>
  );
}

/** Rules share what they read, and most of it is read once: alone each would cost more. */
function Cost({
  estimate: { readUnits },
  dollars,
}: Required<Pick<RuleViewProps, "dollars">> & { readonly estimate: CostEstimate }) {
  return (
    <span class="number">
      {dollars !== undefined && `${printDollars(dollars)} a month, `}
      {printNumber(readUnits)} read units an evaluation if asked alone
    </span>
  );
}

function Alert({ alert: { labels, annotations, state, activeAt, value } }: { readonly alert: ApiAlert }) {
  const { alertname: _, ...others } = labels;
  const text = annotations.summary ?? annotations.description;
  return (
    <li class="alert">
      <Badge tone={state === "firing" ? "bad" : "warn"}>{state}</Badge>
      <div class="grow">
        <p class="mono small rule-text">{printMetric(others)}</p>
        {text !== undefined && <p class="small rule-text">{text}</p>}
      </div>
      <span class="small quiet number alert-when">
        {printNumber(Number(value))} since {printGoTime(activeAt)}
      </span>
    </li>
  );
}

/** A time as Go prints it in JSON; one that was never set is none. */
export function printGoTime(text: string): string {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms <= 0 ? "never" : printTime(ms / 1000, zone.value);
}
