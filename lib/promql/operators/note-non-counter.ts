/** The annotation of a rate over a metric that may not be a counter. */
import { type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import { possiblyNoCounter, possiblyNoCounterType } from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import { METRIC_TYPE } from "../runtime/series-labels.ts";
import type { StepColumns } from "../runtime/step-columns.ts";
import { FLOAT } from "../runtime/value.ts";
import type { WindowCall } from "../runtime/window-function.ts";

const COUNTER_SUFFIX = /_(total|sum|count|bucket)$/;

export function noteNonCounter(
  labels: LabelSet,
  output: StepColumns,
  { context, argRanges: [firstArgRange] }: WindowCall,
): void {
  const metric = labelValue(labels, METRIC_NAME);
  if (metric === "" || !output.kinds.includes(FLOAT)) return;
  if (!context.options.typeAndUnitLabels) {
    if (!COUNTER_SUFFIX.test(metric)) annotate(context, possiblyNoCounter(firstArgRange, metric));
    return;
  }
  const type = labelValue(labels, METRIC_TYPE);
  if (type === "counter" || type === "histogram") return;
  annotate(context, possiblyNoCounterType(firstArgRange, metric, type));
}
