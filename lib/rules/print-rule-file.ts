/** Rule groups as YAML, with the fields of a rule file and no others. */
import { stringify } from "yaml";
import type { Label } from "../model/labels.ts";
import { printDuration } from "../promql/syntax/duration-text.ts";
import { isAlerting, type Rule, type RuleGroup } from "./rule-file.ts";

/** Long expressions stay on one line: a fold would hide the places of errors. */
const OPTIONS = { lineWidth: 0 };

export function printGroup(group: RuleGroup): string {
  return stringify(groupFields(group), OPTIONS);
}

export function printRuleFile(groups: readonly RuleGroup[]): string {
  return stringify({ groups: groups.map(groupFields) }, OPTIONS);
}

/** As Mimir lists groups: lists by namespace. */
export function printNamespaces(namespaces: ReadonlyMap<string, readonly RuleGroup[]>): string {
  return stringify(
    new Map(Array.from(namespaces, ([name, groups]) => [name, groups.map(groupFields)])),
    OPTIONS,
  );
}

/** What is not set, or empty, is left out. */
function groupFields({ name, intervalMs, queryOffsetMs, limit, labels, rules }: RuleGroup) {
  return {
    name,
    ...(intervalMs === undefined ? {} : { interval: printDuration(intervalMs) }),
    ...(queryOffsetMs === undefined ? {} : { query_offset: printDuration(queryOffsetMs) }),
    ...(limit === 0 ? {} : { limit }),
    ...labelFields("labels", labels),
    rules: rules.map(ruleFields),
  };
}

function ruleFields(rule: Rule) {
  if (!isAlerting(rule))
    return { record: rule.record, expr: rule.expr, ...labelFields("labels", rule.labels) };
  const { alert, expr, forMs, keepFiringForMs, labels, annotations } = rule;
  return {
    alert,
    expr,
    ...(forMs === 0 ? {} : { for: printDuration(forMs) }),
    ...(keepFiringForMs === 0 ? {} : { keep_firing_for: printDuration(keepFiringForMs) }),
    ...labelFields("labels", labels),
    ...labelFields("annotations", annotations),
  };
}

/** A map keeps names such as `__proto__`. */
function labelFields(name: string, labels: readonly Label[]) {
  return labels.length === 0 ? {} : { [name]: new Map(labels) };
}
