/** A query's series as the columns that a plot draws. */

import { type Metric, printMetric } from "../api/metric-text.ts";
import type { ApiSeries, StepRange } from "../api/prometheus.ts";

export interface FrameSeries {
  /** Its labels as text: the same over refreshes. */
  readonly key: string;
  readonly metric: Metric;
  /** One for each of the frame's times, null where it has no value. */
  readonly values: readonly (number | null)[];
  /** Of the finite values; NaN without any. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly last: number;
}

export interface Frame {
  readonly range: StepRange;
  readonly times: readonly number[];
  readonly series: readonly FrameSeries[];
  readonly points: number;
}

/** Work between two looks at the event loop: longer work would be felt. */
const POINTS_PER_TURN = 100_000;

/**
 * Infinite values and NaN are not drawn, so they are null. Gives the event loop its turn between series, and throws
 * the signal's reason once it is aborted.
 */
export async function newFrame(
  all: readonly ApiSeries[],
  range: StepRange,
  turn: () => Promise<void>,
  signal?: AbortSignal,
): Promise<Frame> {
  const { start, end, step } = range;
  const count = Math.floor((end - start) / step + 1e-6) + 1;
  const times = Array.from({ length: count }, (_, i) => start + i * step);
  const series: FrameSeries[] = [];
  let points = 0;
  let untilTurn = POINTS_PER_TURN;
  for (const { metric, values = [] } of all) {
    const one = newSeries(metric, values, range, count);
    series.push(one);
    points += values.length;
    untilTurn -= values.length;
    if (untilTurn > 0) continue;
    await turn();
    signal?.throwIfAborted();
    untilTurn = POINTS_PER_TURN;
  }
  return { range, times, series, points };
}

function newSeries(
  metric: Metric,
  points: NonNullable<ApiSeries["values"]>,
  { start, step }: StepRange,
  count: number,
): FrameSeries {
  const values = Array<number | null>(count).fill(null);
  let [min, max, sum, last, finite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, Number.NaN, 0];
  for (const [seconds, text] of points) {
    const value = Number(text);
    if (!Number.isFinite(value)) continue;
    values[Math.round((seconds - start) / step)] = value;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    last = value;
    finite++;
  }
  const none = finite === 0;
  return {
    key: printMetric(metric),
    metric,
    values,
    min: none ? Number.NaN : min,
    max: none ? Number.NaN : max,
    mean: none ? Number.NaN : sum / finite,
    last,
  };
}
