/**
 * Evaluates a group at one nominal time: its rules in order, each on what is stored and on what the rules before it have
 * recorded. Nothing is stored here.
 */
import { errorKind, errorMessage, HearthError } from "../../model/errors.ts";
import { checkLabels } from "../../model/label-rules.ts";
import { type LabelSet, printLabels } from "../../model/labels.ts";
import type { Limits } from "../../model/limits.ts";
import { shorten } from "../../model/shorten.ts";
import type { Clock } from "../../model/time.ts";
import type { SeriesSource } from "../../promql/engine-interface.ts";
import type { Alert } from "../alert.ts";
import type { GroupState, RuleState } from "../group-state.ts";
import { labelsKey } from "../label-builder.ts";
import type { Notification } from "../notifier.ts";
import type { RecordedSample } from "../recorded-samples.ts";
import { type AlertingRule, isAlerting, labelsOf, type Rule, type RuleGroup, ruleKey } from "../rule-file.ts";
import type { RuleSettings } from "../settings.ts";
import type { QuerySample, Templates } from "../templates.ts";
import { AlertLimitError, type Expand, evaluateAlerts } from "./evaluate-alerting.ts";
import { recordResult } from "./evaluate-recording.ts";
import { endedNotifications, takeNotifications } from "./notifications.ts";
import { Overlay } from "./overlay.ts";
import type { RuleQuery } from "./rule-query.ts";

export interface EvaluationContext {
  readonly query: RuleQuery;
  readonly templates: Templates;
  readonly settings: RuleSettings;
  readonly limits: Limits;
  readonly clock: Clock;
}

export interface GroupEvaluation {
  /** Its `written` are the samples of this evaluation. */
  readonly state: GroupState;
  readonly notifications: readonly Notification[];
  /** How many rules failed. */
  readonly failures: number;
}

/**
 * `before`: undefined for a group that was never evaluated. `source` has what is stored, `unstored` what earlier evaluations
 * have recorded beside that. Throws "unavailable" if the table is, unless it no longer
 * `waits` for it: then the rules that need it fail.
 */
export async function evaluateGroup(
  group: RuleGroup,
  before: GroupState | undefined,
  timeMs: number,
  source: SeriesSource,
  unstored: readonly RecordedSample[],
  context: EvaluationContext,
  waits = true,
): Promise<GroupEvaluation> {
  const startedMs = context.clock();
  const overlay = new Overlay(source, unstored);
  const evaluation = new Evaluation(group, timeMs, overlay, context, waits);
  const previous = matchStates(group, before);
  const rules: RuleState[] = [];
  for (const [index, rule] of group.rules.entries())
    rules.push(await evaluation.evaluate(rule, previous.states[index], before));
  for (const state of previous.ended) evaluation.end(state);
  return {
    state: {
      evaluatedMs: timeMs,
      startedMs,
      durationMs: context.clock() - startedMs,
      missed: before?.missed ?? 0,
      rules,
      written: evaluation.written,
      changes: evaluation.changes,
    },
    notifications: evaluation.notifications,
    failures: evaluation.failures,
  };
}

/** The state of each rule, found by its key: the n-th of a key is the n-th of that key before. */
function matchStates(
  group: RuleGroup,
  before: GroupState | undefined,
): { readonly states: readonly (RuleState | undefined)[]; readonly ended: readonly RuleState[] } {
  const byKey = new Map<string, RuleState[]>();
  for (const state of before?.rules ?? []) {
    const same = byKey.get(state.key);
    if (same === undefined) byKey.set(state.key, [state]);
    else same.push(state);
  }
  const states = group.rules.map((rule) => byKey.get(ruleKey(group, rule))?.shift());
  return { states, ended: [...byKey.values()].flat() };
}

class Evaluation {
  readonly notifications: Notification[] = [];
  readonly changes: Notification[] = [];
  failures = 0;
  readonly #written = new Map<string, RecordedSample>();
  readonly #group: RuleGroup;
  readonly #timeMs: number;
  readonly #sampleTimeMs: number;
  readonly #overlay: Overlay;
  readonly #context: EvaluationContext;
  readonly #templates: Pick<Templates, "expand">;
  readonly #waits: boolean;

  constructor(
    group: RuleGroup,
    timeMs: number,
    overlay: Overlay,
    context: EvaluationContext,
    waits: boolean,
  ) {
    this.#group = group;
    this.#timeMs = timeMs;
    this.#sampleTimeMs = timeMs - (group.queryOffsetMs ?? context.settings.queryOffsetMs);
    this.#overlay = overlay;
    this.#context = context;
    this.#templates = context.templates.forGroup();
    this.#waits = waits;
  }

  get written(): RecordedSample[] {
    return [...this.#written.values()];
  }

  /** Never throws for what is wrong with a rule or with the data it reads. */
  async evaluate(
    rule: Rule,
    before: RuleState | undefined,
    groupBefore: GroupState | undefined,
  ): Promise<RuleState> {
    const { clock } = this.#context;
    const startedMs = clock();
    const key = before?.key ?? ruleKey(this.#group, rule);
    try {
      const known = alertsAfterGap(before?.alerts ?? [], groupBefore, this.#timeMs, this.#intervalMs);
      const { alerts, samples } = await this.#result(rule, known);
      for (const { labels } of samples) this.#checkLabels(labels);
      const series = samples.map(({ labels }) => labels);
      const duplicates = this.#add(samples);
      this.#endMissing(before?.series ?? [], series);
      const sent = isAlerting(rule) ? this.#send(rule, alerts) : [];
      const lastError =
        duplicates === 0
          ? ""
          : `duplicate sample for timestamp: ${duplicates} series were recorded by a rule before`;
      const health = duplicates === 0 ? "ok" : "err";
      return { key, health, lastError, startedMs, durationMs: clock() - startedMs, series, alerts: sent };
    } catch (error) {
      if (errorKind(error) === "unavailable" && this.#waits) throw error;
      if (errorKind(error) === "internal" && !(error instanceof HearthError)) throw error;
      this.failures++;
      return {
        key,
        health: "err",
        lastError: errorMessage(error),
        startedMs,
        durationMs: clock() - startedMs,
        series: before?.series ?? [],
        alerts: error instanceof AlertLimitError ? [] : (before?.alerts ?? []),
      };
    }
  }

  async #result(
    rule: Rule,
    before: readonly Alert[],
  ): Promise<{ readonly alerts: readonly Alert[]; readonly samples: readonly RecordedSample[] }> {
    const labels = labelsOf(this.#group, rule);
    const { limit } = this.#group;
    const result = await this.#query(rule.expr, this.#sampleTimeMs);
    if (!isAlerting(rule))
      return { alerts: [], samples: recordResult(rule, labels, limit, result, this.#sampleTimeMs) };
    const [timeMs, sampleTimeMs] = [this.#timeMs, this.#sampleTimeMs];
    const expand = this.#expand;
    return evaluateAlerts({ rule, labels, limit, before, result, timeMs, sampleTimeMs, expand });
  }

  /** Throws for labels that no writer takes. */
  #checkLabels(labels: LabelSet): void {
    const check = checkLabels(labels, this.#context.limits);
    if (!check.ok)
      throw new HearthError("invalid", `series ${shorten(printLabels(labels))}: ${check.reason}`);
  }

  #query(expr: string, timeMs: number): Promise<readonly QuerySample[]> {
    return this.#context.query(this.#overlay, expr, timeMs);
  }

  readonly #expand: Expand = (text, alertName, { labels, value }) => {
    const { settings } = this.#context;
    const { externalLabels, externalUrl } = settings;
    const timeMs = this.#timeMs;
    // As in Prometheus, the offset is that of rules and not of their templates.
    const query = (expr: string) => this.#query(expr, timeMs);
    return this.#templates.expand(text, {
      alertName,
      labels,
      value,
      externalLabels,
      externalUrl,
      timeMs,
      query,
    });
  };

  #send(rule: AlertingRule, alerts: readonly Alert[]): readonly Alert[] {
    const { settings, clock } = this.#context;
    const sent = takeNotifications(rule, alerts, this.#timeMs, clock(), this.#intervalMs, settings);
    this.notifications.push(...sent.notifications);
    this.changes.push(...sent.changes);
    return sent.alerts;
  }

  get #intervalMs(): number {
    return this.#group.intervalMs ?? this.#context.settings.intervalMs;
  }

  /** Of two rules that record one series, the first counts. Returns how many samples of other values are left out. */
  #add(samples: readonly RecordedSample[]): number {
    let duplicates = 0;
    for (const sample of samples) {
      const key = labelsKey(sample.labels);
      const known = this.#written.get(key);
      if (known === undefined || known.value === "stale") this.#write(key, sample);
      else if (!Object.is(known.value, sample.value)) duplicates++;
    }
    return duplicates;
  }

  #endMissing(before: readonly LabelSet[], now: readonly LabelSet[]): void {
    const returned = new Set(now.map(labelsKey));
    this.#endSeries(before.filter((labels) => !returned.has(labelsKey(labels))));
  }

  /** Ends what a rule has left that is no more: its series, and its alerts for those who were told of them. */
  end({ series, alerts }: RuleState): void {
    this.#endSeries(series);
    const ended = endedNotifications(alerts, this.#timeMs, this.#context.settings);
    this.notifications.push(...ended);
    this.changes.push(...ended);
  }

  /** Ends series, unless another rule has recorded them. */
  #endSeries(ended: readonly LabelSet[]): void {
    for (const labels of ended) {
      const key = labelsKey(labels);
      if (!this.#written.has(key))
        this.#write(key, { labels, timestamp: this.#sampleTimeMs, value: "stale" });
    }
  }

  #write(key: string, sample: RecordedSample): void {
    this.#written.set(key, sample);
    this.#overlay.add(sample);
  }
}

/**
 * Alerts after a time without evaluations: a pending alert has not been pending meanwhile, as after an outage of Prometheus.
 * After an evaluation by a clock that was ahead, all times are moved, so each alert is as old as it was then.
 */
function alertsAfterGap(
  alerts: readonly Alert[],
  before: GroupState | undefined,
  timeMs: number,
  intervalMs: number,
): readonly Alert[] {
  const gapMs = before === undefined ? 0 : timeMs - before.evaluatedMs - intervalMs;
  if (gapMs > 0)
    return alerts.map((alert) =>
      alert.state === "pending" ? { ...alert, activeAtMs: alert.activeAtMs + gapMs } : alert,
    );
  // An interval that was shortened is no clock.
  if (before === undefined || timeMs > before.evaluatedMs) return alerts;
  const moved = (time: number | undefined) => (time === undefined ? undefined : time + gapMs);
  return alerts.map((alert) => ({
    ...alert,
    activeAtMs: alert.activeAtMs + gapMs,
    firedAtMs: moved(alert.firedAtMs),
    resolvedAtMs: moved(alert.resolvedAtMs),
    keepFiringSinceMs: moved(alert.keepFiringSinceMs),
    sentAtMs: moved(alert.sentAtMs),
  }));
}
