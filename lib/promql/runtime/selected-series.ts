/** Series as a selector reads them. */

import { columnOf } from "../../histogram/listed-histograms.ts";
import type { HistogramColumn, HistogramSamples } from "../../model/histogram-samples.ts";
import type { LabelSet } from "../../model/labels.ts";
import type { Series } from "../../model/samples.ts";
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../../model/stale-marker.ts";

/** Columns of float samples, with start timestamps if known. */
export interface FloatColumns {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly startTimestamps: Float64Array | undefined;
}

export const NO_HISTOGRAMS = columnOf({ timestamps: new Float64Array(0), histograms: [] });

export interface SelectedSeries {
  readonly labels: LabelSet;
  readonly dropsName: boolean;
  /** As stored, staleness markers included. */
  readonly floats: FloatColumns;
  readonly histograms: HistogramColumn;
  /** One byte per float, 1 for staleness markers; undefined without any. */
  readonly staleFloats: Uint8Array | undefined;
}

export function selectedSeries(series: Series): SelectedSeries {
  const { timestamps, values, startTimestamps } = series;
  return {
    labels: series.labels,
    dropsName: false,
    floats: { timestamps, values, startTimestamps },
    histograms: series.histograms === undefined ? NO_HISTOGRAMS : columnOf(series.histograms),
    staleFloats: findStaleMarkers(values),
  };
}

/** The number of samples that a series counts as in memory. */
export function loadedSamples({ floats, histograms }: SelectedSeries): number {
  let count = floats.timestamps.length;
  for (let i = 0; i < histograms.timestamps.length; i++) count += histograms.sampleCountAt(i);
  return count;
}

const LOW_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;

function findStaleMarkers(values: Float64Array): Uint8Array | undefined {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  let found: Uint8Array | undefined;
  for (let i = 0; i < values.length; i++) {
    // Only a NaN can be a marker; comparing numbers is cheaper than comparing words.
    if (!Number.isNaN(values[i])) continue;
    if (words[2 * i + LOW_WORD] !== STALE_MARKER_LOW || words[2 * i + 1 - LOW_WORD] !== STALE_MARKER_HIGH)
      continue;
    found ??= new Uint8Array(values.length);
    found[i] = 1;
  }
  return found;
}

/** The samples of range vectors: without staleness markers. */
export function withoutStaleMarkers(series: SelectedSeries): SelectedSeries {
  const { floats, histograms, staleFloats } = series;
  if (staleFloats === undefined && !hasStale(histograms)) return series;
  return {
    ...series,
    floats: staleFloats === undefined ? floats : filterFloats(floats, (i) => staleFloats[i] === 0),
    histograms: columnOf(filterHistograms(histograms)),
    staleFloats: undefined,
  };
}

function hasStale(histograms: HistogramColumn): boolean {
  for (let i = 0; i < histograms.timestamps.length; i++) if (histograms.isStaleAt(i)) return true;
  return false;
}

function filterFloats(floats: FloatColumns, keeps: (i: number) => boolean): FloatColumns {
  const keep = (column: Float64Array) => column.filter((_, i) => keeps(i));
  return {
    timestamps: keep(floats.timestamps),
    values: keep(floats.values),
    startTimestamps: floats.startTimestamps && keep(floats.startTimestamps),
  };
}

function filterHistograms(samples: HistogramSamples): HistogramSamples {
  const { histograms, timestamps, startTimestamps } = samples;
  const keep = (column: Float64Array) => column.filter((_, i) => !histograms[i].isStale);
  return {
    timestamps: keep(timestamps),
    histograms: histograms.filter(({ isStale }) => !isStale),
    startTimestamps: startTimestamps && keep(startTimestamps),
  };
}
