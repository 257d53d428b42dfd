/** What an evaluation writes: samples of recorded series and of alerts, and staleness markers. */
import type { Histogram } from "../model/histogram.ts";
import type { LabelSet } from "../model/labels.ts";

export interface RecordedSample {
  readonly labels: LabelSet;
  /** In ms. */
  readonly timestamp: number;
  /** "stale" ends the series. */
  readonly value: number | Histogram | "stale";
}
