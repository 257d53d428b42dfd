/** The state of an aggregation that takes one series at a time. */
import type { StepColumns } from "../runtime/step-columns.ts";
import type { StepSeries } from "../runtime/value.ts";
import type { AggregateCall } from "./aggregate-call.ts";

/** Fills the columns of one group. */
export interface Accumulator {
  /** Takes a series, whose columns may be reused afterwards. */
  add(series: StepSeries): void;
  /** Called last, to complete the columns. */
  finish(): void;
}

/** Creates an accumulator that fills `output`. */
export type NewAccumulator = (output: StepColumns, call: AggregateCall) => Accumulator;
