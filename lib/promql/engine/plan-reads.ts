/** Which series of which times a plan reads. Selectors with the same matchers and times that meet are read as one. */
import type { Matcher } from "../../model/matcher.ts";
import type { Selection } from "../../model/selection.ts";
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
  readonly selectors: readonly SelectPlan[];
  /** All that is made of its series, if that can be made of each of them as it comes; else undefined. */
  readonly calls: readonly StreamedCall[] | undefined;
}

/** A function of nothing but a range vector: no series matters to another. */
export interface StreamedCall {
  readonly plan: CallPlan;
  readonly window: WindowPlan;
  /** At whose steps. */
  readonly grid: StepGrid;
  /** The aggregation that is all that the results are for, if there is one that takes them one by one. */
  readonly aggregate: AggregatePlan | undefined;
}

interface Want extends Selection {
  readonly select: SelectPlan;
  readonly call?: StreamedCall | undefined;
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
    selectors: wants.map(({ select }) => select),
    calls: callsOf(wants),
  }));
}

function callsOf(wants: readonly Want[]): StreamedCall[] | undefined {
  const calls = wants.flatMap(({ call }) => call ?? []);
  return calls.length === wants.length ? calls : undefined;
}

function collect(plan: Plan, grid: StepGrid, lookbackDeltaMs: number, wants: Want[]): void {
  if (grid.steps === 0) return;
  const call = streamedCall(plan, grid);
  if (call !== undefined) wants.push({ ...windowWant(call.window, grid, lookbackDeltaMs), call });
  else if (plan.kind === "select") wants.push(instantWant(plan, grid, lookbackDeltaMs));
  else if (plan.kind === "window") wants.push(windowWant(plan, grid, lookbackDeltaMs));
  else {
    const inner = innerGrid(plan, grid);
    for (const child of plansIn(plan)) collect(child, inner, lookbackDeltaMs, wants);
  }
}

function streamedCall(plan: Plan, grid: StepGrid): StreamedCall | undefined {
  if (plan.kind === "aggregate") return aggregatedCall(plan, grid);
  if (plan.kind !== "call" || plan.args.length !== 1) return undefined;
  const [window] = plan.args;
  if (window.kind !== "window" || window.select.extended !== undefined) return undefined;
  return { plan, window, grid, aggregate: undefined };
}

/** Those without a parameter make one series of each group, and one after the other. */
function aggregatedCall(plan: AggregatePlan, grid: StepGrid): StreamedCall | undefined {
  if (plan.parameter !== undefined || plan.inner.kind !== "call") return undefined;
  // Its series are those that are not there.
  if (plan.inner.name === "absent_over_time") return undefined;
  const call = streamedCall(plan.inner, grid);
  return call && { ...call, aggregate: plan };
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
