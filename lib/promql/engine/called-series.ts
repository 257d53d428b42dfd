/**
 * What a function makes of the series of a range vector while these are read: each is called over as it comes and let go of. A
 * query of a day holds the steps of its series then and not all of their samples.
 */
import { overSeries } from "../operators/window-call.ts";
import { Annotations } from "./annotations.ts";
import type { EvaluationContext } from "./context.ts";
import { withoutBuckets } from "./histogram-totals.ts";
import type { StreamedCall } from "./plan-reads.ts";
import { SampleCount } from "./sample-count.ts";
import { type SelectedSeries, withoutStaleMarkers } from "./selected-series.ts";
import type { StepSeries } from "./value.ts";

export class CalledSeries {
  readonly #call: StreamedCall;
  readonly #over: (series: SelectedSeries) => StepSeries;
  readonly #series: StepSeries[] = [];
  /** Told when the call's turn comes. */
  readonly #annotations = new Annotations();
  readonly #samples: SampleCount;

  constructor(call: StreamedCall, base: Omit<EvaluationContext, "annotations" | "samples">) {
    const { plan, window, grid } = call;
    this.#call = call;
    this.#samples = new SampleCount(grid.steps);
    const context = { ...base, annotations: this.#annotations, samples: this.#samples };
    const { select, windowMs } = window;
    const vector = { windowMs, reference: select, extended: select.extended, isStored: true };
    this.#over = overSeries(plan, window, vector, grid, context);
  }

  /** Calls over one more series. */
  add(series: SelectedSeries): void {
    const { skipsBuckets } = this.#call.window.select;
    const { histograms } = series;
    const needed = skipsBuckets ? { ...series, histograms: withoutBuckets(histograms) } : series;
    this.#series.push(this.#over(withoutStaleMarkers(needed)));
  }

  /** The results, one for each series, in the context in which the call stands. */
  tell({ annotations, samples }: EvaluationContext): readonly StepSeries[] {
    annotations.addAll(this.#annotations);
    samples.addAll(this.#samples);
    return this.#series;
  }
}
