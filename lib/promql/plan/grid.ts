/** The times at which an expression is evaluated. */

/** Evenly spaced steps. */
export interface StepGrid {
  readonly startMs: number;
  /** The end of the range: at the last step, or less than an interval after it. */
  readonly endMs: number;
  readonly intervalMs: number;
  readonly steps: number;
}

/** A grid of one step. */
export function instantGrid(timeMs: number): StepGrid {
  return { startMs: timeMs, endMs: timeMs, intervalMs: 1, steps: 1 };
}

/**
 * Whether it can be the grid of an instant query. Prometheus does not compare the number of steps.
 */
export function isInstant({ startMs, endMs }: StepGrid): boolean {
  return startMs === endMs;
}

/** From `startMs` up to `endMs`; without steps if `endMs` is before. */
export function gridBetween(startMs: number, endMs: number, intervalMs: number): StepGrid {
  return { startMs, endMs, intervalMs, steps: Math.max(0, Math.floor((endMs - startMs) / intervalMs) + 1) };
}

export function stepTime(grid: StepGrid, step: number): number {
  return grid.startMs + step * grid.intervalMs;
}

/** Meaningless for a grid without steps. */
export function lastTime(grid: StepGrid): number {
  return stepTime(grid, grid.steps - 1);
}

/** The time at which a selector or a subquery looks: the step or a fixed time, less an offset. */
export interface TimeReference {
  readonly offsetMs: number;
  /** The fixed time (`@`). */
  readonly atMs: number | undefined;
}

export function referenceTime({ offsetMs, atMs }: TimeReference, timeMs: number): number {
  return (atMs ?? timeMs) - offsetMs;
}
