/** Values between two samples, by linear interpolation. */

import { multiplyHistogram } from "../../../histogram/float-histogram.ts";
import { addHistograms, subtractHistograms } from "../../../histogram/pair.ts";
import { isReset } from "../../../histogram/reset.ts";
import type { Histogram } from "../../../model/histogram.ts";

export interface At<T> {
  readonly timeMs: number;
  readonly value: T;
}

/** A counter that was reset in between is assumed to start from zero. */
export function interpolateFloat(
  from: At<number>,
  to: At<number>,
  timeMs: number,
  isCounter: boolean,
): number {
  const start = isCounter && to.value < from.value ? 0 : from.value;
  return start + ((to.value - start) * (timeMs - from.timeMs)) / (to.timeMs - from.timeMs);
}

export interface InterpolatedHistogram {
  readonly histogram: Histogram;
  /** Operations that reconciled custom bounds. */
  readonly reconciled: readonly ("subtraction" | "addition")[];
}

/** Undefined for exponential and custom buckets together. */
export function interpolateHistogram(
  from: At<Histogram>,
  to: At<Histogram>,
  timeMs: number,
  isCounter: boolean,
): InterpolatedHistogram | undefined {
  if (timeMs === from.timeMs) return { histogram: from.value, reconciled: [] };
  if (timeMs === to.timeMs) return { histogram: to.value, reconciled: [] };
  const fraction = (timeMs - from.timeMs) / (to.timeMs - from.timeMs);
  if (isCounter && isReset(to.value, from.value)) {
    return { histogram: multiplyHistogram(to.value, fraction), reconciled: [] };
  }
  const difference = subtractHistograms(to.value, from.value);
  if (difference === undefined) return undefined;
  const result = addHistograms(multiplyHistogram(difference.histogram, fraction), from.value)!;
  const reconciled = [
    ...(difference.boundsReconciled ? (["subtraction"] as const) : []),
    ...(result.boundsReconciled ? (["addition"] as const) : []),
  ];
  return { histogram: result.histogram, reconciled };
}
