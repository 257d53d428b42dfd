/** Series in memory that a query engine can read: those of a test and what its rules record. */
import { withHint } from "../../histogram/float-histogram.ts";
import { isReset } from "../../histogram/reset.ts";
import type { Histogram } from "../../model/histogram.ts";
import { compareLabelSets, type LabelSet } from "../../model/labels.ts";
import { matchesAll } from "../../model/matcher.ts";
import type { Series } from "../../model/samples.ts";
import type { Selection } from "../../model/selection.ts";
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../../model/stale-marker.ts";
import type { SeriesSource } from "../../promql/engine-interface.ts";
import { labelsKey } from "../label-builder.ts";
import type { RecordedSample } from "../recorded-samples.ts";

interface MemorySeries {
  readonly labels: LabelSet;
  /** Ascending, each once. */
  readonly times: number[];
  readonly values: RecordedSample["value"][];
}

export class SampleSource implements SeriesSource {
  readonly #byKey = new Map<string, MemorySeries>();
  /** Sorted by label set, until a series is added. */
  #sorted: MemorySeries[] | undefined;

  /** Replaces a sample of the same series and time. Samples of a series come in order, or nearly. */
  add({ labels, timestamp, value }: RecordedSample): void {
    const { times, values } = this.#seriesOf(labels);
    let at = times.length;
    while (at > 0 && times[at - 1] > timestamp) at--;
    const replaces = at > 0 && times[at - 1] === timestamp;
    const index = replaces ? at - 1 : at;
    const hinted = hintedValue(value, values[index - 1]);
    times.splice(index, replaces ? 1 : 0, timestamp);
    values.splice(index, replaces ? 1 : 0, hinted);
  }

  #seriesOf(labels: LabelSet): MemorySeries {
    const key = labelsKey(labels);
    let series = this.#byKey.get(key);
    if (series === undefined) {
      series = { labels, times: [], values: [] };
      this.#byKey.set(key, series);
      this.#sorted = undefined;
    }
    return series;
  }

  async *select({ matchers, minTime, maxTime }: Selection): AsyncGenerator<Series> {
    this.#sorted ??= [...this.#byKey.values()].sort((a, b) => compareLabelSets(a.labels, b.labels));
    for (const series of this.#sorted.filter(({ labels }) => matchesAll(matchers, labels))) {
      const from = firstFrom(series.times, minTime);
      const to = firstFrom(series.times, maxTime + 1);
      if (from < to) yield selected(series, from, to);
    }
  }
}

/** As from storage: a histogram after another one is known to be no reset. */
function hintedValue(
  value: RecordedSample["value"],
  before: RecordedSample["value"] | undefined,
): RecordedSample["value"] {
  if (typeof value !== "object" || typeof before !== "object" || value.counterResetHint !== "unknown")
    return value;
  if (before.counterResetHint === "gauge" || isReset(value, before)) return value;
  return withHint(value, "not reset");
}

/** The index of the first time that is not before `time`. */
function firstFrom(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function selected({ labels, times, values }: MemorySeries, from: number, to: number): Series {
  const floatTimes: number[] = [];
  const floats: (number | "stale")[] = [];
  const histogramTimes: number[] = [];
  const histograms: Histogram[] = [];
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (typeof value === "object") {
      histogramTimes.push(times[i]);
      histograms.push(value);
    } else {
      floatTimes.push(times[i]);
      floats.push(value);
    }
  }
  return {
    labels,
    timestamps: Float64Array.from(floatTimes),
    values: floatColumn(floats),
    histograms:
      histograms.length === 0 ? undefined : { timestamps: Float64Array.from(histogramTimes), histograms },
  };
}

/** A staleness marker is written as two words: its bits would not survive as a number. */
function floatColumn(values: readonly (number | "stale")[]): Float64Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  for (const [i, value] of values.entries()) {
    if (value !== "stale") view.setFloat64(8 * i, value, true);
    else {
      view.setUint32(8 * i, STALE_MARKER_LOW, true);
      view.setUint32(8 * i + 4, STALE_MARKER_HIGH, true);
    }
  }
  return new Float64Array(view.buffer);
}
