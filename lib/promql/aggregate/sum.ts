/** `sum` of floats or of histograms, which do not mix. */

import { compactHistogram } from "../../histogram/float-histogram.ts";
import { labelValue, METRIC_NAME } from "../../model/labels.ts";
import { compensate } from "../../number/kahan.ts";
import { type HistogramMean, HistogramTotal } from "../functions/histogram-total.ts";
import {
  conflictingResets,
  mixedBucketSchemas,
  mixedFloatsAndHistogramsInAggregation,
  reconciledBounds,
} from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import { histogramSteps } from "../runtime/histogram-steps.ts";
import type { StepColumns } from "../runtime/step-columns.ts";
import { ABSENT, FLOAT, HISTOGRAM, type StepSeries } from "../runtime/value.ts";
import type { Accumulator, NewAccumulator } from "./accumulator.ts";
import type { AggregateCall } from "./aggregate-call.ts";

export const sumOf: NewAccumulator = (output, call) =>
  ofBothKinds(sumOfFloats(output), new HistogramAggregation(output, call, () => new HistogramTotal()));

/**
 * The sum of floats marks the steps that have any; that of histograms finally clears or sets them.
 */
export function ofBothKinds(floats: Accumulator, histograms: HistogramAggregation): Accumulator {
  return {
    add: (series) => {
      floats.add(series);
      histograms.add(series);
    },
    finish: () => {
      floats.finish();
      histograms.finish();
    },
  };
}

function sumOfFloats({ kinds: outKinds, values: sums }: StepColumns): Accumulator {
  const lost = new Float64Array(sums.length);
  return {
    add: ({ kinds, values }) => {
      for (let step = 0; step < kinds.length; step++) {
        if (kinds[step] !== FLOAT) continue;
        const value = values[step];
        if (outKinds[step] === ABSENT) {
          outKinds[step] = FLOAT;
          sums[step] = value;
          continue;
        }
        const sum = sums[step];
        lost[step] = compensate(value, sum, lost[step]);
        sums[step] = sum + value;
      }
    },
    finish: () => {
      for (let step = 0; step < sums.length; step++) sums[step] += lost[step];
    },
  };
}

/** The state of a step that has a histogram. */
interface StepTotal {
  /** Undefined if a float came first: then nothing is added. */
  readonly total: HistogramTotal | HistogramMean | undefined;
  hasFloats: boolean;
  isCompatible: boolean;
}

/**
 * Sums or means of histograms, at the steps that have any. A step that also has floats has no
 * result. As in Prometheus, nothing after the first incompatible histogram is added, nor after the
 * first histogram that follows a float.
 */
export class HistogramAggregation {
  readonly #output: StepColumns;
  readonly #call: AggregateCall;
  readonly #newTotal: () => HistogramTotal | HistogramMean;
  #steps: (StepTotal | undefined)[] | undefined;

  constructor(output: StepColumns, call: AggregateCall, newTotal: () => HistogramTotal | HistogramMean) {
    this.#output = output;
    this.#call = call;
    this.#newTotal = newTotal;
  }

  /** Call after the output has the series' floats. */
  add(series: StepSeries): void {
    if (series.histograms === undefined && this.#steps === undefined) return;
    const { kinds } = series;
    this.#steps ??= new Array(kinds.length).fill(undefined);
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] === HISTOGRAM) this.#addHistogram(series, step, this.#steps);
      else if (kinds[step] === FLOAT) this.#addFloat(this.#steps[step]);
    }
  }

  #addFloat(step: StepTotal | undefined): void {
    if (step?.isCompatible) step.hasFloats = true;
  }

  #addHistogram({ histograms, labels }: StepSeries, step: number, steps: (StepTotal | undefined)[]): void {
    let known = steps[step];
    if (known === undefined) {
      const hasFloats = this.#output.kinds[step] === FLOAT;
      known = { total: hasFloats ? undefined : this.#newTotal(), hasFloats, isCompatible: true };
      steps[step] = known;
    }
    if (known.total === undefined || !known.isCompatible) return;
    const histogram = histograms![step]!;
    this.#call.context.deadline.spend(histogramSteps(histogram));
    known.isCompatible = known.total.add(histogram);
    if (known.isCompatible) return;
    const { plan, context } = this.#call;
    annotate(context, mixedBucketSchemas(plan.inner.range, labelValue(labels, METRIC_NAME)));
  }

  /** Call after the floats are complete. */
  finish(): void {
    this.#steps?.forEach((known, step) => {
      if (known !== undefined) this.#finishStep(known, step);
    });
  }

  #finishStep({ total, hasFloats, isCompatible }: StepTotal, step: number): void {
    const { plan, context } = this.#call;
    const { range } = plan.inner;
    if (total?.notes.boundsReconciled) annotate(context, reconciledBounds(range, "aggregation"));
    if (hasFloats) annotate(context, mixedFloatsAndHistogramsInAggregation(range));
    if (total === undefined || hasFloats || !isCompatible) {
      this.#output.kinds[step] = ABSENT;
      return;
    }
    if (total.notes.sawReset && total.notes.sawNoReset)
      annotate(context, conflictingResets(range, "aggregation"));
    this.#output.setHistogram(step, compactHistogram(total.result()));
  }
}
