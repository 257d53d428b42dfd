/** Signatures: series of two vectors match if they have the same values of the matched labels. */
import type { LabelSet } from "../../model/labels.ts";
import { dropLabels, keepLabels, labelKey, METADATA_LABELS } from "../runtime/series-labels.ts";
import type { StepSeries } from "../runtime/value.ts";
import type { VectorMatching } from "../syntax/ast.ts";

export interface MatchGroup {
  readonly left: StepSeries[];
  readonly right: StepSeries[];
}

export function matchedLabels({ on, labels }: VectorMatching): (labels: LabelSet) => LabelSet {
  const names = new Set(labels);
  if (on) return (all) => keepLabels(all, names);
  for (const name of METADATA_LABELS) names.add(name);
  return (all) => dropLabels(all, names);
}

/** By signature, in the order of first appearance. */
export function matchGroups(
  matching: VectorMatching,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
): MatchGroup[] {
  const matched = matchedLabels(matching);
  const groups = new Map<string, MatchGroup>();
  const groupOf = ({ labels }: StepSeries): MatchGroup => {
    const key = labelKey(matched(labels));
    let group = groups.get(key);
    if (group === undefined) {
      group = { left: [], right: [] };
      groups.set(key, group);
    }
    return group;
  };
  for (const series of left) groupOf(series).left.push(series);
  for (const series of right) groupOf(series).right.push(series);
  return [...groups.values()];
}
