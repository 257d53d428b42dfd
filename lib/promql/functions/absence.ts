/** `absent`, `absent_over_time`, and conversions between vectors and scalars. */
import type { LabelSet } from "../../model/labels.ts";
import type { Matcher } from "../../model/matcher.ts";
import type { Plan } from "../plan/plan.ts";
import { isMetadata, NO_LABELS, setLabel } from "../runtime/series-labels.ts";
import { ABSENT, FLOAT, isPopulated, type StepSeries, type VectorValue, vectorOf } from "../runtime/value.ts";
import {
  type FunctionCall,
  newColumns,
  scalarArg,
  type VectorFunction,
  type VectorFunctions,
  vectorArg,
} from "./function-call.ts";

function absent(call: FunctionCall): VectorValue {
  return whereAbsent(call, vectorArg(call, 0));
}

/** 1 at every step at which no series has a sample. */
export function whereAbsent(call: FunctionCall, series: readonly StepSeries[]): VectorValue {
  const columns = newColumns(call);
  for (let step = 0; step < call.grid.steps; step++) {
    call.context.deadline.spend(series.length);
    if (series.every(({ kinds }) => kinds[step] === ABSENT)) columns.setFloat(step, 1);
  }
  const result = columns.series(labelsOf(call.plan.args[0]), false);
  return vectorOf(isPopulated(result) ? [result] : []);
}

/** The labels that a selector determines. */
function labelsOf(plan: Plan): LabelSet {
  if (plan.kind === "window") return labelsOf(plan.select);
  return plan.kind === "select" ? labelsAskedFor(plan.matchers) : NO_LABELS;
}

/** A name with two matchers determines nothing. */
function labelsAskedFor(matchers: readonly Matcher[]): LabelSet {
  const seen = new Set<string>();
  let labels = NO_LABELS;
  for (const { type, name, value } of matchers) {
    if (isMetadata(name)) continue;
    const isFirst = type === "=" && !seen.has(name);
    labels = setLabel(labels, name, isFirst ? value : "");
    if (isFirst) seen.add(name);
  }
  return labels;
}

/** The value if there is exactly one float, else NaN. */
function scalar(call: FunctionCall): ReturnType<VectorFunction> {
  const series = vectorArg(call, 0);
  const values = new Float64Array(call.grid.steps).fill(Number.NaN);
  for (let step = 0; step < values.length; step++) {
    call.context.deadline.spend(series.length);
    const floats = series.filter(({ kinds }) => kinds[step] === FLOAT);
    if (floats.length === 1) values[step] = floats[0].values[step];
  }
  return { type: "scalar", values };
}

function vector(call: FunctionCall): VectorValue {
  const values = scalarArg(call, 0);
  const kinds = new Uint8Array(values.length).fill(FLOAT);
  return vectorOf([{ labels: NO_LABELS, dropsName: false, kinds, values, histograms: undefined }]);
}

export const ABSENCE_FUNCTIONS = { absent, scalar, vector } satisfies VectorFunctions;
