/** `sum`: of floats or of histograms, which do not mix. */

import { compactHistogram } from "../../model/float-histogram.ts";
import type { Histogram } from "../../model/histogram.ts";
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
  if (group.series.every(({ histograms }) => histograms === undefined)) return;
  for (let step = 0; step < call.grid.steps; step++) {
    if (group.series.every(({ kinds }) => kinds[step] !== HISTOGRAM)) continue;
    const result = aggregateStep(group, step, call, newTotal);
    if (result === undefined) output.kinds[step] = ABSENT;
    else output.setHistogram(step, compactHistogram(result));
  }
}

/**
 * Undefined, with a note of why, where there is no result. As Prometheus goes about it: nothing is added up when a float came
 * first, and nobody looks behind the first histogram that does not fit.
 */
function aggregateStep(
  group: Group,
  step: number,
  { plan, context }: AggregateCall,
  newTotal: () => HistogramTotal | HistogramMean,
): Histogram | undefined {
  const { range } = plan.inner;
  let total: HistogramTotal | HistogramMean | undefined;
  let [hasFloats, isCompatible] = [false, true];
  for (const { kinds, histograms, labels } of group.series) {
    if (kinds[step] === FLOAT) hasFloats = true;
    if (kinds[step] !== HISTOGRAM) continue;
    if (total === undefined) {
      if (hasFloats) break;
      total = newTotal();
    }
    isCompatible = total.add(histograms![step]!);
    if (isCompatible) continue;
    annotate(context, mixedBucketSchemas(range, labelValue(labels, METRIC_NAME)));
    break;
  }
  if (total?.notes.boundsReconciled) annotate(context, reconciledBounds(range, "aggregation"));
  if (hasFloats) annotate(context, mixedFloatsAndHistogramsInAggregation(range));
  if (total === undefined || hasFloats || !isCompatible) return undefined;
  if (total.notes.sawReset && total.notes.sawNoReset)
    annotate(context, conflictingResets(range, "aggregation"));
  return total.result();
}
