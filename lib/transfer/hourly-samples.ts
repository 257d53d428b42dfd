/**
 * Hourly rows as samples: the last of each hour, with its own time and value. What an export has of days whose
 * samples have expired.
 */
import type { ChunkedSeries } from "../chunk/cut.ts";
import type { Histogram } from "../model/histogram.ts";
import type { HourRows, RowColumns } from "../model/rows/hour-rows.ts";
import type { MixedSamples, Series } from "../model/samples.ts";
import type { Selection } from "../model/selection.ts";
import { HOUR_MS, type TimeRange } from "../model/time.ts";
import type { Queryable } from "../storage/interface.ts";
import { cutMixedChunks } from "../storage/parts/mixed-chunks.ts";
import { hourEnd } from "../storage/rollups/hours.ts";

type Rows = Pick<Queryable, "selectRows" | "labelValues">;

export class HourlySamples implements Pick<Queryable, "select" | "selectChunks" | "labelValues"> {
  readonly #source: Rows;

  constructor(source: Rows) {
    this.#source = source;
  }

  async *select(selection: Selection, signal?: AbortSignal): AsyncGenerator<Series, void, void> {
    const { matchers, minTime, maxTime } = selection;
    const hours = { matchers, fromMs: hourEnd(minTime) - HOUR_MS, toMs: hourEnd(maxTime) };
    for await (const { labels, ...rows } of this.#source.selectRows(hours, signal)) {
      const samples = lastSamples(rows, selection);
      if (samples.timestamps.length + (samples.histograms?.timestamps.length ?? 0) > 0)
        yield { labels, ...samples };
    }
  }

  async *selectChunks(selection: Selection, signal?: AbortSignal): AsyncGenerator<ChunkedSeries, void, void> {
    for await (const { labels, ...samples } of this.select(selection, signal))
      yield { labels, chunks: cutMixedChunks(samples) };
  }

  labelValues(...asked: Parameters<Queryable["labelValues"]>): Promise<string[]> {
    return this.#source.labelValues(...asked);
  }
}

/** An hour of markers alone has none. */
function lastSamples({ floats, histograms }: HourRows, range: TimeRange): MixedSamples {
  const ofFloats = filledRows(floats, range);
  const timestamps = Float64Array.from(ofFloats, (row) => floats.lastTimes[row]);
  const values = Float64Array.from(ofFloats, (row) => floats.lastValues[row]);
  const ofHistograms = histograms === undefined ? [] : filledRows(histograms, range);
  if (ofHistograms.length === 0) return { timestamps, values };
  return {
    timestamps,
    values,
    histograms: {
      timestamps: Float64Array.from(ofHistograms, (row) => histograms!.lastTimes[row]),
      histograms: ofHistograms.map((row): Histogram => histograms!.lasts[row]!),
    },
  };
}

function filledRows({ counts, lastTimes }: RowColumns, { minTime, maxTime }: TimeRange): number[] {
  return [...counts.keys()].filter(
    (row) => counts[row] > 0 && lastTimes[row] >= minTime && lastTimes[row] <= maxTime,
  );
}
