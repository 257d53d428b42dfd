/**
 * What an evaluation has recorded and not yet stored, over what is stored: later rules of a group see the results of
 * earlier ones.
 */
import type { Histogram } from "../../model/histogram.ts";
import { compareLabelSets, type LabelSet, labelValue, METRIC_NAME } from "../../model/labels.ts";
import type { Samples, Series } from "../../model/samples.ts";
import type { Selection } from "../../model/selection.ts";
import { STALE_MARKER_HIGH, STALE_MARKER_LOW } from "../../model/stale-marker.ts";
import type { SeriesSource } from "../../promql/engine-interface.ts";
import { labelsKey } from "../label-builder.ts";
import type { RecordedSample } from "../recorded-samples.ts";

interface OverlaySeries {
  readonly labels: LabelSet;
  /** By time. */
  readonly samples: Map<number, RecordedSample["value"]>;
}

export class Overlay implements SeriesSource {
  readonly #inner: SeriesSource;
  readonly #series = new Map<string, OverlaySeries>();
  readonly #byName = new Map<string, OverlaySeries[]>();

  constructor(inner: SeriesSource, recorded: Iterable<RecordedSample> = []) {
    this.#inner = inner;
    for (const sample of recorded) this.add(sample);
  }

  /** Replaces a sample of the same series and time. */
  add({ labels, timestamp, value }: RecordedSample): void {
    const key = labelsKey(labels);
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels, samples: new Map() };
      this.#series.set(key, series);
      const name = labelValue(labels, METRIC_NAME);
      const same = this.#byName.get(name);
      if (same === undefined) this.#byName.set(name, [series]);
      else same.push(series);
    }
    series.samples.set(timestamp, value);
  }

  /** The value that a series has been given at a time; undefined for none. */
  find(labels: LabelSet, timestamp: number): RecordedSample["value"] | undefined {
    return this.#series.get(labelsKey(labels))?.samples.get(timestamp);
  }

  async *select(selection: Selection, signal?: AbortSignal): AsyncGenerator<Series, void, void> {
    const own = this.#matching(selection);
    if (own.length === 0) {
      yield* this.#inner.select(selection, signal);
      return;
    }
    let next = 0;
    for await (const series of this.#inner.select({ ...selection, order: "labels" }, signal)) {
      while (next < own.length && compareLabelSets(own[next].labels, series.labels) < 0)
        yield seriesOf(own[next++], selection);
      const same = own[next];
      if (same === undefined || compareLabelSets(same.labels, series.labels) !== 0) yield series;
      else {
        next++;
        yield merged(series, seriesOf(same, selection));
      }
    }
    for (; next < own.length; next++) yield seriesOf(own[next], selection);
  }

  #matching({ matchers, minTime, maxTime }: Selection): OverlaySeries[] {
    const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.type === "=")?.value;
    const all = name === undefined ? [...this.#series.values()] : (this.#byName.get(name) ?? []);
    const found = all.filter(
      ({ labels, samples }) =>
        matchers.every(({ name, matches }) => matches(labelValue(labels, name))) &&
        [...samples.keys()].some((time) => time >= minTime && time <= maxTime),
    );
    return found.sort((a, b) => compareLabelSets(a.labels, b.labels));
  }
}

function seriesOf({ labels, samples }: OverlaySeries, { minTime, maxTime }: Selection): Series {
  const sorted = [...samples]
    .filter(([time]) => time >= minTime && time <= maxTime)
    .sort(([a], [b]) => a - b);
  const floats = sorted.filter(([, value]) => typeof value !== "object");
  const histograms = sorted.filter((entry): entry is [number, Histogram] => typeof entry[1] === "object");
  const values = new Float64Array(floats.length);
  for (const [index, [, value]] of floats.entries()) setValue(values, index, value as number | "stale");
  return {
    labels,
    timestamps: Float64Array.from(floats, ([time]) => time),
    values,
    ...(histograms.length === 0
      ? {}
      : {
          histograms: {
            timestamps: Float64Array.from(histograms, ([time]) => time),
            histograms: histograms.map(([, histogram]) => histogram),
          },
        }),
  };
}

/** Sets a value, the staleness marker bit for bit. */
export function setValue(values: Float64Array, index: number, value: number | "stale"): void {
  if (value !== "stale") {
    values[index] = value;
    return;
  }
  const words = new DataView(values.buffer, values.byteOffset + index * 8, 8);
  words.setUint32(0, STALE_MARKER_LOW, true);
  words.setUint32(4, STALE_MARKER_HIGH, true);
}

/** Samples of `over` count where both have one of a time, whatever its kind. */
function merged(series: Series, over: Series): Series {
  const times = new Set([...over.timestamps, ...(over.histograms?.timestamps ?? [])]);
  const kept = (timestamps: Float64Array) =>
    Array.from(timestamps.keys()).filter((index) => !times.has(timestamps[index]));
  const floats = mergedFloats(series, kept(series.timestamps), over);
  const own = series.histograms;
  const keptHistograms = own === undefined ? [] : kept(own.timestamps);
  const histograms = [
    ...keptHistograms.map((index) => [own!.timestamps[index], own!.histograms[index]] as const),
    ...Array.from(
      over.histograms?.timestamps ?? [],
      (time, i) => [time, over.histograms!.histograms[i]] as const,
    ),
  ].sort(([a], [b]) => a - b);
  const { labels, release } = series;
  return {
    labels,
    ...floats,
    ...(histograms.length === 0
      ? {}
      : {
          histograms: {
            timestamps: Float64Array.from(histograms, ([time]) => time),
            histograms: histograms.map(([, histogram]) => histogram),
          },
        }),
    release,
  };
}

/** Copies values as they are: a NaN keeps its bits. */
function mergedFloats(series: Samples, kept: readonly number[], over: Samples): Samples {
  const { length } = over.timestamps;
  const order = [
    ...kept.map((index) => ({ from: series, index })),
    ...Array.from({ length }, (_, index) => ({ from: over, index })),
  ].sort((a, b) => a.from.timestamps[a.index] - b.from.timestamps[b.index]);
  const timestamps = new Float64Array(order.length);
  const values = new Float64Array(order.length);
  for (const [at, { from, index }] of order.entries()) {
    timestamps[at] = from.timestamps[index];
    values.set(from.values.subarray(index, index + 1), at);
  }
  return { timestamps, values };
}
