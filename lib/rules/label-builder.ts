/** Label sets made from others, as rules make them. */
import { type Label, type LabelSet, labelSetOf } from "../model/labels.ts";

/** `labels` with others over them; an empty value removes a label. */
export function withLabels(labels: readonly Label[], others: Iterable<Label>): LabelSet {
  return labelSetOf(new Map([...labels, ...others]));
}

export function withoutLabel(labels: LabelSet, name: string): LabelSet {
  return labels.filter(([known]) => known !== name);
}

/** Identifies a label set within a map. */
export function labelsKey(labels: LabelSet): string {
  let key = "";
  for (const [name, value] of labels) key += `${name.length}:${name}${value.length}:${value}`;
  return key;
}
