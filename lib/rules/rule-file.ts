/**
 * Rule files as Prometheus 3 defines them: groups of recording and alerting rules.
 * https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/
 */
import { createHash } from "node:crypto";
import { compareBytewise, type Label } from "../model/labels.ts";

export interface RuleFile {
  readonly groups: readonly RuleGroup[];
}

export interface RuleGroup {
  readonly name: string;
  /** Absent: the deployment's default. */
  readonly intervalMs?: number | undefined;
  /** Alerts, or series, that one rule may produce; 0 for no limit. */
  readonly limit: number;
  /** How far before its nominal time an evaluation reads and writes. Absent: the deployment's default. */
  readonly queryOffsetMs?: number | undefined;
  /** Added to those of every rule, whose own count over them. Sorted by name; a value may be empty. */
  readonly labels: readonly Label[];
  readonly rules: readonly Rule[];
}

export type Rule = RecordingRule | AlertingRule;

interface RuleBase {
  /** As it was written. */
  readonly expr: string;
  /** Sorted by name. A label with an empty value removes that label from results. */
  readonly labels: readonly Label[];
}

export interface RecordingRule extends RuleBase {
  readonly record: string;
}

export interface AlertingRule extends RuleBase {
  readonly alert: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** Sorted by name. */
  readonly annotations: readonly Label[];
}

export function isAlerting(rule: Rule): rule is AlertingRule {
  return "alert" in rule;
}

/** The name of the alert or of the recorded metric. */
export function nameOf(rule: Rule): string {
  return isAlerting(rule) ? rule.alert : rule.record;
}

/** The labels that a rule adds: its own over those of its group. Sorted by name. */
export function labelsOf(group: Pick<RuleGroup, "labels">, rule: Rule): readonly Label[] {
  if (group.labels.length === 0) return rule.labels;
  const merged = new Map([...group.labels, ...rule.labels]);
  return [...merged].sort(([a], [b]) => compareBytewise(a, b));
}

/** Identifies a rule within its group when the group's text has changed: by kind, name and labels, as Prometheus does. */
export function ruleKey(group: Pick<RuleGroup, "labels">, rule: Rule): string {
  const identity = [isAlerting(rule) ? "alert" : "record", nameOf(rule), labelsOf(group, rule)];
  return createHash("sha256").update(JSON.stringify(identity)).digest("base64url").slice(0, KEY_CHARACTERS);
}

/** 72 bits: they tell apart the rules of one group. */
const KEY_CHARACTERS = 12;
