/**
 * Evaluates instant vectors, or functions of range vectors, while their series are read: each
 * series is released when the next one comes. A query over a day holds steps instead of samples;
 * under an aggregation it holds the steps of groups alone.
 */
import { HearthError } from "../../model/errors.ts";
import { compareLabelSets, type LabelSet } from "../../model/labels.ts";
import type { SeriesRows } from "../../model/rows/hour-rows.ts";
import { NO_PARAMETERS } from "../aggregate/aggregate-call.ts";
import { accumulatorOf, SeriesAggregation } from "../aggregate/series-aggregation.ts";
import { newestSamples } from "../operators/select-vector.ts";
import { overSeries } from "../operators/window-call.ts";
import type { StepGrid } from "../plan/grid.ts";
import type { AggregatePlan, CallPlan, SelectPlan, WindowPlan } from "../plan/plan.ts";
import type { StreamedVector } from "../plan/plan-reads.ts";
import { functionOverRows, newestOfRows } from "../rows/over-rows.ts";
import { Annotations } from "../runtime/annotations.ts";
import { seriesBytes } from "../runtime/budget.ts";
import { LabelOverlap } from "../runtime/collect-series.ts";
import type { EvaluationContext } from "../runtime/context.ts";
import { withoutBuckets } from "../runtime/histogram-totals.ts";
import { SampleCount } from "../runtime/sample-count.ts";
import { type SelectedSeries, withoutStaleMarkers } from "../runtime/selected-series.ts";
import { isPopulated, type StepSeries } from "../runtime/value.ts";

/** What makes a vector's result of one series. */
type SeriesMaker<Input> = (context: EvaluationContext) => (series: Input) => StepSeries;

/** Takes series as samples. */
export function overSamples({ plan, window, grid }: StreamedVector): SeriesMaker<SelectedSeries> {
  return (context) => {
    const make =
      window === undefined
        ? (series: SelectedSeries) => newestSamples(series, plan, grid, context)
        : functionOver(plan, window, grid, context);
    const { skipsBuckets } = window?.select ?? (plan as SelectPlan);
    return (series) =>
      make(skipsBuckets ? { ...series, histograms: withoutBuckets(series.histograms) } : series);
  };
}

/** Takes them as hourly rows; `windowMs`: whole hours. */
export function overRows({ plan, window, grid }: StreamedVector, windowMs: number): SeriesMaker<SeriesRows> {
  return (context) =>
    window === undefined
      ? (series) => newestOfRows(series, plan, grid, context)
      : functionOverRows(plan, window, windowMs, grid, context);
}

export class StreamedSeries<Input extends { readonly labels: LabelSet }> {
  readonly #make: (series: Input) => StepSeries;
  readonly #results: Results;
  /** Reported when the plan is evaluated. */
  readonly #annotations = new Annotations();
  readonly #samples: SampleCount;
  #reported: readonly StepSeries[] | undefined;
  /** A result that is read in several groups comes in another order than that of label sets. */
  #isSorted = true;
  #last: LabelSet | undefined;
  #error: HearthError | undefined;

  constructor(
    { grid, aggregate }: StreamedVector,
    base: Omit<EvaluationContext, "annotations" | "samples">,
    maker: SeriesMaker<Input>,
  ) {
    this.#samples = new SampleCount(grid.steps);
    const context = { ...base, annotations: this.#annotations, samples: this.#samples };
    this.#make = maker(context);
    this.#results =
      aggregate === undefined ? new KeptResults(context) : new AggregatedResults(aggregate, grid, context);
  }

  /**
   * Takes one more series, whose memory may be reused afterwards. After an error, which `report`
   * throws, series are ignored.
   */
  add(series: Input): void {
    if (this.#error !== undefined) return;
    if (this.#last !== undefined && compareLabelSets(this.#last, series.labels) > 0) this.#isSorted = false;
    this.#last = series.labels;
    try {
      this.#results.add(this.#make(series));
    } catch (error) {
      if (!(error instanceof HearthError && error.kind === "invalid")) throw error;
      this.#error = error;
    }
  }

  /**
   * The non-empty results, per series or per group, reported to the evaluation's context. Only this
   * throws "invalid": the user sees the error that evaluation meets first.
   */
  report({ annotations, samples }: EvaluationContext): readonly StepSeries[] {
    if (this.#error !== undefined) throw this.#error;
    this.#reported ??= this.#isSorted ? this.#results.finish() : this.#results.finish().toSorted(byLabels);
    annotations.addAll(this.#annotations);
    samples.addAll(this.#samples);
    return this.#reported;
  }
}

function byLabels(a: StepSeries, b: StepSeries): number {
  return compareLabelSets(a.labels, b.labels);
}

function functionOver(
  plan: CallPlan,
  window: WindowPlan,
  grid: StepGrid,
  context: EvaluationContext,
): (series: SelectedSeries) => StepSeries {
  const { select, windowMs } = window;
  const vector = { windowMs, reference: select, extended: select.extended, isStored: true };
  const over = overSeries(plan, window, vector, grid, context);
  return (series) => over(withoutStaleMarkers(series));
}

interface Results {
  add(series: StepSeries): void;
  finish(): readonly StepSeries[];
}

class KeptResults implements Results {
  readonly #context: EvaluationContext;
  readonly #series: StepSeries[] = [];

  constructor(context: EvaluationContext) {
    this.#context = context;
  }

  add(series: StepSeries): void {
    const { budget } = this.#context;
    if (isPopulated(series)) {
      budget.take(0, seriesBytes(series.labels));
      this.#series.push(series);
    } else budget.release(series.kinds.length);
  }

  finish(): readonly StepSeries[] {
    return this.#series;
  }
}

/** A series is in its group before the next one comes. */
class AggregatedResults implements Results {
  readonly #grid: StepGrid;
  readonly #context: EvaluationContext;
  readonly #aggregation: SeriesAggregation;
  /** Undefined if names still distinguish series. */
  readonly #overlap: LabelOverlap | undefined;

  constructor(plan: AggregatePlan, grid: StepGrid, context: EvaluationContext) {
    this.#grid = grid;
    this.#context = context;
    const keepsNames = plan.inner.kind === "select" || context.options.delayedNameRemoval;
    this.#overlap = keepsNames ? undefined : new LabelOverlap(context);
    const call = { plan, grid, context, parameters: NO_PARAMETERS };
    this.#aggregation = new SeriesAggregation(accumulatorOf(plan)!, call);
  }

  add(series: StepSeries): void {
    const { budget } = this.#context;
    if (isPopulated(series)) {
      this.#overlap?.add(series);
      this.#aggregation.add(series);
    }
    budget.release(this.#grid.steps);
  }

  finish(): readonly StepSeries[] {
    return this.#aggregation.finish();
  }
}
