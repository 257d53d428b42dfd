/** How many samples a selector will look at, estimated from its times and how often its series have samples. */
import type { StepGrid } from "./grid.ts";
import type { SelectPlan } from "./plan.ts";

/** A selector: when it is looked at, and what of its series is looked at each time. */
export interface EstimatedWant {
  readonly select: SelectPlan;
  readonly grid: StepGrid;
  /** 0: the newest sample. */
  readonly windowMs: number;
  readonly minTime: number;
  readonly maxTime: number;
}

/**
 * Samples that evaluation reads of one series, as `samplesRead` counts them: a sample of overlapping windows counts once.
 * `intervalMs`: between two samples.
 */
export function estimateSamples(want: EstimatedWant, intervalMs: number): number {
  const { grid, windowMs, select, minTime, maxTime } = want;
  if (windowMs === 0) return grid.steps;
  const perWindow = Math.floor(windowMs / intervalMs) + 1;
  const steps = select.atMs !== undefined ? 1 : grid.steps;
  const perStep = Math.min(grid.intervalMs / intervalMs, perWindow);
  const stored = Math.floor((maxTime - minTime) / intervalMs) + 1;
  return Math.min(perWindow + Math.round((steps - 1) * perStep), stored);
}
