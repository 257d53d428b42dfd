/** Which series are aggregated into one. */
import { type LabelSet, METRIC_NAME } from "../../model/labels.ts";
import { dropLabels, keepLabels, labelKey } from "../engine/series-labels.ts";
import type { StepSeries } from "../engine/value.ts";

export interface Grouping {
  readonly grouping: "by" | "without";
  readonly labels: readonly string[];
}

export interface Group {
  readonly labels: LabelSet;
  readonly series: StepSeries[];
}

/** The labels that a series' group has. */
export function groupLabels({ grouping, labels }: Grouping): (labels: LabelSet) => LabelSet {
  const names = new Set(labels);
  if (grouping === "by") return (all) => keepLabels(all, names);
  names.add(METRIC_NAME);
  return (all) => dropLabels(all, names);
}

/** In the order of their first series. */
export function groupSeries(grouping: Grouping, series: readonly StepSeries[]): Group[] {
  const labelsOf = groupLabels(grouping);
  const groups = new Map<string, Group>();
  for (const one of series) {
    const labels = labelsOf(one.labels);
    const key = labelKey(labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels, series: [one] });
    else group.series.push(one);
  }
  return [...groups.values()];
}
