/** The values of a series of floats at the boundaries of an `anchored` or `smoothed` range. */
import type { Window } from "../../runtime/window.ts";
import { startsAfter, startsBetween } from "../start-timestamps.ts";
import { type At, interpolateFloat } from "./interpolate.ts";

/** The samples that determine the values at the boundaries. */
export interface Boundaries {
  /** The last sample that is not after the range's start, else the first of all. */
  readonly first: number;
  /** The last sample of all; in a smoothed range the first that is not before its end. */
  readonly last: number;
}

/** How to calculate values where there is no sample. */
export interface BoundaryRules {
  /** Interpolates between the samples of both sides, instead of taking the one before. */
  readonly isSmoothed: boolean;
  /** Whether a counter was zero at its start timestamp. */
  readonly isCounter: boolean;
  /** The start timestamps, in ms, 0 if unknown; undefined if they do not matter. */
  readonly starts: Float64Array | undefined;
  /** Start timestamps before this time are ignored. */
  readonly lookbackStartMs: number;
}

export interface Point extends At<number> {
  /** 0 if unknown. */
  readonly startMs: number;
}

/**
 * Undefined without a sample in the range. In a smoothed range, `isKnown` may accept a first sample
 * after it, by its start timestamp.
 */
export function findBoundaries(
  timestamps: Float64Array,
  start: number,
  end: number,
  { rangeStartMs, rangeEndMs }: Pick<Window, "rangeStartMs" | "rangeEndMs">,
  isSmoothed: boolean,
  isKnown: (first: number) => boolean = () => false,
): Boundaries | undefined {
  let last = end - 1;
  let after = start;
  while (after < last && timestamps[after] <= rangeStartMs) after++;
  const first = Math.max(start, after - 1);
  if (isSmoothed) {
    let reached = start;
    while (reached < last && timestamps[reached] < rangeEndMs) reached++;
    last = reached;
  }
  if (timestamps[last] <= rangeStartMs) return undefined;
  if (isSmoothed && timestamps[first] > rangeEndMs && !isKnown(first)) return undefined;
  return { first, last };
}

/** At the range's start. */
export function leftPoint(window: Window, first: number, rules: BoundaryRules): Point {
  const own = pointAt(window, first, rules);
  const boundaryMs = window.rangeStartMs;
  if (own.timeMs === boundaryMs) return own;
  if (own.timeMs > boundaryMs) return pointBefore(own, boundaryMs, rules);
  return pointBetween(own, pointAt(window, first + 1, rules), own, boundaryMs, rules);
}

/** At the range's end. */
export function rightPoint(window: Window, last: number, rules: BoundaryRules): Point {
  const own = pointAt(window, last, rules);
  const boundaryMs = window.rangeEndMs;
  if (own.timeMs <= boundaryMs) return pointOf(own.value, own, boundaryMs);
  if (last === window.floatStart) return pointBefore(own, boundaryMs, rules);
  return pointBetween(pointAt(window, last - 1, rules), own, own, boundaryMs, rules);
}

/** Whether counting began by `timeMs`, according to a start timestamp that is not ignored. */
export function hasBegunAt(
  timeMs: number,
  point: Point,
  { isCounter, lookbackStartMs }: BoundaryRules,
): boolean {
  return isCounter && startsAfter(lookbackStartMs, point) && !startsAfter(timeMs, point);
}

export function pointAt({ floats }: Window, index: number, { starts }: BoundaryRules): Point {
  return {
    timeMs: floats.timestamps[index],
    value: floats.values[index],
    startMs: starts === undefined ? 0 : starts[index],
  };
}

/** Before the first known sample. */
function pointBefore(next: Point, boundaryMs: number, rules: BoundaryRules): Point {
  const { isSmoothed, isCounter, lookbackStartMs } = rules;
  if (!isCounter || !startsAfter(lookbackStartMs, next)) return pointOf(next.value, next, boundaryMs);
  const isCounting = isSmoothed && !startsAfter(boundaryMs, next);
  return pointOf(isCounting ? interpolateFloat(zeroOf(next), next, boundaryMs, true) : 0, next, boundaryMs);
}

/**
 * Between two samples. The value has the start timestamp of `own`, unless counting restarts
 * between.
 */
function pointBetween(
  before: Point,
  after: Point,
  own: Point,
  boundaryMs: number,
  { isSmoothed, isCounter }: BoundaryRules,
): Point {
  let [from, to, counted] = [before, after, own];
  if (isCounter && startsAfter(boundaryMs, after)) {
    to = zeroOf(after);
    counted = before;
  } else if (isCounter && startsBetween(before, after)) {
    from = zeroOf(after);
    counted = after;
  }
  const value = isSmoothed ? interpolateFloat(from, to, boundaryMs, isCounter) : from.value;
  return pointOf(value, counted, boundaryMs);
}

/** Where the counting of a sample began. */
function zeroOf({ startMs }: Point): Point {
  return { timeMs: startMs, value: 0, startMs };
}

/** A start timestamp after the point does not apply to it. */
function pointOf(value: number, { startMs }: Point, timeMs: number): Point {
  return { timeMs, value, startMs: startMs > timeMs ? 0 : startMs };
}
