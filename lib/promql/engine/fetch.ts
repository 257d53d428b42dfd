/** Reading what the selectors of a query ask for: all at once, before anything is evaluated. */
import { HearthError } from "../../model/errors.ts";
import type { SeriesSource, SourceSeries } from "../engine-interface.ts";
import type { Budget } from "./budget.ts";
import { CalledSeries } from "./called-series.ts";
import type { EvaluationContext } from "./context.ts";
import type { StepGrid } from "./grid.ts";
import { withoutBuckets } from "./histogram-totals.ts";
import type { AggregatePlan, CallPlan, Plan, SelectPlan } from "./plan.ts";
import { planReads } from "./plan-reads.ts";
import { loadedSamples, type SelectedSeries, selectedSeries } from "./selected-series.ts";

export interface FetchedSeries {
  /** Of each selector, sorted by label set; not of those that `called` has the results for. */
  readonly data: ReadonlyMap<SelectPlan, readonly SelectedSeries[]>;
  readonly called: ReadonlyMap<CallPlan | AggregatePlan, CalledSeries>;
}

type FetchContext = Pick<EvaluationContext, "options" | "budget" | "deadlineMs" | "evaluate">;

/** Every selector's series. Throws "too large" when they are too many. */
export async function fetchSeries(
  source: SeriesSource,
  plan: Plan,
  grid: StepGrid,
  context: FetchContext,
): Promise<FetchedSeries> {
  const reads = planReads(plan, grid, context.options.lookbackDeltaMs);
  const data = new Map<SelectPlan, readonly SelectedSeries[]>();
  const called = new Map<CallPlan | AggregatePlan, CalledSeries>();
  const counter = new SeriesCounter(context.options.limits.maxSeries);
  await Promise.all(
    reads.map(async ({ selection, selectors, calls }) => {
      const series = source.select(selection, context.options.signal);
      if (calls === undefined) {
        const all = await keepAll(series, counter, context.budget);
        for (const select of selectors) data.set(select, seriesFor(select, all));
      } else {
        const bases = { ...context, data, called };
        const results = calls.map((call) => new CalledSeries(call, bases));
        await callOverAll(series, counter, results, context.budget);
        calls.forEach((call, i) => {
          called.set(call.aggregate ?? call.plan, results[i]);
        });
      }
    }),
  );
  return { data, called };
}

/** Counts the series of all reads. */
class SeriesCounter {
  readonly #maxSeries: number;
  #series = 0;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** Throws "too large" when they are too many. */
  add(): void {
    if (++this.#series > this.#maxSeries) throw tooManySeries(this.#maxSeries);
  }
}

async function keepAll(
  series: AsyncIterable<SourceSeries>,
  counter: SeriesCounter,
  budget: Budget,
): Promise<SelectedSeries[]> {
  const all: SelectedSeries[] = [];
  for await (const one of series) {
    counter.add();
    const selected = selectedSeries(one);
    budget.take(loadedSamples(selected));
    all.push(selected);
  }
  return all;
}

/** Each series is in memory by itself, its results stay. */
async function callOverAll(
  all: AsyncIterable<SourceSeries>,
  counter: SeriesCounter,
  results: readonly CalledSeries[],
  budget: Budget,
): Promise<void> {
  for await (const one of all) {
    counter.add();
    const series = selectedSeries(one);
    const samples = loadedSamples(series);
    budget.take(samples);
    for (const called of results) called.add(series);
    budget.resetTo(budget.current - samples);
    one.release?.();
    series.histograms.release();
  }
}

function tooManySeries(maxSeries: number): HearthError {
  return new HearthError(
    "too large",
    `query selects more than ${maxSeries} series; add matchers or shorten its range limit=maxSeries`,
  );
}

/** What one selector wants of a read that others share. */
function seriesFor(select: SelectPlan, series: readonly SelectedSeries[]): readonly SelectedSeries[] {
  if (!select.skipsBuckets) return series;
  return series.map((one) => ({ ...one, histograms: withoutBuckets(one.histograms) }));
}
