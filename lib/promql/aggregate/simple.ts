/**
 * Aggregations with one accumulator per step. Series are added one after the other, each along its
 * column.
 */
import { ignoredInAggregation } from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import { ABSENT, FLOAT, HISTOGRAM, type StepSeries } from "../runtime/value.ts";
import type { NewAccumulator } from "./accumulator.ts";
import type { AggregateCall } from "./aggregate-call.ts";

const nothingLeft = () => {};

export const countOf: NewAccumulator = (output, { context: { deadline } }) => ({
  add: ({ kinds }) => {
    for (let step = 0; step < kinds.length; step++) {
      deadline.atCell(step);
      if (kinds[step] !== ABSENT) output.setFloat(step, output.values[step] + 1);
    }
  },
  finish: nothingLeft,
});

export const groupOf: NewAccumulator = (output, { context: { deadline } }) => ({
  add: ({ kinds }) => {
    for (let step = 0; step < kinds.length; step++) {
      deadline.atCell(step);
      if (kinds[step] !== ABSENT) output.setFloat(step, 1);
    }
  },
  finish: nothingLeft,
});

/** `min` and `max`: NaN only if there is nothing else. */
export const extremeOf: NewAccumulator = (output, call) => {
  const sign = call.plan.operator === "max" ? 1 : -1;
  return {
    add: (series) => {
      const { kinds, values } = series;
      noteIgnored(series, call);
      for (let step = 0; step < kinds.length; step++) {
        call.context.deadline.atCell(step);
        if (kinds[step] !== FLOAT) continue;
        const value = values[step];
        const isFirst = output.kinds[step] === ABSENT;
        const best = output.values[step];
        if (isFirst || sign * value > sign * best || Number.isNaN(best)) output.setFloat(step, value);
      }
    },
    finish: nothingLeft,
  };
};

/** `stddev` and `stdvar` by Welford's method. */
export const varianceOf: NewAccumulator = (output, call) => {
  const counts = new Float64Array(call.grid.steps);
  const means = new Float64Array(call.grid.steps);
  return {
    add: (series) => {
      const { kinds, values } = series;
      noteIgnored(series, call);
      for (let step = 0; step < kinds.length; step++) {
        call.context.deadline.atCell(step);
        if (kinds[step] !== FLOAT) continue;
        const value = values[step];
        const count = ++counts[step];
        const deviation = value - means[step];
        means[step] += deviation / count;
        const square = count === 1 ? squareOfFirst(value) : deviation * (value - means[step]);
        output.setFloat(step, output.values[step] + square);
      }
    },
    finish: () => {
      const isDeviation = call.plan.operator === "stddev";
      for (let step = 0; step < counts.length; step++) {
        call.context.deadline.atCell(step);
        const variance = output.values[step] / counts[step];
        output.values[step] = isDeviation ? Math.sqrt(variance) : variance;
      }
    },
  };
};

function squareOfFirst(value: number): number {
  return Number.isFinite(value) ? 0 : Number.NaN;
}

/** Annotates that histograms are ignored, if a series has any. */
export function noteIgnored({ histograms, kinds }: StepSeries, { plan, context }: AggregateCall): void {
  if (histograms === undefined || !kinds.includes(HISTOGRAM)) return;
  const { range } = plan.operator === "topk" || plan.operator === "bottomk" ? plan : plan.inner;
  annotate(context, ignoredInAggregation(range, plan.operator));
}
