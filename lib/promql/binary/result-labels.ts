/** The labels of the result of two matching series. */
import { type LabelSet, labelValue } from "../../model/labels.ts";
import { checkLabelSet } from "../runtime/label-limits.ts";
import { dropLabels, keepLabels, setLabel, withoutMetadata } from "../runtime/series-labels.ts";
import type { VectorMatching } from "../syntax/ast.ts";

/** `many` is the side that may have several series; the left side of one-to-one matching. */
export function resultLabels(
  many: LabelSet,
  one: LabelSet,
  matching: VectorMatching,
  dropsName: boolean,
): LabelSet {
  let labels = dropsName ? withoutMetadata(many) : many;
  if (matching.cardinality === "one-to-one") {
    const names = new Set(matching.labels);
    labels = matching.on ? keepLabels(labels, names) : dropLabels(labels, names);
  }
  if (matching.include.length === 0) return labels;
  for (const name of matching.include) labels = setLabel(labels, name, labelValue(one, name));
  return checkLabelSet(labels, "group_left() or group_right()");
}
