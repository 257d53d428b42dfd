/** Series in memory, floats and histograms, that a query engine can read. */

import { withHint } from "../../lib/histogram/float-histogram.ts";
import { isReset } from "../../lib/histogram/reset.ts";
import type { Histogram } from "../../lib/model/histogram.ts";
import { compareLabelSets, type LabelSet } from "../../lib/model/labels.ts";
import { matchesAll } from "../../lib/model/matcher.ts";
import type { Series } from "../../lib/model/samples.ts";
import type { Selection } from "../../lib/model/selection.ts";
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../../lib/model/stale-marker.ts";
import type { SeriesSource } from "../../lib/promql/engine-interface.ts";
import { type LoadedSample, type LoadedSeries, loadedSeries } from "./loaded-series.ts";
import type { LoadCommand } from "./script.ts";

export class MemorySource implements SeriesSource {
  readonly #series = new Map<string, LoadedSeries>();

  load(command: LoadCommand): void {
    for (const series of loadedSeries(command)) this.#append(series);
  }

  #append({ labels, samples }: LoadedSeries): void {
    const key = JSON.stringify(labels);
    const series = this.#series.get(key) ?? { labels, samples: [] };
    const all = [...series.samples, ...samples].sort((a, b) => a.timeMs - b.timeMs);
    this.#series.set(key, { labels, samples: withResetHints(all) });
  }

  /** Exactly what is asked for: a sample more would hide a range that is planned wrong. */
  async *select({ matchers, minTime, maxTime }: Selection): AsyncGenerator<Series> {
    const found = [...this.#series.values()].filter(({ labels }) => matchesAll(matchers, labels));
    for (const { labels, samples } of found.sort((a, b) => compareLabelSets(a.labels, b.labels))) {
      const inRange = samples.filter(({ timeMs }) => timeMs >= minTime && timeMs <= maxTime);
      if (inRange.length > 0) yield sourceSeries(labels, inRange);
    }
  }
}

/** As from storage: samples in the middle of a chunk are known to be no resets, for a reset begins a new one. */
function withResetHints(samples: readonly LoadedSample[]): LoadedSample[] {
  let previous: Histogram | undefined;
  return samples.map((sample) => {
    const { value } = sample;
    const before = previous;
    previous = typeof value === "object" ? value : undefined;
    if (before === undefined || previous === undefined || previous.counterResetHint !== "unknown")
      return sample;
    if (before.counterResetHint === "gauge") return sample;
    return isReset(previous, before) ? sample : { ...sample, value: withHint(previous, "not reset") };
  });
}

function sourceSeries(labels: LabelSet, samples: readonly LoadedSample[]): Series {
  const floats = samples.filter(({ value }) => typeof value !== "object");
  const histograms = samples.filter(({ value }) => typeof value === "object");
  return {
    labels,
    timestamps: Float64Array.from(floats, ({ timeMs }) => timeMs),
    values: floatColumn(floats),
    startTimestamps: Float64Array.from(floats, ({ startMs }) => startMs),
    histograms:
      histograms.length === 0
        ? undefined
        : {
            timestamps: Float64Array.from(histograms, ({ timeMs }) => timeMs),
            histograms: histograms.map(({ value }) => value as Histogram),
            startTimestamps: Float64Array.from(histograms, ({ startMs }) => startMs),
          },
  };
}

/** A staleness marker is written as two words: its bits would not survive as a number. */
function floatColumn(samples: readonly LoadedSample[]): Float64Array {
  const view = new DataView(new ArrayBuffer(8 * samples.length));
  samples.forEach(({ value }, i) => {
    if (typeof value === "number") view.setFloat64(8 * i, value, true);
    else {
      view.setUint32(8 * i, STALE_MARKER_LOW, true);
      view.setUint32(8 * i + 4, STALE_MARKER_HIGH, true);
    }
  });
  return new Float64Array(view.buffer);
}
