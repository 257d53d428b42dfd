/**
 * Whether hourly rows can stand for the samples of a vector (docs/decisions/0042-rollups.md). Where all edges of its windows
 * lie on hours the result is the same; else each window ends at the whole hour before, and has whole hours.
 */
import { HOUR_MS } from "../../model/time.ts";
import { printDuration } from "../syntax/duration-text.ts";
import { factsOf } from "../syntax/functions.ts";
import { lastTime, referenceTime, type StepGrid } from "./grid.ts";
import type { CallPlan, SelectPlan, WindowPlan } from "./plan.ts";

export type RowFit =
  | {
      readonly fits: true;
      /** Whether every edge lies on an hour. */
      readonly isExact: boolean;
      /** Whole hours; 0 of an instant vector. */
      readonly windowMs: number;
      /** Of the hours that are looked at: they end after `fromMs` and until `toMs`. */
      readonly fromMs: number;
      readonly toMs: number;
    }
  | { readonly fits: false; readonly reason: string };

/** What a vector is made of, as `StreamedVector` has it. */
export interface VectorShape {
  readonly plan: SelectPlan | CallPlan;
  readonly window: WindowPlan | undefined;
  readonly grid: StepGrid;
}

export function fitRows({ plan, window, grid }: VectorShape, lookbackDeltaMs: number): RowFit {
  const { steps, intervalMs } = grid;
  if (steps > 1 && intervalMs < HOUR_MS)
    return unfit(`a step of ${printDuration(intervalMs)} is shorter than an hour`);
  if (plan.kind === "call" && !factsOf(plan.name).hasRows) return unfit(`${plan.name}() needs every sample`);
  const select = window?.select ?? (plan as SelectPlan);
  if (select.extended !== undefined) return unfit(`${select.extended} needs every sample`);
  const askedMs = window?.windowMs ?? 0;
  if (window !== undefined && askedMs < HOUR_MS)
    return unfit(`a window of ${printDuration(askedMs)} is shorter than an hour`);
  const windowMs = Math.round(askedMs / HOUR_MS) * HOUR_MS;
  const first = referenceTime(select, grid.startMs);
  const last = referenceTime(select, lastTime(grid));
  const areStepsOnHours = isHour(first) && (first === last || isHour(intervalMs));
  const lookbackMs = window === undefined ? Math.ceil(lookbackDeltaMs / HOUR_MS) * HOUR_MS : 0;
  return {
    fits: true,
    isExact: areStepsOnHours && windowMs === askedMs,
    windowMs,
    fromMs: floorToHour(first) - windowMs - lookbackMs,
    toMs: floorToHour(last),
  };
}

function unfit(reason: string): RowFit {
  return { fits: false, reason };
}

export function floorToHour(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS) * HOUR_MS;
}

function isHour(timeMs: number): boolean {
  return timeMs % HOUR_MS === 0;
}
