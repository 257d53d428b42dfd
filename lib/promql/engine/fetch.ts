/** Reads the series of all selectors of a query, before evaluation. */
import { HearthError } from "../../model/errors.ts";
import { compareLabelSets } from "../../model/labels.ts";
import type { Series } from "../../model/samples.ts";
import type { SeriesSource } from "../engine-interface.ts";
import { isInstant, referenceTime, type StepGrid } from "../plan/grid.ts";
import type { Plan, SelectPlan, StreamedPlan } from "../plan/plan.ts";
import { type AnyPick, planReads, type Read, type RowRead } from "../plan/plan-reads.ts";
import { omittedSeries } from "../runtime/annotation-texts.ts";
import { type Budget, seriesBytes } from "../runtime/budget.ts";
import type { EvaluationContext, StreamedResult } from "../runtime/context.ts";
import { withoutBuckets } from "../runtime/histogram-totals.ts";
import { InstantCursor } from "../runtime/instant-cursor.ts";
import { loadedSamples, type SelectedSeries, selectedSeries } from "../runtime/selected-series.ts";
import { ABSENT } from "../runtime/value.ts";
import { readFromBest } from "./read-from-best.ts";
import { overRows, overSamples, StreamedSeries } from "./streamed-series.ts";

export interface FetchedSeries {
  /** By selector, sorted by label set; without selectors whose results are in `streamed`. */
  readonly data: ReadonlyMap<SelectPlan, readonly SelectedSeries[]>;
  readonly streamed: ReadonlyMap<StreamedPlan, StreamedResult>;
  readonly rowsRead: number;
}

/** Selectors that are read at once; each may hold as much memory as a query may. */
const READ_CONCURRENCY = 4;
/** `limitk` reads up to this many series even if it needs fewer: until then it counts samples as Prometheus does. */
const FEWEST_PICKABLE = 5000;

export type FetchContext = Pick<
  EvaluationContext,
  "options" | "annotations" | "budget" | "deadline" | "patterns" | "evaluate" | "touched"
>;

/** The series of every selector. Throws "too large" for too many. */
export async function fetchSeries(
  source: SeriesSource,
  plan: Plan,
  grid: StepGrid,
  context: FetchContext,
): Promise<FetchedSeries> {
  const { lookbackDeltaMs, resolution } = context.options;
  const reads = planReads(plan, grid, lookbackDeltaMs, source.selectRows && resolution);
  const data = new Map<SelectPlan, readonly SelectedSeries[]>();
  const streamed = new Map<StreamedPlan, StreamedResult>();
  const counter = new SeriesCounter(context.options.limits.maxSeries);
  const bases = { ...context, data, streamed };
  let rowsRead = 0;
  const readSamples = async ({ selection, wants, vectors, pick }: Read) => {
    const onOmittedSeries = pick && (() => context.annotations.add(omittedSeries(pick.select.range)));
    const order = pick === undefined ? "any" : "labels";
    const selected = source.select({ ...selection, onOmittedSeries, order }, context.options.signal);
    const series = pick === undefined ? selected : untilPicked(selected, pick, context);
    const count = (one: SelectedSeries) => {
      counter.add();
      for (const want of wants) if (!want.countsLater) context.touched.add(one, want);
    };
    if (vectors === undefined) {
      const all = await keepAll(series, count, context.budget);
      for (const { select } of wants) data.set(select, seriesFor(select, all));
    } else {
      const results = vectors.map((vector) => new StreamedSeries(vector, bases, overSamples(vector)));
      await streamAll(series, count, results, context.budget);
      vectors.forEach(({ plan, aggregate }, i) => {
        streamed.set(aggregate ?? plan, results[i]);
      });
    }
  };
  const readRows = async ({ vectors = [] }: Read, { selection, windowsMs }: RowRead) => {
    const results = vectors.map(
      (vector, i) => new StreamedSeries(vector, bases, overRows(vector, windowsMs[i])),
    );
    for await (const series of source.selectRows!(selection, context.options.signal)) {
      counter.add();
      context.touched.addRows(vectors.length);
      const rows = series.floats.hours.length + (series.histograms?.hours.length ?? 0);
      rowsRead += rows;
      context.budget.take(rows);
      for (const result of results) result.add(series);
      context.budget.release(rows);
    }
    vectors.forEach(({ plan, aggregate }, i) => {
      streamed.set(aggregate ?? plan, results[i]);
    });
  };
  const read = (one: Read) => readFromBest(one, source, context, { readSamples, readRows });
  for (let next = 0; next < reads.length; next += READ_CONCURRENCY) {
    await Promise.all(reads.slice(next, next + READ_CONCURRENCY).map(read));
  }
  return { data, streamed, rowsRead };
}

/** Ends the series of an instant query once enough of them have a value. */
async function* untilPicked(
  all: AsyncIterable<Series>,
  { count, grid, select }: AnyPick,
  { options }: FetchContext,
): AsyncGenerator<Series, void, void> {
  if (count === undefined || !isInstant(grid)) {
    yield* all;
    return;
  }
  const timeMs = referenceTime(select, grid.startMs);
  let series = 0;
  let withValue = 0;
  for await (const one of all) {
    series++;
    const cursor = new InstantCursor(selectedSeries(one), options.lookbackDeltaMs);
    if (cursor.seek(timeMs) !== ABSENT) withValue++;
    yield one;
    if (withValue >= count && series >= FEWEST_PICKABLE) return;
  }
}

/** Counts the series of all reads. */
class SeriesCounter {
  readonly #maxSeries: number;
  #series = 0;

  constructor(maxSeries: number) {
    this.#maxSeries = maxSeries;
  }

  /** Throws "too large" for too many. */
  add(): void {
    if (++this.#series > this.#maxSeries) throw tooManySeries(this.#maxSeries);
  }
}

async function keepAll(
  series: AsyncIterable<Series>,
  count: (one: SelectedSeries) => void,
  budget: Budget,
): Promise<SelectedSeries[]> {
  const all: SelectedSeries[] = [];
  for await (const one of series) {
    const selected = selectedSeries(one);
    count(selected);
    budget.take(loadedSamples(selected), seriesBytes(selected.labels));
    all.push(selected);
  }
  return all.sort(byLabels);
}

function byLabels(a: SelectedSeries, b: SelectedSeries): number {
  return compareLabelSets(a.labels, b.labels);
}

/** Only one series is in memory at a time, beside the results. */
async function streamAll(
  all: AsyncIterable<Series>,
  count: (one: SelectedSeries) => void,
  results: readonly StreamedSeries<SelectedSeries>[],
  budget: Budget,
): Promise<void> {
  for await (const one of all) {
    const series = selectedSeries(one);
    count(series);
    const samples = loadedSamples(series);
    budget.take(samples);
    for (const result of results) result.add(series);
    budget.release(samples);
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

/** The series as one selector of a shared read needs them. */
function seriesFor(select: SelectPlan, series: readonly SelectedSeries[]): readonly SelectedSeries[] {
  if (!select.skipsBuckets) return series;
  return series.map((one) => ({ ...one, histograms: withoutBuckets(one.histograms) }));
}
