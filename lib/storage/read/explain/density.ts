/** How many samples a day has of its series, from its manifest alone. */
import { DAY_MS, SECOND_MS } from "../../../model/time.ts";
import type { Manifest } from "../../layout/manifest.ts";

/** How often a series is expected to have a sample where no manifest says it. */
const ASSUMED_INTERVAL_MS = 15 * SECOND_MS;

export interface DayDensity {
  /** Series of the day, selected or not. */
  readonly series: number;
  /** Samples of all of them in a millisecond. */
  readonly samplesPerMs: number;
}

/** `seenSeries`: label sets that finding the selected series came across. */
export function dayDensity({ parts, index }: Manifest, seenSeries: number): DayDensity {
  const series = Math.max(1, seenSeries, ...index.map((part) => part.series));
  let [first, last, samples] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const part of parts) {
    first = Math.min(first, part.minTime);
    last = Math.max(last, part.maxTime);
    samples += part.samples;
  }
  const assumed = series / ASSUMED_INTERVAL_MS;
  // The samples of one request say nothing of how often they come.
  if (samples <= series || last <= first) return { series, samplesPerMs: assumed };
  return { series, samplesPerMs: (samples - series) / Math.min(last - first, DAY_MS) };
}

/** Time between two samples of a series. */
export function intervalOf({ series, samplesPerMs }: DayDensity): number {
  return series / samplesPerMs;
}
