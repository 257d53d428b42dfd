/** What a function over a range vector is given and what it returns. */
import { labelValue, METRIC_NAME } from "../../model/labels.ts";
import type { TextRange } from "../syntax/ast.ts";
import type { ExtendedRange } from "../syntax/types.ts";
import type { EvaluationContext } from "./context.ts";
import type { Scratch } from "./quantile-of.ts";
import type { StepColumns } from "./step-columns.ts";
import type { Window } from "./window.ts";

/** What a function may want to know beside its window. */
export interface WindowCall {
  readonly context: EvaluationContext;
  /** The range vector's place. */
  readonly range: TextRange;
  readonly argRanges: readonly TextRange[];
  readonly windowMs: number;
  readonly extended: ExtendedRange | undefined;
  /** The other arguments, at every step. */
  readonly scalars: readonly Float64Array[];
  readonly scratch: Scratch;
}

/** Sets the cell of a window's step, or leaves it empty. Never called without a sample in the window. */
export type WindowFunction = (window: Window, output: StepColumns, call: WindowCall) => void;

export function metricName(window: Pick<Window, "labels">): string {
  return labelValue(window.labels, METRIC_NAME);
}
