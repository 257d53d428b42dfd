/**
 * Samples that come in any order, on their way into blocks of a UTC day each: some millions are gathered by series, then
 * written, so memory is bounded whatever comes.
 */
import type { ChunkedSeries } from "../chunk/cut.ts";
import { sortColumns } from "../chunk/merge-mixed.ts";
import { SampleColumns } from "../chunk/sample-columns.ts";
import { compareLabelSets, type LabelSet } from "../model/labels.ts";
import type { MixedSamples } from "../model/samples.ts";
import { DAY_MS } from "../model/time.ts";
import { dayOf } from "../storage/layout/keys.ts";
import { countSamples, samplesBetween } from "../storage/parts/hashed-samples.ts";
import { cutStartedChunks } from "../tsdb/write/started-chunks.ts";

/** Samples that are gathered: 16 bytes each, and their copies while they are sorted. */
const MAX_SAMPLES = 4_000_000;
/** Series that are gathered: about 500 bytes each beside their samples. */
const MAX_SERIES = 500_000;

/** Stores the series of a day, sorted by label set. */
export type StoreSpooled = (day: number, series: Iterable<ChunkedSeries>) => Promise<void>;

export class SampleSpool {
  readonly #store: StoreSpooled;
  readonly #maxSamples: number;
  readonly #series = new Map<string, { readonly labels: LabelSet; readonly columns: SampleColumns }>();
  #samples = 0;

  constructor(store: StoreSpooled, maxSamples = MAX_SAMPLES) {
    this.#store = store;
    this.#maxSamples = maxSamples;
  }

  /** Where a series' samples go; good until the next call of `settle`. */
  columnsOf(labels: LabelSet): SampleColumns {
    const key = JSON.stringify(labels);
    let known = this.#series.get(key);
    if (known === undefined) {
      known = { labels, columns: new SampleColumns(16) };
      this.#series.set(key, known);
    }
    return known.columns;
  }

  /** Counts samples that were added; stores all if that makes it many, and then returns true: columns are to be asked for again. */
  async settle(added: number): Promise<boolean> {
    this.#samples += added;
    if (this.#samples < this.#maxSamples && this.#series.size < MAX_SERIES) return false;
    await this.finish();
    return true;
  }

  /** Stores what is left. */
  async finish(): Promise<void> {
    const all = [...this.#series.values()].sort((a, b) => compareLabelSets(a.labels, b.labels));
    this.#series.clear();
    this.#samples = 0;
    const sorted = all.map(({ labels, columns }) => ({ labels, samples: sortColumns(columns) }));
    const days = new Set<number>();
    for (const { samples } of sorted) addDays(days, samples);
    for (const day of [...days].sort((a, b) => a - b)) await this.#store(day, chunksOfDay(sorted, day));
  }
}

function addDays(days: Set<number>, { timestamps, histograms }: MixedSamples): void {
  for (const times of [timestamps, histograms?.timestamps ?? new Float64Array(0)]) {
    let end = Number.NEGATIVE_INFINITY;
    for (const time of times) {
      if (time < end) continue;
      const day = dayOf(time);
      days.add(day);
      end = (day + 1) * DAY_MS;
    }
  }
}

function* chunksOfDay(
  all: readonly { readonly labels: LabelSet; readonly samples: MixedSamples }[],
  day: number,
): Generator<ChunkedSeries> {
  for (const { labels, samples } of all) {
    const slice = samplesBetween(samples, day * DAY_MS, (day + 1) * DAY_MS);
    if (countSamples(slice) > 0) yield { labels, chunks: cutStartedChunks(slice) };
  }
}
