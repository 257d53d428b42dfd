/** Percentiles of pooled slices, and how sure a ratio of two is. */
import type { Kind } from "./light-load.ts";
import { PHASES, type Phase, type Slice } from "./slice.ts";

/** Draws of the bootstrap. */
const DRAWS = 1000;
/** Of the draws, a fortieth is left out at each end. */
const TAIL = 0.025;

/** In ms. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly most: number;
}

/** Of p99: beside over alone, and where 95 of 100 draws lie. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Sorted. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)];
}

export function latencyOf(slices: readonly Slice[], kind: Kind): Latency {
  const sorted = pool(slices, kind);
  const at = (share: number) => Math.round(percentile(sorted, share));
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), most: at(1) };
}

/**
 * The interval is a bootstrap's: whole slices are drawn, as many as there are, with replacement, because requests within one
 * are not independent. `random` returns numbers from 0 to 1.
 */
export function ratioOf(
  beside: readonly Slice[],
  alone: readonly Slice[],
  kind: Kind,
  random: () => number,
): Ratio {
  const p99 = (slices: readonly Slice[]) => percentile(pool(slices, kind), 0.99);
  const draw = (slices: readonly Slice[]) => slices.map(() => slices[Math.floor(random() * slices.length)]);
  const drawn = Array.from({ length: DRAWS }, () => p99(draw(beside)) / p99(draw(alone)));
  drawn.sort((a, b) => a - b);
  return {
    value: p99(beside) / p99(alone),
    low: percentile(drawn, TAIL),
    high: percentile(drawn, 1 - TAIL),
  };
}

export function byPhase(slices: readonly Slice[]): ReadonlyMap<Phase, readonly Slice[]> {
  const phases = PHASES.map((name) => [name, slices.filter(({ phase }) => phase === name)] as const);
  return new Map(phases.filter(([, own]) => own.length > 0));
}

function pool(slices: readonly Slice[], kind: Kind): number[] {
  return slices.flatMap(({ latencies }) => latencies[kind]).sort((a, b) => a - b);
}
