/** What a `load` command loads: samples of series, floats, staleness markers and histograms. */
import type { Histogram } from "../../lib/model/histogram.ts";
import type { LabelSet } from "../../lib/model/labels.ts";
import { customBucketSeries } from "./custom-buckets.ts";
import type { LoadCommand, LoadedLine } from "./script.ts";

export interface LoadedSample {
  readonly timeMs: number;
  /** When its counting began; 0 is unknown. */
  readonly startMs: number;
  readonly value: number | "stale" | Histogram;
}

/** Sorted by time. */
export interface LoadedSeries {
  readonly labels: LabelSet;
  readonly samples: readonly LoadedSample[];
}

export function loadedSeries({ series, gapMs, withCustomBuckets }: LoadCommand): LoadedSeries[] {
  const loaded = series.map((line) => ({ labels: line.labels, samples: samplesOf(line, gapMs) }));
  return withCustomBuckets ? [...loaded, ...customBucketSeries(loaded)] : loaded;
}

function samplesOf({ values, starts }: LoadedLine, gapMs: number): LoadedSample[] {
  return values.flatMap((value, i): LoadedSample[] => {
    if (value.kind === "omitted") return [];
    const timeMs = i * gapMs;
    const start = starts?.[i];
    const startMs = start === undefined ? 0 : timeMs + start;
    if (value.kind === "stale") return [{ timeMs, startMs, value: "stale" }];
    return [{ timeMs, startMs, value: value.kind === "float" ? value.value : value.histogram }];
  });
}
