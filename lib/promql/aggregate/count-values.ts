/** `count_values`: the number of series with each value, which becomes a label. */

import { printHistogram } from "../../histogram/print-histogram.ts";
import { printFloat } from "../../number/print-float.ts";
import type { StepGrid } from "../plan/grid.ts";
import type { AggregatePlan } from "../plan/plan.ts";
import { SeriesCollector } from "../runtime/collect-series.ts";
import { type EvaluationContext, executionError } from "../runtime/context.ts";
import { setLimitedLabel } from "../runtime/label-limits.ts";
import { isLabelName } from "../runtime/series-labels.ts";
import { ABSENT, FLOAT, type StepSeries, type VectorValue, vectorOf } from "../runtime/value.ts";
import { quoteInput } from "../syntax/quote.ts";
import { groupLabels } from "./groups.ts";

/** Steps of the deadline that it takes to set a label and to find the series that has it, about. */
const LABEL_STEPS = 100;

export function countValues(
  plan: AggregatePlan,
  label: string,
  series: readonly StepSeries[],
  grid: StepGrid,
  context: EvaluationContext,
): VectorValue {
  if (!isLabelName(label)) throw executionError(`invalid label name ${quoteInput(label)}`);
  const labels = plan.grouping === "by" ? [...plan.labels, label] : plan.labels;
  const labelsOf = groupLabels({ grouping: plan.grouping, labels });
  const collector = new SeriesCollector(grid, context);
  for (const one of series) {
    for (let step = 0; step < grid.steps; step++) {
      if (one.kinds[step] === ABSENT) continue;
      const text = textOf(one, step);
      context.deadline.spend(LABEL_STEPS + text.length);
      const labelled = setLimitedLabel(one.labels, label, text, "count_values()");
      const columns = collector.columns(labelsOf(labelled), false);
      columns.setFloat(step, columns.values[step] + 1);
    }
  }
  return vectorOf(collector.series());
}

function textOf({ kinds, values, histograms }: StepSeries, step: number): string {
  return kinds[step] === FLOAT ? printFloat(values[step]) : printHistogram(histograms![step]!);
}
