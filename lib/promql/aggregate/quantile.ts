/** `quantile` of the floats of a group at each step. */

import { quantileOf } from "../runtime/quantile-of.ts";
import { FLOAT, type StepSeries } from "../runtime/value.ts";
import type { NewAccumulator } from "./accumulator.ts";
import { noteIgnored } from "./simple.ts";

/** Steps of the deadline that a value of a quantile takes, about. */
export const QUANTILE_STEPS = 4;

export const quantileOfGroup: NewAccumulator = (output, call) => {
  const all: StepSeries[] = [];
  return {
    add: (series) => {
      noteIgnored(series, call);
      all.push(series);
    },
    finish: () => {
      const values = new Float64Array(all.length);
      for (let step = 0; step < call.grid.steps; step++) {
        call.context.deadline.spend(QUANTILE_STEPS * all.length);
        let count = 0;
        for (const series of all) {
          if (series.kinds[step] === FLOAT) values[count++] = series.values[step];
        }
        if (count > 0) output.setFloat(step, quantileOf(call.parameters[step], values, count));
      }
    },
  };
};
