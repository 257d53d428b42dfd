/**
 * `rate`, `increase` and `delta` of `anchored` and `smoothed` ranges. They do not extrapolate: they
 * use the values at the boundaries, of the samples before them, or interpolated.
 */

import type { StepColumns } from "../../runtime/step-columns.ts";
import type { Window } from "../../runtime/window.ts";
import type { WindowCall } from "../../runtime/window-function.ts";
import { startsBetween } from "../start-timestamps.ts";
import { extendedHistogramRate } from "./extended-histogram-rate.ts";
import {
  type Boundaries,
  type BoundaryRules,
  findBoundaries,
  hasBegunAt,
  leftPoint,
  type Point,
  pointAt,
  rightPoint,
} from "./range-boundaries.ts";
import type { RateKind } from "./rate-kind.ts";

export function extendedRate(window: Window, output: StepColumns, call: WindowCall, kind: RateKind): void {
  if (window.floatCount > 0) extendedFloatRate(window, output, call, kind);
  else extendedHistogramRate(window, output, call, kind);
}

function extendedFloatRate(
  window: Window,
  output: StepColumns,
  { context, extended, windowMs }: WindowCall,
  { isCounter, perSecond }: RateKind,
): void {
  const { floats, floatStart, floatEnd, rangeStartMs, rangeEndMs } = window;
  const isSmoothed = extended === "smoothed";
  const { useStartTimestamps, lookbackDeltaMs } = context.options;
  const rules: BoundaryRules = {
    isSmoothed,
    isCounter,
    starts: isCounter && useStartTimestamps ? floats.startTimestamps : undefined,
    lookbackStartMs: rangeStartMs - lookbackDeltaMs,
  };
  const isKnown = (first: number) => hasBegunAt(rangeEndMs, pointAt(window, first, rules), rules);
  const found = findBoundaries(floats.timestamps, floatStart, floatEnd, window, isSmoothed, isKnown);
  if (found === undefined) return;
  const left = leftPoint(window, found.first, rules);
  const right = rightPoint(window, found.last, rules);
  let result = right.value - left.value;
  if (isCounter) result += resetsBetween(window, found, left, right, rules);
  output.setFloat(window.step, perSecond ? result / (windowMs / 1000) : result);
}

/** What the counter had reached before each reset strictly inside the range. */
function resetsBetween(
  window: Window,
  { first, last }: Boundaries,
  left: Point,
  right: Point,
  rules: BoundaryRules,
): number {
  const { timestamps } = window.floats;
  const from = timestamps[first] <= window.rangeStartMs ? first + 1 : first;
  const to = timestamps[last] >= window.rangeEndMs ? last - 1 : last;
  let lost = 0;
  let previous = left;
  for (let i = from; i <= to + 1; i++) {
    const point = i > to ? right : pointAt(window, i, rules);
    if (point.value < previous.value || startsBetween(previous, point)) lost += previous.value;
    previous = point;
  }
  return lost;
}
