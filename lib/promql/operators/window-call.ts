/** Calls of functions over range vectors: one window moves along each series. */

import { IMPLEMENTATIONS, type Implementation } from "../functions/implementations.ts";
import { referenceTime, type StepGrid, stepTime } from "../plan/grid.ts";
import type { CallPlan, Plan, SubqueryPlan, WindowPlan } from "../plan/plan.ts";
import { isRangePlan } from "../plan/plan.ts";
import { mergeSameLabels } from "../runtime/collect-series.ts";
import { type EvaluationContext, executionError } from "../runtime/context.ts";
import { STEPS_PER_HISTOGRAM_SAMPLE } from "../runtime/histogram-steps.ts";
import { Scratch } from "../runtime/quantile-of.ts";
import { withoutName } from "../runtime/result-labels.ts";
import type { SelectedSeries } from "../runtime/selected-series.ts";
import { StepColumns } from "../runtime/step-columns.ts";
import { asScalar, isPopulated, type StepSeries, type VectorValue, vectorOf } from "../runtime/value.ts";
import { Window } from "../runtime/window.ts";
import type { WindowCall, WindowFunction } from "../runtime/window-function.ts";
import type { TextRange } from "../syntax/ast.ts";
import { FUNCTION_NAMES, type FunctionName, factsOf } from "../syntax/functions.ts";
import { noteNonCounter } from "./note-non-counter.ts";
import { type RangeVector, rangeVector } from "./range-vector.ts";

type WindowImplementation = Extract<Implementation, { kind: "window" }>;

export function windowCall(
  plan: CallPlan,
  { combine }: WindowImplementation,
  grid: StepGrid,
  context: EvaluationContext,
): VectorValue {
  const series = windowSeries(plan, grid, context);
  if (combine !== undefined) return combine({ plan, grid, context }, series);
  return vectorOf(context.options.delayedNameRemoval ? series : mergeSameLabels(series));
}

/**
 * The function's result for every series. Without metric names several may have the same labels.
 */
function windowSeries(plan: CallPlan, grid: StepGrid, context: EvaluationContext): readonly StepSeries[] {
  const streamed = context.streamed.get(plan);
  if (streamed !== undefined) return streamed.report(context);
  const rangePlan = plan.args.find(isRangePlan)!;
  const vector = rangeVector(rangePlan, grid, context);
  checkExtended(plan.name, vector);
  return vector.series.map(overSeries(plan, rangePlan, vector, grid, context)).filter(isPopulated);
}

/** Applies the function to one series after the other. */
export function overSeries(
  plan: CallPlan,
  rangePlan: WindowPlan | SubqueryPlan,
  vector: Omit<RangeVector, "series">,
  grid: StepGrid,
  context: EvaluationContext,
): (series: SelectedSeries) => StepSeries {
  const call: WindowCall = {
    context,
    range: placeOf(rangePlan),
    argRanges: plan.args.map(placeOf),
    windowMs: vector.windowMs,
    extended: vector.extended,
    scratch: new Scratch(),
    scalars: plan.args
      .filter((arg) => arg !== rangePlan)
      .map((arg) => asScalar(context.evaluate(arg, grid, context)).values),
  };
  return (series) => callOverSeries(plan, series, vector, grid, call);
}

/** As in Prometheus, annotations about a subquery point at the start of the query. */
function placeOf({ kind, range }: Plan): TextRange {
  return kind === "subquery" ? { start: 0, end: 0 } : range;
}

function checkExtended(name: FunctionName, { extended }: Pick<RangeVector, "extended">): void {
  if (extended === undefined || factsOf(name).rangeModifiers.includes(extended)) return;
  const names = FUNCTION_NAMES.filter((one) => factsOf(one).rangeModifiers.includes(extended)).sort();
  throw executionError(`${extended} modifier can only be used with: ${names.join(", ")} - not with ${name}`);
}

function callOverSeries(
  plan: CallPlan,
  series: SelectedSeries,
  vector: Omit<RangeVector, "series">,
  grid: StepGrid,
  call: WindowCall,
): StepSeries {
  const { context } = call;
  context.deadline.check();
  context.budget.take(grid.steps);
  const output = new StepColumns(grid.steps);
  const { expectsCounter, keepsName } = factsOf(plan.name);
  moveWindow(new Window(series), vector, grid, call, windowFunction(plan.name), output);
  if (expectsCounter) noteNonCounter(series.labels, output, call);
  const isNamed = keepsName && !series.dropsName;
  const identity = isNamed ? { labels: series.labels, dropsName: false } : withoutName(series, context);
  return output.series(identity.labels, identity.dropsName);
}

function windowFunction(name: FunctionName): WindowFunction {
  const implementation = IMPLEMENTATIONS[name];
  if (implementation.kind === "window") return implementation.apply;
  throw new Error(`call of ${name}(): expected a function over range vectors`);
}

/** Steps of the deadline that are counted together: a call for each step of each series took a tenth of a query. */
const STEPS_TOGETHER = 20_000;

function moveWindow(
  window: Window,
  { windowMs, reference, extended, isStored }: Omit<RangeVector, "series">,
  grid: StepGrid,
  call: WindowCall,
  apply: WindowFunction,
  output: StepColumns,
): void {
  const { options, deadline, budget, samples: counts } = call.context;
  const { perStep, readPerStep } = counts;
  const before = extended === undefined ? 0 : options.lookbackDeltaMs;
  const after = extended === "smoothed" ? options.lookbackDeltaMs : 0;
  let spent = 0;
  let read = 0;
  for (let step = 0; step < grid.steps; step++) {
    const timeMs = stepTime(grid, step);
    const rangeEndMs = referenceTime(reference, timeMs);
    window.step = step;
    window.timeMs = timeMs;
    window.rangeEndMs = rangeEndMs;
    window.rangeStartMs = rangeEndMs - windowMs;
    const { floatEnd: floatsBefore, histogramEnd: histogramsBefore } = window;
    window.moveTo(rangeEndMs - windowMs - before, rangeEndMs + after);
    const { floatStart, floatEnd } = window;
    const histogramCount = window.histogramEnd - window.histogramStart;
    let samples = floatEnd - floatStart;
    let newSamples = floatEnd - Math.max(floatStart, floatsBefore);
    if (samples + histogramCount === 0) continue;
    spent += samples;
    if (histogramCount > 0) {
      const ofHistograms = window.sampleCount() - samples;
      spent += histogramCount + STEPS_PER_HISTOGRAM_SAMPLE * ofHistograms;
      samples += ofHistograms;
      newSamples = window.sampleCount(floatsBefore, histogramsBefore);
    }
    if (isStored) {
      perStep[step] += samples;
      readPerStep[step] += newSamples;
      read += newSamples;
    }
    if (spent > STEPS_TOGETHER) {
      deadline.spend(spent);
      budget.countRead(read);
      [spent, read] = [0, 0];
    }
    apply(window, output, call);
  }
  deadline.spend(spent);
  budget.countRead(read);
}
