/**
 * Samples that come in any order, on their way into blocks of a UTC day each: some millions are gathered by series, then
 * written, so memory is bounded whatever comes.
 */
import type { ChunkedSeries } from "../chunk/cut.ts";
import { sortColumns } from "../chunk/merge-mixed.ts";
import { SampleColumns } from "../chunk/sample-columns.ts";
import { HearthError } from "../model/errors.ts";
import { compareLabelSets, type LabelSet } from "../model/labels.ts";
import type { MixedSamples } from "../model/samples.ts";
import { DAY_MS } from "../model/time.ts";
import { dayOf } from "../storage/layout/keys.ts";
import { countSamples, samplesBetween } from "../storage/parts/hashed-samples.ts";
import { cutStartedChunks } from "../tsdb/write/started-chunks.ts";

/** Samples that are gathered: 16 bytes each, and their copies while they are sorted. */
const MAX_SAMPLES = 4_000_000;
/** Series that are gathered, and characters of their labels: about 500 bytes each beside these and their samples. */
const MAX_SERIES = 500_000;
const MAX_LABEL_CHARACTERS = 128 * 1024 * 1024;
/** Days of all samples. Each becomes a block; those of a hundred years are no metrics. */
const MAX_DAYS = 36_525;

/** Stores the series of a day, sorted by label set. */
export type StoreSpooled = (day: number, series: Iterable<ChunkedSeries>) => Promise<void>;

export class SampleSpool {
  readonly #store: StoreSpooled;
  readonly #maxSamples: number;
  readonly #series = new Map<string, { readonly labels: LabelSet; readonly columns: SampleColumns }>();
  #samples = 0;
  #labelCharacters = 0;
  readonly #days = new Set<number>();

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
      this.#labelCharacters += key.length;
    }
    return known.columns;
  }

  /** Counts samples that were added; stores all if that makes it many, and then returns true: columns are to be asked for again. */
  async settle(added: number): Promise<boolean> {
    this.#samples += added;
    const isFull =
      this.#samples >= this.#maxSamples ||
      this.#series.size >= MAX_SERIES ||
      this.#labelCharacters >= MAX_LABEL_CHARACTERS;
    if (!isFull) return false;
    await this.finish();
    return true;
  }

  /** Stores what is left. Throws "too large" for samples of too many days. */
  async finish(): Promise<void> {
    const all = [...this.#series.values()].sort((a, b) => compareLabelSets(a.labels, b.labels));
    this.#series.clear();
    this.#samples = 0;
    this.#labelCharacters = 0;
    const sorted = all.map(({ labels, columns }) => ({ labels, samples: sortColumns(columns) }));
    const days = new Map<number, SpooledSeries[]>();
    for (const series of sorted)
      for (const day of daysOf(series.samples)) {
        this.#days.add(day);
        if (this.#days.size > MAX_DAYS)
          throw new HearthError(
            "too large",
            `samples of more than ${MAX_DAYS} days: timestamps are in ms, and of text in seconds`,
          );
        const known = days.get(day);
        if (known === undefined) days.set(day, [series]);
        else known.push(series);
      }
    for (const [day, series] of [...days].sort(([a], [b]) => a - b))
      await this.#store(day, chunksOfDay(series, day));
  }
}

interface SpooledSeries {
  readonly labels: LabelSet;
  readonly samples: MixedSamples;
}

function daysOf({ timestamps, histograms }: MixedSamples): Set<number> {
  const days = new Set<number>();
  for (const times of [timestamps, histograms?.timestamps ?? new Float64Array(0)]) {
    let end = Number.NEGATIVE_INFINITY;
    for (const time of times) {
      if (time < end) continue;
      const day = dayOf(time);
      days.add(day);
      end = (day + 1) * DAY_MS;
    }
  }
  return days;
}

function* chunksOfDay(all: readonly SpooledSeries[], day: number): Generator<ChunkedSeries> {
  for (const { labels, samples } of all) {
    const slice = samplesBetween(samples, day * DAY_MS, (day + 1) * DAY_MS);
    if (countSamples(slice) > 0) yield { labels, chunks: cutStartedChunks(slice) };
  }
}
