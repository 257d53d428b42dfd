/**
 * Histograms over time as the cells of a heatmap: classic ones by their `le`, native ones by their buckets. Rows
 * are bucket bounds at equal heights, so narrow buckets are as visible as wide ones.
 */
import type { ApiSeries, HistogramPoint, StepRange } from "../api/prometheus.ts";

export interface HeatMap {
  readonly range: StepRange;
  readonly times: readonly number[];
  /** Ascending; row i is from bound i to bound i + 1. */
  readonly bounds: readonly number[];
  /** Row by row: `counts[row * times.length + time]`. */
  readonly counts: Float64Array;
  readonly max: number;
  /** Histograms that were added up. */
  readonly histograms: number;
}

/** More rows are less than a pixel or two high. */
const MAX_ROWS = 150;

/** Whether series look like buckets of classic histograms: each has `le`, and together they have three or more. */
export function isClassicHistogram(all: readonly ApiSeries[]): boolean {
  if (all.length < 3 || !all.every(({ metric }) => metric.le !== undefined)) return false;
  return new Set(all.map(({ metric }) => metric.le)).size >= 3;
}

export function isNativeHistogram(all: readonly ApiSeries[]): boolean {
  return all.some(({ histograms = [] }) => histograms.length > 0);
}

interface Cell {
  readonly time: number;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

export function newHeatMap(all: readonly ApiSeries[], range: StepRange): HeatMap {
  const { start, end, step } = range;
  const length = Math.floor((end - start) / step + 1e-6) + 1;
  const times = Array.from({ length }, (_, i) => start + i * step);
  const timeOf = (seconds: number) => Math.round((seconds - start) / step);
  const isClassic = isClassicHistogram(all);
  const groups = isClassic ? groupsOf(all) : all.filter(({ histograms = [] }) => histograms.length > 0);
  const cells = isClassic
    ? (groups as ApiSeries[][]).flatMap((group) => classicCells(group, timeOf))
    : (groups as ApiSeries[]).flatMap(({ histograms = [] }) => nativeCells(histograms, timeOf));
  const bounds = thin(
    [...new Set(cells.flatMap(({ lower, upper }) => [lower, upper]))].sort((a, b) => a - b),
  );
  const counts = new Float64Array(Math.max(0, bounds.length - 1) * length);
  for (const cell of cells) addCell(counts, bounds, length, cell);
  const max = counts.reduce((most, count) => Math.max(most, count), 0);
  return { range, times, bounds, counts, max, histograms: groups.length };
}

/** Series that differ in `le` alone, each group by ascending `le`. */
function groupsOf(all: readonly ApiSeries[]): ApiSeries[][] {
  const groups = Map.groupBy(all, ({ metric: { le: _, ...rest } }) =>
    JSON.stringify(Object.entries(rest).sort()),
  );
  return [...groups.values()].map((group) => group.toSorted((a, b) => Number(leOf(a)) - Number(leOf(b))));
}

function leOf({ metric: { le = "" } }: ApiSeries): string {
  return le === "+Inf" ? "Infinity" : le;
}

/** Counts of classic buckets include those of all smaller ones. */
function classicCells(group: readonly ApiSeries[], timeOf: (seconds: number) => number): Cell[] {
  const cells: Cell[] = [];
  const below = new Map<number, number>();
  let lower = Number.NEGATIVE_INFINITY;
  for (const [i, series] of group.entries()) {
    const upper = Number(leOf(series));
    // The first bucket of what cannot be negative begins at 0.
    const from = i === 0 && upper > 0 ? 0 : lower;
    for (const [seconds, text] of series.values ?? []) {
      const total = Number(text);
      if (!Number.isFinite(total)) continue;
      const time = timeOf(seconds);
      const count = total - (below.get(time) ?? 0);
      if (count > 0) cells.push({ time, lower: from, upper, count });
      below.set(time, Math.max(total, below.get(time) ?? 0));
    }
    lower = upper;
  }
  return cells;
}

function nativeCells(points: readonly HistogramPoint[], timeOf: (seconds: number) => number): Cell[] {
  return points.flatMap(([seconds, { buckets = [] }]) =>
    buckets.map(([, lower, upper, count]) => ({
      time: timeOf(seconds),
      lower: Number(lower.replace("Inf", "Infinity")),
      upper: Number(upper.replace("Inf", "Infinity")),
      count: Number(count),
    })),
  );
}

/** Leaves bounds out evenly, never the first and the last. */
function thin(bounds: readonly number[]): number[] {
  const each = Math.ceil((bounds.length - 1) / MAX_ROWS);
  if (each <= 1) return [...bounds];
  return bounds.filter((_, i) => i % each === 0 || i === bounds.length - 1);
}

/** A bucket wider than a row is spread over its rows evenly; one that is narrower goes to the row that has its middle. */
function addCell(counts: Float64Array, bounds: readonly number[], length: number, cell: Cell): void {
  const { time, lower, upper, count } = cell;
  if (time < 0 || time >= length || !(count > 0)) return;
  const first = Math.max(0, lastAtMost(bounds, lower));
  let last = first;
  while (last + 1 < bounds.length - 1 && bounds[last + 1] < upper) last++;
  const share = count / (last - first + 1);
  for (let row = first; row <= last; row++) counts[row * length + time] += share;
}

function lastAtMost(bounds: readonly number[], value: number): number {
  let [low, high] = [0, bounds.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (bounds[middle] <= value) low = middle;
    else high = middle - 1;
  }
  return Math.min(low, bounds.length - 2);
}
