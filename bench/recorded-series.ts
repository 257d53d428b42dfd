/**
 * The series of workloads: real label sets, and real values of a scrape every 15 s, from the recording
 * in bench/recording.
 */
import type { Label } from "../lib/model/labels.ts";
import { isStaleMarker } from "../lib/model/stale-marker.ts";
import { SECOND_MS } from "../lib/model/time.ts";
import type { RecordedSamples } from "./recording/format.ts";
import { loadWholeRecording } from "./recording/load.ts";

/**
 * The recording scrapes every 5 s; samples are thinned to 15 s, less the time a scrape may be
 * early.
 */
const MIN_STEP_MS = 15 * SECOND_MS - 100;

export interface RecordedSeries {
  readonly labels: readonly Label[];
  /** At least two, about 15 s apart, no staleness markers. */
  readonly values: Float64Array;
}

export interface Recording {
  /** Which recording it is, for the head of a report. */
  readonly title: string;
  readonly series: readonly RecordedSeries[];
}

export function loadRecording(): Recording {
  const { title, series } = loadWholeRecording();
  const thinned = series.map(({ labels, ...samples }) => ({ labels, values: thin(samples) }));
  return { title, series: thinned.filter(({ values }) => values.length > 1) };
}

function thin({ timestamps, values }: Omit<RecordedSamples, "labels">): Float64Array {
  let latestMs = Number.NEGATIVE_INFINITY;
  return values.filter((_, i) => {
    if (isStaleMarker(values, i) || timestamps[i] - latestMs < MIN_STEP_MS) return false;
    latestMs = timestamps[i];
    return true;
  });
}
