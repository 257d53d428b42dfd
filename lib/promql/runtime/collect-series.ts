/** Collects series that may have the same labels. */
import type { LabelSet } from "../../model/labels.ts";
import type { StepGrid } from "../plan/grid.ts";
import { seriesBytes } from "./budget.ts";
import type { EvaluationContext } from "./context.ts";
import { executionError } from "./context.ts";
import { labelKey } from "./series-labels.ts";
import { StepColumns } from "./step-columns.ts";
import { ABSENT, isPopulated, type StepSeries } from "./value.ts";

export const SAME_LABELS = "vector cannot contain metrics with the same labelset";

/**
 * One series per label set, in the order of first appearance. Throws if two of them have a sample
 * at one step.
 */
export function mergeSameLabels(series: readonly StepSeries[]): readonly StepSeries[] {
  if (series.length <= 1) return series;
  const byKey = new Map<string, StepSeries[]>();
  for (const one of series) {
    const key = labelKey(one.labels);
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [one]);
    else same.push(one);
  }
  return byKey.size === series.length ? series : Array.from(byKey.values(), mergeColumns);
}

function mergeColumns(same: readonly StepSeries[]): StepSeries {
  if (same.length === 1) return same[0];
  const steps = same[0].kinds.length;
  const columns = new StepColumns(steps);
  let [first, firstStep] = [same[0], steps];
  for (const one of same) {
    for (let step = 0; step < steps; step++) {
      if (one.kinds[step] === ABSENT) continue;
      if (columns.kinds[step] !== ABSENT) throw executionError(SAME_LABELS);
      columns.copy(step, one);
      if (step < firstStep) [first, firstStep] = [one, step];
    }
  }
  // The first sample decides whether the name is dropped at the end: only one series may want that.
  return columns.series(first.labels, first.dropsName);
}

/** The steps at which each label set has a sample, for series that are not kept. */
export class LabelOverlap {
  readonly #context: EvaluationContext;
  readonly #taken = new Map<string, Uint8Array>();

  constructor(context: EvaluationContext) {
    this.#context = context;
  }

  /** Throws if a series of the same labels has a sample at one of its steps. */
  add({ labels, kinds }: StepSeries): void {
    const key = labelKey(labels);
    const taken = this.#taken.get(key);
    if (taken === undefined) {
      this.#context.budget.take(0, seriesBytes(labels) + kinds.length);
      this.#taken.set(key, kinds.slice());
      return;
    }
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] === ABSENT) continue;
      if (taken[step] !== ABSENT) throw executionError(SAME_LABELS);
      taken[step] = kinds[step];
    }
  }
}

/** Output series by their labels, filled cell by cell. */
export class SeriesCollector {
  readonly #byKey = new Map<string, { labels: LabelSet; dropsName: boolean; columns: StepColumns }>();
  readonly #grid: StepGrid;
  readonly #context: EvaluationContext;

  constructor(grid: StepGrid, context: EvaluationContext) {
    this.#grid = grid;
    this.#context = context;
  }

  /** The columns of a label set; new ones on first use. */
  columns(labels: LabelSet, dropsName: boolean): StepColumns {
    const key = labelKey(labels);
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      this.#context.budget.take(this.#grid.steps, seriesBytes(labels));
      entry = { labels, dropsName, columns: new StepColumns(this.#grid.steps) };
      this.#byKey.set(key, entry);
    }
    return entry.columns;
  }

  /** The series that have a sample, in the order of first use. */
  series(): StepSeries[] {
    return Array.from(this.#byKey.values(), ({ labels, dropsName, columns }) =>
      columns.series(labels, dropsName),
    ).filter(isPopulated);
  }
}

/** Sets a cell to a float. Throws if it has a sample already. */
export function claimCell(columns: StepColumns, step: number): void {
  if (columns.kinds[step] !== ABSENT) throw executionError(SAME_LABELS);
}
