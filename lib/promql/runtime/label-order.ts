/** The order of a result's series. */
import { compareLabelSets, type LabelSet } from "../../model/labels.ts";
import type { EvaluationContext } from "./context.ts";

/** Steps of the deadline that a comparison takes, about. */
const COMPARISON_STEPS = 200;

/** Compares by label set; for sorting. */
export function byLabels({
  deadline,
}: Pick<EvaluationContext, "deadline">): (
  a: { readonly labels: LabelSet },
  b: { readonly labels: LabelSet },
) => number {
  return (a, b) => {
    deadline.spend(COMPARISON_STEPS);
    return compareLabelSets(a.labels, b.labels);
  };
}
