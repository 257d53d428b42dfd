/** `quantile`: of the floats of a group at each step. */

import { FLOAT } from "../engine/value.ts";
import { quantileOf } from "../functions/quantile-of.ts";
import type { AggregateGroup } from "./aggregate.ts";
import { noteIgnored } from "./aggregate-simple.ts";

export const quantileGroup: AggregateGroup = (group, output, call) => {
  noteIgnored(group.series, call);
  const values = new Float64Array(group.series.length);
  for (let step = 0; step < call.grid.steps; step++) {
    let count = 0;
    for (const series of group.series) {
      if (series.kinds[step] === FLOAT) values[count++] = series.values[step];
    }
    if (count > 0) output.setFloat(step, quantileOf(call.parameters[step], values, count));
  }
};
