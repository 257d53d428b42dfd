/** Groups: the series that an aggregation makes into one. */
import type { LabelSet } from "../../model/labels.ts";
import { dropLabels, keepLabels, labelKey, METADATA_LABELS } from "../runtime/series-labels.ts";
import type { StepSeries } from "../runtime/value.ts";

export interface Grouping {
  readonly grouping: "by" | "without";
  readonly labels: readonly string[];
}

export interface Group {
  readonly labels: LabelSet;
  readonly series: StepSeries[];
}

/** The labels of a series' group. */
export function groupLabels({ grouping, labels }: Grouping): (labels: LabelSet) => LabelSet {
  const names = new Set(labels);
  if (grouping === "by") return (all) => keepLabels(all, names);
  for (const name of METADATA_LABELS) names.add(name);
  return (all) => dropLabels(all, names);
}

/** One entry per group, in the order of their first series. */
export class Groups<T> {
  readonly #labelsOf: (labels: LabelSet) => LabelSet;
  readonly #newGroup: (labels: LabelSet) => T;
  readonly #byKey = new Map<string, T>();

  constructor(grouping: Grouping, newGroup: (labels: LabelSet) => T) {
    this.#labelsOf = groupLabels(grouping);
    this.#newGroup = newGroup;
  }

  /** The entry of a series' group. */
  of(series: StepSeries): T {
    const labels = this.#labelsOf(series.labels);
    const key = labelKey(labels);
    let group = this.#byKey.get(key);
    if (group === undefined) {
      group = this.#newGroup(labels);
      this.#byKey.set(key, group);
    }
    return group;
  }

  all(): T[] {
    return [...this.#byKey.values()];
  }
}

export function groupSeries(grouping: Grouping, series: readonly StepSeries[]): Group[] {
  const groups = new Groups<Group>(grouping, (labels) => ({ labels, series: [] }));
  for (const one of series) groups.of(one).series.push(one);
  return groups.all();
}
