/** Checks of an aggregation's parameter. */

import { printGeneralFloat } from "../../number/print-general-float.ts";
import { invalidQuantile, invalidRatio } from "../runtime/annotation-texts.ts";
import { annotate, executionError } from "../runtime/context.ts";
import type { AggregateCall } from "./aggregate-call.ts";

/** Floats from here on exceed an int64. */
const MAX_COUNT = 2 ** 63 - 1024;
const MIN_COUNT = -(2 ** 63);

/** Returns whether there can be a result. Throws or annotates for an invalid parameter. */
export function notePicks(call: AggregateCall): boolean {
  const { plan, parameters } = call;
  if (plan.parameter === undefined) return true;
  const bounds = boundsOf(parameters);
  switch (plan.operator) {
    case "topk":
    case "bottomk":
    case "limitk":
      return isCount(bounds);
    case "limit_ratio":
      return isRatio(call, bounds);
    default:
      noteQuantile(call, bounds);
      return true;
  }
}

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly hasNaN: boolean;
}

function boundsOf(values: Float64Array): Bounds {
  let [min, max, hasNaN] = [Infinity, -Infinity, false];
  for (const value of values) {
    if (Number.isNaN(value)) hasNaN = true;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { min, max, hasNaN };
}

function isCount({ min, max, hasNaN }: Bounds): boolean {
  if (max < 1) return false;
  if (hasNaN) throw executionError("Parameter value is NaN");
  if (min <= MIN_COUNT) throw executionError(`Scalar value ${printGeneralFloat(min)} underflows int64`);
  if (max >= MAX_COUNT) throw executionError(`Scalar value ${printGeneralFloat(max)} overflows int64`);
  return true;
}

function isRatio({ plan, context }: AggregateCall, { min, max, hasNaN }: Bounds): boolean {
  if (min === 0 && max === 0) return false;
  if (hasNaN) throw executionError("Ratio value is NaN");
  if (max > 1) annotate(context, invalidRatio(plan.parameter!.range, max, 1));
  if (min < -1) annotate(context, invalidRatio(plan.parameter!.range, min, -1));
  return true;
}

function noteQuantile({ plan, context }: AggregateCall, { min, max, hasNaN }: Bounds): void {
  const { range } = plan.parameter!;
  if (hasNaN) annotate(context, invalidQuantile(range, Number.NaN));
  if (max > 1) annotate(context, invalidQuantile(range, max));
  if (min < 0) annotate(context, invalidQuantile(range, min));
}
