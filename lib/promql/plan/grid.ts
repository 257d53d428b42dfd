/** The times at which an expression is evaluated. */

/** Evenly spaced steps. */
export interface StepGrid {
  readonly startMs: number;
  /** Where the steps were to end: at the last of them, or less than an interval behind it. */
  readonly endMs: number;
  readonly intervalMs: number;
  readonly steps: number;
}

/** A grid of one step. */
export function instantGrid(timeMs: number): StepGrid {
  return { startMs: timeMs, endMs: timeMs, intervalMs: 1, steps: 1 };
}

/** Whether it can be that of an instant query. Prometheus does not ask for the number of steps. */
export function isInstant({ startMs, endMs }: StepGrid): boolean {
  return startMs === endMs;
}

/** From `startMs` on, up to `endMs` at most; without a step when that is before. */
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

/** When a selector or a subquery looks: at the step, or at a fixed time, either less an offset. */
export interface TimeReference {
  readonly offsetMs: number;
  /** A fixed time (`@`). */
  readonly atMs: number | undefined;
}

export function referenceTime({ offsetMs, atMs }: TimeReference, timeMs: number): number {
  return (atMs ?? timeMs) - offsetMs;
}
