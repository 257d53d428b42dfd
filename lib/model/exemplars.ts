/** Exemplars: samples that point to something else, usually a trace. */
import type { Label, LabelSet } from "./labels.ts";

export interface Exemplar {
  /** In the order of the sender; in results a label set. */
  readonly labels: readonly Label[];
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** The exemplars of one series, by time. */
export interface SeriesExemplars {
  readonly labels: LabelSet;
  readonly exemplars: readonly Exemplar[];
}
