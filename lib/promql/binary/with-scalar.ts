/** Binary operators between a vector and a scalar. */

import type { StepGrid } from "../plan/grid.ts";
import type { BinaryPlan } from "../plan/plan.ts";
import type { Annotation } from "../runtime/annotations.ts";
import { mergeSameLabels } from "../runtime/collect-series.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { histogramSteps } from "../runtime/histogram-steps.ts";
import { withoutName } from "../runtime/result-labels.ts";
import { StepColumns } from "../runtime/step-columns.ts";
import {
  ABSENT,
  FLOAT,
  isPopulated,
  type ScalarValue,
  type StepSeries,
  type VectorValue,
  vectorOf,
} from "../runtime/value.ts";
import { isArithmetic, isComparison } from "./arithmetic.ts";
import { type Cell, cellCombiner, floatOperator } from "./combine-cells.ts";
import { LastNotes } from "./last-notes.ts";

type Side = "left" | "right";

export function combineWithScalar(
  plan: BinaryPlan,
  vector: VectorValue,
  scalar: ScalarValue,
  scalarSide: Side,
  grid: StepGrid,
  context: EvaluationContext,
): VectorValue {
  const dropsName = isArithmetic(plan.operator) || plan.returnsBool;
  const notes = new LastNotes();
  const series = vector.series.map((one, order) => {
    context.budget.take(grid.steps);
    const columns =
      one.histograms === undefined && floatOperator(plan).calculate !== undefined
        ? calculateFloats(plan, one, scalar, scalarSide, context)
        : combineCells(plan, one, scalar, scalarSide, context, (step, note) => notes.add(step, order, note));
    const { labels, dropsName: drops } = dropsName ? withoutName(one, context) : one;
    return columns.series(labels, drops);
  });
  notes.report(context);
  const populated = series.filter(isPopulated);
  return vectorOf(dropsName && !context.options.delayedNameRemoval ? mergeSameLabels(populated) : populated);
}

/** The common case: arithmetic without histograms. */
function calculateFloats(
  plan: BinaryPlan,
  series: StepSeries,
  scalar: ScalarValue,
  scalarSide: Side,
  { deadline }: EvaluationContext,
): StepColumns {
  const calculate = floatOperator(plan).calculate!;
  const { kinds, values } = series;
  const columns = new StepColumns(kinds.length);
  for (let step = 0; step < kinds.length; step++) {
    deadline.atCell(step);
    if (kinds[step] !== FLOAT) continue;
    const [value, constant] = [values[step], scalar.values[step]];
    columns.setFloat(step, scalarSide === "left" ? calculate(constant, value) : calculate(value, constant));
  }
  return columns;
}

/** A comparison keeps the vector's sample, whichever side it is on. */
function combineCells(
  plan: BinaryPlan,
  series: StepSeries,
  scalar: ScalarValue,
  scalarSide: Side,
  { deadline }: EvaluationContext,
  note: (step: number, annotation: Annotation) => void,
): StepColumns {
  let current = 0;
  const combine = cellCombiner(plan, (annotation) => note(current, annotation));
  const columns = new StepColumns(series.kinds.length);
  for (let step = 0; step < series.kinds.length; step++) {
    deadline.atCell(step);
    if (series.kinds[step] === ABSENT) continue;
    current = step;
    const cell = cellAt(series, step);
    if (typeof cell !== "number") deadline.spend(histogramSteps(cell));
    const constant = scalar.values[step];
    const result = scalarSide === "left" ? combine(constant, cell) : combine(cell, constant);
    if (result === undefined) continue;
    if (plan.returnsBool) columns.setFloat(step, result.isKept ? 1 : 0);
    else if (result.isKept) setCell(columns, step, isComparison(plan.operator) ? cell : result.value);
  }
  return columns;
}

export function cellAt(series: StepSeries, step: number): Cell {
  return series.kinds[step] === FLOAT ? series.values[step] : series.histograms![step]!;
}

export function setCell(columns: StepColumns, step: number, cell: Cell): void {
  if (typeof cell === "number") columns.setFloat(step, cell);
  else columns.setHistogram(step, cell);
}
