/** Reading what the selectors of a query ask for: all at once, before anything is evaluated. */
import { HearthError } from "../../model/errors.ts";
import type { Selection } from "../../model/selection.ts";
import type { QueryOptions, SeriesSource, SourceSeries } from "../engine-interface.ts";
import type { Budget } from "./budget.ts";
import type { StepGrid } from "./grid.ts";
import { withoutBuckets } from "./histogram-totals.ts";
import type { Plan, SelectPlan } from "./plan.ts";
import { planReads } from "./plan-reads.ts";
import { loadedSamples, type SelectedSeries, selectedSeries } from "./selected-series.ts";

type FetchOptions = Pick<QueryOptions, "limits" | "signal" | "lookbackDeltaMs">;

/** Every selector's series, sorted by label set. Throws "too large" when they are too many. */
export async function fetchSeries(
  source: SeriesSource,
  plan: Plan,
  grid: StepGrid,
  options: FetchOptions,
  budget: Budget,
): Promise<ReadonlyMap<SelectPlan, readonly SelectedSeries[]>> {
  const reads = planReads(plan, grid, options.lookbackDeltaMs);
  const counter = { series: 0 };
  const answers = await Promise.all(
    reads.map(({ selection }) => readAll(source, selection, options, budget, counter)),
  );
  const data = new Map<SelectPlan, readonly SelectedSeries[]>();
  reads.forEach(({ selectors }, i) => {
    for (const select of selectors) data.set(select, seriesFor(select, answers[i]));
  });
  return data;
}

async function readAll(
  source: SeriesSource,
  selection: Selection,
  { limits, signal }: FetchOptions,
  budget: Budget,
  counter: { series: number },
): Promise<SelectedSeries[]> {
  const all: SelectedSeries[] = [];
  for await (const series of source.select(selection, signal)) {
    if (++counter.series > limits.maxSeries) throw tooManySeries(limits.maxSeries);
    const selected = selectedSeries(series satisfies SourceSeries);
    budget.take(loadedSamples(selected));
    all.push(selected);
  }
  return all;
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
