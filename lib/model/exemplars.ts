/** Exemplars: samples that point to something else, a trace mostly. */
import type { Label, LabelSet } from "./labels.ts";

export interface Exemplar {
  /** As they were sent; of an answer a label set. */
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
