/** Functions over range vectors: input and output. */
import { labelValue, METRIC_NAME } from "../../model/labels.ts";
import type { TextRange } from "../syntax/ast.ts";
import type { ExtendedRange } from "../syntax/types.ts";
import type { EvaluationContext } from "./context.ts";
import type { Scratch } from "./quantile-of.ts";
import type { StepColumns } from "./step-columns.ts";
import type { Window } from "./window.ts";

/** The input of a function besides its window. */
export interface WindowCall {
  readonly context: EvaluationContext;
  /** The place of the range vector. */
  readonly range: TextRange;
  readonly argRanges: readonly TextRange[];
  readonly windowMs: number;
  readonly extended: ExtendedRange | undefined;
  /** One column per other argument, with a value per step. */
  readonly scalars: readonly Float64Array[];
  readonly scratch: Scratch;
}

/**
 * Sets the cell of a window's step, or leaves it empty. Called only with a sample in the window.
 */
export type WindowFunction = (window: Window, output: StepColumns, call: WindowCall) => void;

export function metricName(window: Pick<Window, "labels">): string {
  return labelValue(window.labels, METRIC_NAME);
}
