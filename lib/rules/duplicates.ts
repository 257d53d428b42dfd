/** Rules of a file that produce the same series: promtool's check `duplicate-rules`. */
import { type Label, printLabels } from "../model/labels.ts";
import { labelsOf, nameOf, type Rule, type RuleGroup } from "./rule-file.ts";

export interface DuplicateRule {
  readonly rule: Rule;
  readonly group: string;
  /** In its group, from 1. */
  readonly number: number;
  readonly name: string;
  /** `{severity="page"}`. */
  readonly labels: string;
}

/** Each rule that has the name and the labels of one before it. */
export function findDuplicates(groups: readonly RuleGroup[]): DuplicateRule[] {
  const seen = new Set<string>();
  const duplicates: DuplicateRule[] = [];
  for (const group of groups) {
    group.rules.forEach((rule, index) => {
      const labels: readonly Label[] = labelsOf(group, rule);
      const key = JSON.stringify([nameOf(rule), labels]);
      if (seen.has(key))
        duplicates.push({
          rule,
          group: group.name,
          number: index + 1,
          name: nameOf(rule),
          labels: printLabels(labels),
        });
      seen.add(key);
    });
  }
  return duplicates;
}
