/**
 * What a function makes of the series of a range vector while these are read: each is called over as it comes and let go of. A
 * query of a day holds the steps of its series then and not all of their samples; those of its groups alone where an aggregation
 * takes what the function makes.
 */
import { NO_PARAMETERS } from "../operators/aggregate.ts";
import { accumulatorOf, SeriesAggregation } from "../operators/aggregate-series.ts";
import { overSeries } from "../operators/window-call.ts";
import { Annotations } from "./annotations.ts";
import { LabelOverlap } from "./collect-series.ts";
import type { EvaluationContext } from "./context.ts";
import type { StepGrid } from "./grid.ts";
import { withoutBuckets } from "./histogram-totals.ts";
import type { AggregatePlan } from "./plan.ts";
import type { StreamedCall } from "./plan-reads.ts";
import { SampleCount } from "./sample-count.ts";
import { type SelectedSeries, withoutStaleMarkers } from "./selected-series.ts";
import { isPopulated, type StepSeries } from "./value.ts";

export class CalledSeries {
  readonly #call: StreamedCall;
  readonly #over: (series: SelectedSeries) => StepSeries;
  readonly #results: Results;
  /** Told when the call's turn comes. */
  readonly #annotations = new Annotations();
  readonly #samples: SampleCount;
  #told: readonly StepSeries[] | undefined;

  constructor(call: StreamedCall, base: Omit<EvaluationContext, "annotations" | "samples">) {
    const { plan, window, grid } = call;
    this.#call = call;
    this.#samples = new SampleCount(grid.steps);
    const context = { ...base, annotations: this.#annotations, samples: this.#samples };
    const { select, windowMs } = window;
    const vector = { windowMs, reference: select, extended: select.extended, isStored: true };
    this.#over = overSeries(plan, window, vector, grid, context);
    this.#results =
      call.aggregate === undefined ? new KeptResults() : new AggregatedResults(call.aggregate, grid, context);
  }

  /** Calls over one more series. */
  add(series: SelectedSeries): void {
    const { skipsBuckets } = this.#call.window.select;
    const { histograms } = series;
    const needed = skipsBuckets ? { ...series, histograms: withoutBuckets(histograms) } : series;
    this.#results.add(this.#over(withoutStaleMarkers(needed)));
  }

  /** The results that have samples, of each series or of each group, in the context in which the call stands. */
  tell({ annotations, samples }: EvaluationContext): readonly StepSeries[] {
    this.#told ??= this.#results.finish();
    annotations.addAll(this.#annotations);
    samples.addAll(this.#samples);
    return this.#told;
  }
}

interface Results {
  add(series: StepSeries): void;
  finish(): readonly StepSeries[];
}

class KeptResults implements Results {
  readonly #series: StepSeries[] = [];

  add(series: StepSeries): void {
    if (isPopulated(series)) this.#series.push(series);
  }

  finish(): readonly StepSeries[] {
    return this.#series;
  }
}

/** What a series has is in its group when the next one comes. */
class AggregatedResults implements Results {
  readonly #grid: StepGrid;
  readonly #context: EvaluationContext;
  readonly #aggregation: SeriesAggregation;
  readonly #overlap = new LabelOverlap();

  constructor(plan: AggregatePlan, grid: StepGrid, context: EvaluationContext) {
    this.#grid = grid;
    this.#context = context;
    const call = { plan, grid, context, parameters: NO_PARAMETERS };
    this.#aggregation = new SeriesAggregation(accumulatorOf(plan)!, call);
  }

  add(series: StepSeries): void {
    const { budget, options } = this.#context;
    if (isPopulated(series)) {
      if (!options.delayedNameRemoval) this.#overlap.add(series);
      this.#aggregation.add(series);
    }
    budget.resetTo(budget.current - this.#grid.steps);
  }

  finish(): readonly StepSeries[] {
    return this.#aggregation.finish();
  }
}
