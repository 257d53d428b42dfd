/** Quantiles over ranges. */

import { ignoredInRange, invalidQuantile, isQuantile } from "../runtime/annotation-texts.ts";
import { annotate } from "../runtime/context.ts";
import { quantileOf } from "../runtime/quantile-of.ts";
import type { Window } from "../runtime/window.ts";
import { metricName, type WindowCall, type WindowFunction } from "../runtime/window-function.ts";
import { hasFloats } from "./picking.ts";

export const quantileOverTime: WindowFunction = (window, output, call) => {
  if (window.floatCount === 0) return;
  const quantile = call.scalars[0][window.step];
  const [firstArgRange] = call.argRanges;
  if (!isQuantile(quantile)) annotate(call.context, invalidQuantile(firstArgRange, quantile));
  if (window.histogramCount > 0) annotate(call.context, ignoredInRange(firstArgRange, metricName(window)));
  output.setFloat(window.step, quantileOf(quantile, valuesOf(window, call), window.floatCount));
};

/** The median of the distances from the median. */
export const madOverTime: WindowFunction = (window, output, call) => {
  if (!hasFloats(window, call)) return;
  const { floatCount } = window;
  const values = valuesOf(window, call);
  const median = quantileOf(0.5, values, floatCount);
  let hasNaN = false;
  for (let i = 0; i < floatCount; i++) {
    hasNaN ||= Number.isNaN(values[i]);
    values[i] = Math.abs(values[i] - median);
  }
  output.setFloat(window.step, hasNaN ? Number.NaN : quantileOf(0.5, values, floatCount));
};

function valuesOf({ floats, floatStart, floatEnd }: Window, { scratch }: WindowCall): Float64Array {
  return scratch.copyOf(floats.values, floatStart, floatEnd);
}
