/**
 * Sorts the samples of one series, floats and native histograms, by time. Of two samples with one
 * time the later arrival wins, whatever their kinds. Series without histograms take the faster
 * merge.ts.
 */
import { type Histogram, withoutPast } from "../model/histogram.ts";
import type { MixedSamples } from "../model/samples.ts";
import { copyFirst, isAscending, sortSamples } from "./merge.ts";
import { SampleColumns } from "./sample-columns.ts";

/**
 * Sorts columns that nobody uses afterwards, so floats that are in order are returned without a
 * copy. `ascending` is the number of samples, from the first on, that are known to ascend.
 */
export function sortOwnColumns(columns: SampleColumns, ascending = 0): MixedSamples {
  const { timestamps, count, histograms } = columns;
  const isSorted = histograms === undefined && isAscending(timestamps, count, ascending);
  return isSorted ? columns.samples() : sortColumns(columns);
}

/** Sorts columns. Returns new memory, except the histograms themselves. */
export function sortColumns(columns: SampleColumns): MixedSamples {
  const { timestamps, count, histograms, startTimestamps: starts } = columns;
  if (histograms === undefined) return sortSamples(columns, count);
  const order = orderByTime(timestamps, count);
  const floats = new SampleColumns(count - histograms.size);
  const times = new Float64Array(order.length);
  const startTimestamps = starts && new Float64Array(order.length);
  const sorted: Histogram[] = [];
  order.forEach((index, i) => {
    const histogram = histograms.get(index);
    if (histogram === undefined) {
      floats.appendSample(timestamps[index], columns.words[2 * index + 1], columns.words[2 * index]);
      if (starts !== undefined) floats.setStart(starts[index]);
      return;
    }
    times[sorted.length] = timestamps[index];
    if (starts !== undefined) startTimestamps![sorted.length] = starts[index];
    sorted.push(isBehindItsOwn(order, i) ? histogram : withoutPast(histogram));
  });
  const samples = copyFirst(floats, floats.count);
  if (sorted.length === 0) return samples;
  const ofHistograms = {
    timestamps: times.slice(0, sorted.length),
    histograms: sorted,
    ...(startTimestamps && { startTimestamps: startTimestamps.slice(0, sorted.length) }),
  };
  return { ...samples, histograms: ofHistograms };
}

/** The indices of the samples that count, by time. */
function orderByTime(timestamps: Float64Array, count: number): Int32Array {
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  if (isAscending(timestamps, count)) return order;
  order.sort((a, b) => timestamps[a] - timestamps[b] || a - b);
  return order.filter((index, i) => i + 1 === count || timestamps[order[i + 1]] !== timestamps[index]);
}

/** Whether the sample before is still the one that it arrived after. */
function isBehindItsOwn(order: Int32Array, i: number): boolean {
  return i > 0 && order[i - 1] === order[i] - 1;
}
