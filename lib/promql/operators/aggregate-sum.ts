/** `sum`: of floats or of histograms, which do not mix. */

import { compactHistogram } from "../../model/float-histogram.ts";
import { compensate } from "../../model/kahan.ts";
import { labelValue, METRIC_NAME } from "../../model/labels.ts";
import {
  conflictingResets,
  mixedBucketSchemas,
  mixedFloatsAndHistogramsInAggregation,
  reconciledBounds,
} from "../engine/annotation-texts.ts";
import { annotate } from "../engine/context.ts";
import type { StepColumns } from "../engine/step-columns.ts";
import { ABSENT, FLOAT, HISTOGRAM } from "../engine/value.ts";
import type { AggregateCall, AggregateGroup } from "./aggregate.ts";
import type { Group } from "./aggregate-groups.ts";
import { type HistogramMean, HistogramTotal } from "./histogram-total.ts";

export const sumGroup: AggregateGroup = (group, output, call) => {
  sumFloats(group, output);
  aggregateHistograms(group, output, call, () => new HistogramTotal());
};

function sumFloats(group: Group, output: StepColumns): void {
  const { kinds: outKinds, values: sums } = output;
  const lost = new Float64Array(sums.length);
  for (const { kinds, values } of group.series) {
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] !== FLOAT) continue;
      const value = values[step];
      if (outKinds[step] === ABSENT) {
        outKinds[step] = FLOAT;
        sums[step] = value;
        continue;
      }
      lost[step] = compensate(value, sums[step], lost[step]);
      sums[step] += value;
    }
  }
  for (let step = 0; step < sums.length; step++) sums[step] += lost[step];
}

/** Sums or means of histograms at the steps that have any. Where floats are as well, there is no result. */
export function aggregateHistograms(
  group: Group,
  output: StepColumns,
  call: AggregateCall,
  newTotal: () => HistogramTotal | HistogramMean,
): void {
  const series = group.series.filter(({ histograms }) => histograms !== undefined);
  if (series.length === 0) return;
  for (let step = 0; step < call.grid.steps; step++) {
    const present = series.filter(({ kinds }) => kinds[step] === HISTOGRAM);
    if (present.length === 0) continue;
    if (output.kinds[step] === FLOAT) {
      output.kinds[step] = ABSENT;
      annotate(call.context, mixedFloatsAndHistogramsInAggregation(call.plan.inner.range));
    } else aggregateStep(present, step, output, call, newTotal());
  }
}

function aggregateStep(
  present: Group["series"],
  step: number,
  output: StepColumns,
  { plan, context }: AggregateCall,
  total: HistogramTotal | HistogramMean,
): void {
  const { range } = plan.inner;
  for (const { histograms, labels } of present) {
    if (total.add(histograms![step]!)) continue;
    annotate(context, mixedBucketSchemas(range, labelValue(labels, METRIC_NAME)));
    return;
  }
  const { sawReset, sawNoReset, boundsReconciled } = total.notes;
  if (boundsReconciled) annotate(context, reconciledBounds(range, "aggregation"));
  if (sawReset && sawNoReset) annotate(context, conflictingResets(range, "aggregation"));
  output.setHistogram(step, compactHistogram(total.result()));
}
