/**
 * `rate`, `increase` and `delta` of `anchored` and `smoothed` ranges: no extrapolation, but values at the very boundaries:
 * those of the samples before them, or on the line to the next ones.
 */
import type { StepColumns } from "../engine/step-columns.ts";
import type { Window } from "../operators/window.ts";
import type { WindowCall } from "../operators/window-call.ts";
import { extendedHistogramRate } from "./extended-histogram-rate.ts";
import type { RateKind } from "./extrapolated-rate.ts";
import { type At, interpolateFloat } from "./interpolate.ts";

export function extendedRate(window: Window, output: StepColumns, call: WindowCall, kind: RateKind): void {
  if (window.floatCount > 0) extendedFloatRate(window, output, call, kind);
  else extendedHistogramRate(window, output, call, kind);
}

/** The samples that boundary values are made of; undefined when no sample lies in the range. */
export interface Boundaries {
  /** The last one that is not after the range's start; else the first of all. */
  readonly first: number;
  /** The last one of all; of a smoothed range the first that is not before its end. */
  readonly last: number;
}

export function findBoundaries(
  timestamps: Float64Array,
  start: number,
  end: number,
  window: Window,
  isSmoothed: boolean,
): Boundaries | undefined {
  let last = end - 1;
  let after = start;
  while (after < last && timestamps[after] <= window.rangeStartMs) after++;
  const first = Math.max(start, after - 1);
  if (isSmoothed) {
    let reached = start;
    while (reached < last && timestamps[reached] < window.rangeEndMs) reached++;
    last = reached;
  }
  if (timestamps[last] <= window.rangeStartMs) return undefined;
  if (isSmoothed && timestamps[first] > window.rangeEndMs) return undefined;
  return { first, last };
}

function extendedFloatRate(window: Window, output: StepColumns, call: WindowCall, kind: RateKind): void {
  const { timestamps } = window.floats;
  const isSmoothed = call.extended === "smoothed";
  const found = findBoundaries(timestamps, window.floatStart, window.floatEnd, window, isSmoothed);
  if (found === undefined) return;
  const left = leftValue(window, found.first, isSmoothed, kind.isCounter);
  const right = rightValue(window, found.last, isSmoothed, kind.isCounter);
  let result = right - left;
  if (kind.isCounter) result += resetsBetween(window, found, left, right);
  output.setFloat(window.step, kind.perSecond ? result / (call.windowMs / 1000) : result);
}

export function leftValue(window: Window, first: number, isSmoothed: boolean, isCounter: boolean): number {
  const { timestamps, values } = window.floats;
  if (!isSmoothed || timestamps[first] >= window.rangeStartMs) return values[first];
  return interpolateFloat(
    sampleAt(window, first),
    sampleAt(window, first + 1),
    window.rangeStartMs,
    isCounter,
  );
}

export function rightValue(window: Window, last: number, isSmoothed: boolean, isCounter: boolean): number {
  const { timestamps, values } = window.floats;
  const isAfter = timestamps[last] > window.rangeEndMs;
  if (!isSmoothed || last === window.floatStart || !isAfter) return values[last];
  return interpolateFloat(sampleAt(window, last - 1), sampleAt(window, last), window.rangeEndMs, isCounter);
}

function sampleAt({ floats: { timestamps, values } }: Window, index: number): At<number> {
  return { timeMs: timestamps[index], value: values[index] };
}

/** What the counter had reached before each reset strictly inside of the range. */
function resetsBetween(window: Window, { first, last }: Boundaries, left: number, right: number): number {
  const { timestamps, values } = window.floats;
  const from = timestamps[first] <= window.rangeStartMs ? first + 1 : first;
  const to = timestamps[last] >= window.rangeEndMs ? last - 1 : last;
  let lost = 0;
  let previous = left;
  for (let i = from; i <= to; i++) {
    if (values[i] < previous) lost += previous;
    previous = values[i];
  }
  return right < previous ? lost + previous : lost;
}
