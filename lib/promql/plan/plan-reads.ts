/** Which series of which times a plan reads. Selectors with the same matchers and times that meet are read as one. */
import type { Matcher } from "../../model/matcher.ts";
import type { Selection } from "../../model/selection.ts";
import { factsOf } from "../syntax/functions.ts";
import { instantGrid, lastTime, referenceTime, type StepGrid } from "./grid.ts";
import {
  type AggregatePlan,
  type CallPlan,
  type Plan,
  plansIn,
  type SelectPlan,
  type WindowPlan,
} from "./plan.ts";
import { subqueryGrid } from "./subquery-grid.ts";

export interface Read {
  readonly selection: Selection;
  /** Those that are served by it. */
  readonly wants: readonly Want[];
  /** All that is made of its series, if that can be made of each of them as it comes; else undefined. */
  readonly vectors: readonly StreamedVector[] | undefined;
}

/** An instant vector, or a function of nothing but a range vector: no series matters to another. */
export type StreamedVector = (
  | { readonly plan: SelectPlan; readonly window: undefined }
  | { readonly plan: CallPlan; readonly window: WindowPlan }
) & {
  /** At whose steps. */
  readonly grid: StepGrid;
  /** The aggregation that is all that the vector is for, if there is one that takes its series one by one. */
  readonly aggregate: AggregatePlan | undefined;
};

/** What one selector looks at. */
export interface Want extends Selection {
  readonly select: SelectPlan;
  readonly vector?: StreamedVector | undefined;
  /** Whether it is not known yet which of the series matter: those of `info()` are counted where it is evaluated. */
  readonly countsLater?: boolean;
}

export function planReads(plan: Plan, grid: StepGrid, lookbackDeltaMs: number): Read[] {
  const wants: Want[] = [];
  collect(plan, grid, lookbackDeltaMs, wants);
  const byMatchers = new Map<string, Want[]>();
  for (const want of wants) {
    const key = matchersKey(want.matchers);
    byMatchers.set(key, [...(byMatchers.get(key) ?? []), want]);
  }
  return [...byMatchers.values()].flatMap(mergeOverlapping);
}

function matchersKey(matchers: readonly Matcher[]): string {
  return JSON.stringify(matchers.map(({ type, name, value }) => [type, name, value]));
}

function mergeOverlapping(wants: readonly Want[]): Read[] {
  const reads: { selection: Selection; wants: Want[] }[] = [];
  for (const want of wants.toSorted((a, b) => a.minTime - b.minTime)) {
    const { matchers, minTime, maxTime } = want;
    const last = reads.at(-1);
    if (last !== undefined && minTime <= last.selection.maxTime + 1) {
      last.selection = { ...last.selection, maxTime: Math.max(last.selection.maxTime, maxTime) };
      last.wants.push(want);
    } else reads.push({ selection: { matchers, minTime, maxTime }, wants: [want] });
  }
  return reads.map(({ selection, wants }) => ({
    selection,
    wants,
    vectors: vectorsOf(wants),
  }));
}

function vectorsOf(wants: readonly Want[]): StreamedVector[] | undefined {
  const vectors = wants.flatMap(({ vector }) => vector ?? []);
  return vectors.length === wants.length ? vectors : undefined;
}

function collect(plan: Plan, grid: StepGrid, lookbackDeltaMs: number, wants: Want[]): void {
  if (grid.steps === 0) return;
  const vector = streamedVector(plan, grid);
  if (vector !== undefined) wants.push({ ...wantOf(vector, lookbackDeltaMs), vector });
  else if (plan.kind === "select") wants.push(instantWant(plan, grid, lookbackDeltaMs));
  else if (plan.kind === "window") wants.push(windowWant(plan, grid, lookbackDeltaMs));
  else {
    const inner = innerGrid(plan, grid);
    for (const child of plansIn(plan)) {
      if (child.kind === "select" && looksAtSamples(plan, child)) {
        const countsLater = plan.kind === "info";
        wants.push({ ...instantWant(child, inner, lookbackDeltaMs), countsLater });
      } else collect(child, inner, lookbackDeltaMs, wants);
    }
  }
}

function wantOf({ plan, window, grid }: StreamedVector, lookbackDeltaMs: number): Want {
  return window === undefined
    ? instantWant(plan, grid, lookbackDeltaMs)
    : windowWant(window, grid, lookbackDeltaMs);
}

/** Whether a plan asks more of a selector than the values of its vector: when its samples were written. */
function looksAtSamples(plan: Plan, select: SelectPlan): boolean {
  if (plan.kind === "info") return plan.select === select;
  return plan.kind === "call" && factsOf(plan.name).readsSamples;
}

function streamedVector(plan: Plan, grid: StepGrid): StreamedVector | undefined {
  if (plan.kind === "aggregate") return aggregatedVector(plan, grid);
  if (plan.kind === "select")
    return plan.extended === undefined ? { plan, window: undefined, grid, aggregate: undefined } : undefined;
  if (plan.kind !== "call" || plan.args.length !== 1) return undefined;
  const [window] = plan.args;
  if (window.kind !== "window" || window.select.extended !== undefined) return undefined;
  return { plan, window, grid, aggregate: undefined };
}

/** Those without a parameter make one series of each group, and one after the other. */
function aggregatedVector(plan: AggregatePlan, grid: StepGrid): StreamedVector | undefined {
  const { parameter, inner } = plan;
  if (parameter !== undefined || inner.kind === "aggregate") return undefined;
  if (inner.kind === "call" && !factsOf(inner.name).isPerSeries) return undefined;
  const vector = streamedVector(inner, grid);
  return vector && { ...vector, aggregate: plan };
}

function innerGrid(plan: Plan, grid: StepGrid): StepGrid {
  if (plan.kind === "once") return instantGrid(grid.startMs);
  return plan.kind === "subquery" ? subqueryGrid(plan, grid) : grid;
}

/** Samples that are exactly as old as the lookback delta, or as the start of a window, are too old: both are left-open. */
function instantWant(select: SelectPlan, grid: StepGrid, lookbackDeltaMs: number): Want {
  const after = select.extended === "smoothed" ? lookbackDeltaMs : 0;
  return {
    select,
    matchers: select.matchers,
    minTime: referenceTime(select, grid.startMs) - lookbackDeltaMs + 1,
    maxTime: referenceTime(select, lastTime(grid)) + after,
  };
}

function windowWant({ select, windowMs }: WindowPlan, grid: StepGrid, lookbackDeltaMs: number): Want {
  const before = windowMs + (select.extended === undefined ? 0 : lookbackDeltaMs);
  const after = select.extended === "smoothed" ? lookbackDeltaMs : 0;
  return {
    select,
    matchers: select.matchers,
    minTime: referenceTime(select, grid.startMs) - before + 1,
    maxTime: referenceTime(select, lastTime(grid)) + after,
  };
}
