/**
 * The series and times that a plan reads. Selectors with equal matchers and touching times share a
 * read.
 */
import type { Matcher } from "../../model/matcher.ts";
import type { RowSelection, Selection } from "../../model/selection.ts";
import type { SourceResolution } from "../settings.ts";
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
import { fitRows, type RowFit } from "./row-fit.ts";
import { subqueryGrid } from "./subquery-grid.ts";

export interface Read {
  readonly selection: Selection;
  /** The selectors that share the read. */
  readonly wants: readonly Want[];
  /**
   * The operators that take its series one at a time; undefined if some selector needs all series
   * together.
   */
  readonly vectors: readonly StreamedVector[] | undefined;
  /** The only use of its series, if that picks any of them. */
  readonly pick: AnyPick | undefined;
  /** What may be read in place of samples. */
  readonly rows: RowRead | undefined;
  /** Why that is nothing. */
  readonly needsSamples: string | undefined;
}

/** Hourly rows for all vectors of a read. */
export interface RowRead {
  readonly selection: RowSelection;
  /** Whether the result is exactly that of samples. */
  readonly isExact: boolean;
  /** Whole hours, by vector. */
  readonly windowsMs: readonly number[];
}

/** An ungrouped `limitk`: any series that have a value suffice. */
export interface AnyPick {
  readonly select: SelectPlan;
  readonly grid: StepGrid;
  /** Picked series of each step; undefined if only evaluation knows it. */
  readonly count: number | undefined;
}

/**
 * An instant vector, or a function of a single range vector: its series are independent of each
 * other.
 */
export type StreamedVector = (
  | { readonly plan: SelectPlan; readonly window: undefined }
  | { readonly plan: CallPlan; readonly window: WindowPlan }
) & {
  /** The grid of its steps. */
  readonly grid: StepGrid;
  /** The only use of the vector, if that is an aggregation that takes series one by one. */
  readonly aggregate: AggregatePlan | undefined;
};

/** The times and series of one selector. */
export interface Want extends Selection {
  readonly select: SelectPlan;
  /** The steps at which it is looked at. */
  readonly grid: StepGrid;
  /** What it looks at before each step, samples of earlier steps included; 0: its newest sample. */
  readonly windowMs: number;
  readonly vector?: StreamedVector | undefined;
  /** Whether evaluation decides which series count as touched, as for `info()`. */
  readonly countsLater?: boolean;
  readonly pick?: AnyPick;
  readonly fit?: RowFit;
}

/** `resolution` "rows": selectors that rows suit are read apart from those that need samples. */
export function planReads(
  plan: Plan,
  grid: StepGrid,
  lookbackDeltaMs: number,
  resolution: SourceResolution = "samples",
): Read[] {
  const found: Want[] = [];
  collect(plan, grid, lookbackDeltaMs, found);
  const wants =
    resolution === "samples" ? found : found.map((want) => ({ ...want, fit: fitOf(want, lookbackDeltaMs) }));
  const byMatchers = new Map<string, Want[]>();
  for (const want of wants) {
    const key = matchersKey(want.matchers) + (resolution === "rows" && want.fit?.fits === true);
    byMatchers.set(key, [...(byMatchers.get(key) ?? []), want]);
  }
  return [...byMatchers.values()].flatMap(mergeOverlapping);
}

function fitOf({ vector, pick }: Want, lookbackDeltaMs: number): RowFit {
  if (vector === undefined || pick !== undefined)
    return { fits: false, reason: "its samples are needed together" };
  return fitRows(vector, lookbackDeltaMs);
}

function rowRead(wants: readonly Want[]): Pick<Read, "rows" | "needsSamples"> {
  const fits: Extract<RowFit, { fits: true }>[] = [];
  for (const { fit } of wants) {
    if (fit === undefined) return { rows: undefined, needsSamples: undefined };
    if (!fit.fits) return { rows: undefined, needsSamples: fit.reason };
    fits.push(fit);
  }
  const rows = {
    selection: {
      matchers: wants[0].matchers,
      fromMs: Math.min(...fits.map(({ fromMs }) => fromMs)),
      toMs: Math.max(...fits.map(({ toMs }) => toMs)),
    },
    isExact: fits.every(({ isExact }) => isExact),
    windowsMs: fits.map(({ windowMs }) => windowMs),
  };
  return { rows, needsSamples: undefined };
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
    pick: wants.length === 1 ? wants[0].pick : undefined,
    ...rowRead(wants),
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
  else if (plan.kind === "aggregate" && picksAny(plan) && plan.inner.kind === "select")
    collectPicked(plan, plan.inner, grid, lookbackDeltaMs, wants);
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

function picksAny({ operator, grouping, labels }: AggregatePlan): boolean {
  return operator === "limitk" && grouping === "by" && labels.length === 0;
}

/** The selector below an aggregation that picks any series, and its parameter's selectors. */
function collectPicked(
  { parameter }: AggregatePlan,
  select: SelectPlan,
  grid: StepGrid,
  lookbackDeltaMs: number,
  wants: Want[],
): void {
  const count = parameter?.kind === "constant" ? Math.trunc(parameter.value) : undefined;
  const before = wants.length;
  collect(select, grid, lookbackDeltaMs, wants);
  if (wants.length > before) wants[before] = { ...wants[before], pick: { select, grid, count } };
  if (parameter !== undefined) collect(parameter, grid, lookbackDeltaMs, wants);
}

function wantOf({ plan, window, grid }: StreamedVector, lookbackDeltaMs: number): Want {
  return window === undefined
    ? instantWant(plan, grid, lookbackDeltaMs)
    : windowWant(window, grid, lookbackDeltaMs);
}

/** Whether a plan needs the samples of a selector, not only its values: their timestamps. */
function looksAtSamples(plan: Plan, select: SelectPlan): boolean {
  if (plan.kind === "info") return plan.select === select;
  return plan.kind === "call" && factsOf(plan.name).readsSamples;
}

function streamedVector(plan: Plan, grid: StepGrid): StreamedVector | undefined {
  if (plan.kind === "aggregate") return aggregatedVector(plan, grid);
  if (plan.kind === "select")
    return plan.extended === undefined ? { plan, window: undefined, grid, aggregate: undefined } : undefined;
  if (plan.kind !== "call") return undefined;
  const window = plan.args.find((arg) => arg.kind === "window");
  if (window === undefined || window.select.extended !== undefined) return undefined;
  if (!plan.args.every((arg) => arg === window || isConstant(arg))) return undefined;
  return { plan, window, grid, aggregate: undefined };
}

/** Whether it can be evaluated before anything is read. */
function isConstant(plan: Plan): boolean {
  return plan.kind === "constant" || (plan.kind === "once" && isConstant(plan.inner));
}

/**
 * An aggregation without a parameter makes one series per group from one series after the other.
 */
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

/**
 * Samples exactly as old as the lookback delta, or at the start of a window, are too old: both are
 * left-open.
 */
function wantSince(beforeMs: number, select: SelectPlan, grid: StepGrid, lookbackDeltaMs: number): Want {
  const afterMs = select.extended === "smoothed" ? lookbackDeltaMs : 0;
  return {
    select,
    grid,
    windowMs: beforeMs + afterMs,
    matchers: select.matchers,
    minTime: referenceTime(select, grid.startMs) - beforeMs + 1,
    maxTime: referenceTime(select, lastTime(grid)) + afterMs,
  };
}

function instantWant(select: SelectPlan, grid: StepGrid, lookbackDeltaMs: number): Want {
  const want = wantSince(lookbackDeltaMs, select, grid, lookbackDeltaMs);
  return select.extended === "smoothed" ? want : { ...want, windowMs: 0 };
}

function windowWant({ select, windowMs }: WindowPlan, grid: StepGrid, lookbackDeltaMs: number): Want {
  const beforeMs = windowMs + (select.extended === undefined ? 0 : lookbackDeltaMs);
  return wantSince(beforeMs, select, grid, lookbackDeltaMs);
}
